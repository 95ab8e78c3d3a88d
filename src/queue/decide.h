/* The one place that decides what follows from an outcome: one function over one table
 * (decisions.def), cause by stage by permanence. The queue, the SMTP agent and `candor explain
 * --decide` ask it. */
#ifndef CANDOR_QUEUE_DECIDE_H
#define CANDOR_QUEUE_DECIDE_H

#include "queue/attempt.h"

/* X(id, name, in words) */
#define VERDICTS(X)                                                                                \
    X(DELIVERED, "delivered", "counts it as delivered")                                            \
    X(NEXT_HOST, "next_host", "tries the next host of the site at once")                           \
    X(RETRY, "retry", "tries this recipient again at the next time of the schedule")               \
    X(GREYLIST, "greylist", "tries this recipient again after the pause that greylisting wants")   \
    X(SPLIT, "split", "tries again at once, with fewer recipients in a transaction")               \
    X(BACK_OFF, "back_off", "lets all mail for the site wait; the pause doubles each time")        \
    X(SUSPEND, "suspend", "suspends the site: all mail for it waits for hours")                    \
    X(BOUNCE, "bounce", "gives up now and tells the sender")                                       \
    X(SUPPRESS, "suppress",                                                                        \
      "gives up now, tells the sender, and suppresses the address, where that is set")             \
    X(NEVER, "never",                                                                              \
      "gives up now, tells the sender, and does not come back: no mail is taken there")

enum verdict {
#define X(id, name, words) VERDICT_##id,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

/* What led from the diagnosis to the verdict. X(id, name, in words) */
#define DECIDED_BY(X)                                                                              \
    X(TABLE, "table", "that is what is done about this cause")                                     \
    X(HOSTS, "hosts", "another host of the site may answer otherwise")                             \
    X(CLOSED, "closed", "421 closes the connection, so it is about the host")                      \
    X(CONTENT, "content", "it may mean something in the content, which must not stop other mail")  \
    X(SILENCE, "silence", "nobody said no")                                                        \
    X(LATER_OFTEN, "later_often", "it was put off so often that it counts as refused for good")    \
    X(NEVER_OFTEN, "never_often", "it was refused for good so often that it is believed")

enum decided_by {
#define X(id, name, words) DECIDED_BY_##id,
    DECIDED_BY(X)
#undef X
        DECIDED_BY_COUNT
};

struct decision {
    enum verdict verdict;
    enum decided_by by;
    struct diagnosis diagnosis; /* why; not filled in for VERDICT_DELIVERED. Its details are views
                                   of the outcome's text. */
    bool alert;                 /* the operator has to mend something */
    bool is_about_source;       /* another address of ours may be let in */
    bool is_before_mail;        /* it was taken as said of the host, not of this mail */
    bool shows_life;            /* the site works, whatever it said of this mail */
    bool is_wait_asked;         /* they named the time; else it is what they are known for */
    int64_t wait;               /* ms to wait; 0: as the retry schedule says */
    int64_t retry_at;           /* unix ms, filled in by queue_report where the recipient waits */
};

/* How many of the last tries, in a row and the one that is looked at not counted, ended with this
 * cause. */
struct decide_history {
    enum cause cause;
    uint32_t repeats;
};

struct decide_input {
    const struct outcome *outcome;
    const struct rule_tables *rules; /* of the user's own, beside ours; NULL: there are none */
    struct decide_history recipient; /* of its tries */
    struct decide_history site;      /* of pauses of the whole site: one message asks for all */
    bool has_next_host;              /* one that was not tried in this attempt */
};
void decide(const struct decide_input *in, struct decision *d_r);

/* The recipient is given up. */
bool verdict_is_failure(enum verdict v);
/* The address is dead: mail to it can be refused from now on. */
bool verdict_suppresses(enum verdict v);

/* Static text: "delivered", "retry", … and what it means. */
const char *verdict_name(enum verdict v);
const char *verdict_words(enum verdict v);
const char *decided_by_name(enum decided_by by);
const char *decided_by_words(enum decided_by by);

#endif
