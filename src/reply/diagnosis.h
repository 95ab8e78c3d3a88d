/* A diagnosis: why a server said what it said, how long that lasts, who can mend it, and what a
 * mail server should do about it. No allocation, no I/O, no state: safe from any thread. */
#ifndef CANDOR_REPLY_DIAGNOSIS_H
#define CANDOR_REPLY_DIAGNOSIS_H

#include "reply/reply.h"

enum cause {
#define CAUSE(id, name, scope, permanence, fixer, action, title) CAUSE_##id,
#include "reply/cause.def"
#undef CAUSE
    CAUSE_COUNT
};

/* Where in a session a reply came. */
#define STAGES(X)                                                                                  \
    X(NONE, "")                                                                                    \
    X(CONNECT, "connect")                                                                          \
    X(EHLO, "ehlo")                                                                                \
    X(STARTTLS, "starttls")                                                                        \
    X(AUTH, "auth")                                                                                \
    X(MAIL, "mail")                                                                                \
    X(RCPT, "rcpt")                                                                                \
    X(DATA, "data")                                                                                \
    X(END_OF_DATA, "end-of-data")                                                                  \
    X(QUEUE, "queue") /* given up by the sender's own server */
enum stage {
#define X(id, name) STAGE_##id,
    STAGES(X)
#undef X
};

enum scope {
    SCOPE_RECIPIENT,
    SCOPE_CONNECTION,
    SCOPE_SENDER,
    SCOPE_MESSAGE,
    SCOPE_REMOTE_SYSTEM,
    SCOPE_LOCAL_SYSTEM
};
enum permanence { PERMANENCE_PERMANENT, PERMANENCE_TRANSIENT, PERMANENCE_BY_DIGIT };
enum fixer {
    FIXER_SENDER,
    FIXER_RECIPIENT,
    FIXER_SENDER_ADMIN,
    FIXER_RECIPIENT_ADMIN,
    FIXER_NOBODY
};
/* What a mail server does; the values' names are those of cause.def, the words are action_text's.
 */
enum action {
    ACTION_SUPPRESS_RECIPIENT,
    ACTION_BOUNCE_NOW,
    ACTION_BOUNCE_NOW_ALERT_THE_OPERATOR,
    ACTION_RETRY_NORMALLY,
    ACTION_RETRY_NORMALLY_THEN_BOUNCE,
    ACTION_RETRY_NORMALLY_SPLIT_RECIPIENTS,
    ACTION_BACK_OFF_THE_DESTINATION,
    ACTION_BACK_OFF_THE_DESTINATION_ALERT_THE_OPERATOR,
    ACTION_SUSPEND_ALERT_THE_OPERATOR,
    ACTION_ALERT_THE_OPERATOR,
    ACTION_BY_FIRST_DIGIT
};

/* What is known beside the reply itself; all of it may be missing. */
struct diagnosis_input {
    struct reply reply;  /* code 0: none was received, the text says what happened */
    enum stage stage;    /* STAGE_NONE: not known */
    struct slice remote; /* host that gave the reply */
    bool is_refusal; /* of a client, by the server that is asked about: advice is for who runs it */
};

/* What the text names; empty or 0 where it does not. Slices are views of the reply's text. */
struct diagnosis_details {
    struct slice blocklist; /* name of the list; static text where a rule knows it */
    struct slice ip;
    struct slice url;
    struct slice host;
    struct slice domain;
    uint64_t limit;
    uint64_t size;        /* bytes */
    uint64_t retry_after; /* seconds */
};

struct diagnosis {
    enum cause cause;
    enum scope scope;
    enum permanence permanence; /* PERMANENT or TRANSIENT */
    enum stage stage;
    enum fixer fixer;
    enum action action;
    struct slice provider; /* whose server said so; static text, or empty */
    struct diagnosis_details details;
    float confidence;  /* 0 to 1 */
    struct slice rule; /* the rule or table entry that decided; static text */
};

/* The one place that finds a cause. */
void diagnose(const struct diagnosis_input *in, struct diagnosis *d_r);
/* The same with rules of the user's beside ours (rules_compile.h); NULL: there are none. Evidence
 * of a higher level wins, whosever rule has it; at the same level the user's rule does, and only
 * among rules of one origin priority and the length of the phrase decide. Views may be of the
 * rules. */
struct rule_tables;
void diagnose_with(const struct rule_tables *own, const struct diagnosis_input *in,
                   struct diagnosis *d_r);
/* Whether sending the same message again can work. */
bool diagnosis_may_retry(const struct diagnosis *d);

/* Names as in the taxonomy's JSON: static text. */
const char *cause_name(enum cause c);
const char *cause_title(enum cause c);
const char *scope_name(enum scope s);
const char *permanence_name(enum permanence p);
const char *stage_name(enum stage s);
const char *fixer_name(enum fixer f);
const char *action_name(enum action a);

/* The explanation in plain words: what happened (one sentence) and what to do now, most useful
 * first. Texts may name details; they live in `arena`. */
enum { EXPLANATION_STEPS_MAX = 6 };
struct explanation {
    struct slice summary;
    struct slice steps[EXPLANATION_STEPS_MAX];
    size_t count;
};
/* False when the arena has no room. */
MUST_CHECK bool explain(const struct diagnosis *d, const struct diagnosis_input *in,
                        struct arena *arena, struct explanation *e_r);
/* The same with the advice of a user's own rules (diagnose_with) before ours; NULL: there is none.
 */
MUST_CHECK bool explain_with(const struct rule_tables *own, const struct diagnosis *d,
                             const struct diagnosis_input *in, struct arena *arena,
                             struct explanation *e_r);

#endif
