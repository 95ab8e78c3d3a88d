/* The compiled advice of share/advice/: what a person is told for each cause. The tables are made
 * by tools/advicec.c at build time. */
#ifndef CANDOR_REPLY_ADVICE_H
#define CANDOR_REPLY_ADVICE_H

#include "reply/diagnosis.h"

enum advice_kind {
    ADVICE_SUMMARY, /* the first one whose names are all known is said */
    ADVICE_STEP,
    ADVICE_GENERAL_STEP, /* left out when the provider or blocklist has a step of its own */
    ADVICE_OR_STEP,      /* instead of the one before it, when that was left out */
    ADVICE_OWN_STEP,     /* of the provider or the blocklist: said behind the first one */
    ADVICE_ONLY_STEP,    /* of the provider or the blocklist: said instead of all others */
    /* Of mail that came in and was refused, to whoever runs the server that did it: instead of all
     * of the above, but for the summary where there is none of these. */
    ADVICE_REFUSED_SUMMARY,
    ADVICE_REFUSED_STEP,
};

/* The `{names}` that a text may have; it is left out where one of them is not known. */
#define ADVICE_NAMES(X)                                                                            \
    X(BLOCKLIST, "blocklist")                                                                      \
    X(IP, "ip")                                                                                    \
    X(URL, "url")                                                                                  \
    X(HOST, "host")                                                                                \
    X(DOMAIN, "domain")                                                                            \
    X(REMOTE, "remote")                                                                            \
    X(LIMIT, "limit")                                                                              \
    X(SIZE, "size")                                                                                \
    X(WAIT, "wait")
enum advice_name {
#define X(id, name) ADVICE_NAME_##id,
    ADVICE_NAMES(X)
#undef X
        ADVICE_NAME_COUNT
};

struct advice {
    uint8_t kind;          /* enum advice_kind */
    bool has_names;        /* the text has any */
    struct slice provider; /* of own and only steps; empty: none */
    struct slice list; /* of own and only steps: the blocklist's name has this in it; empty: none */
    struct slice unless; /* rules with commas between them: not said where one of them decided */
    struct slice text;
};

/* ADVICE_NAME_COUNT: there is no such name. */
enum advice_name advice_name_of(struct slice text);
/* Whether all that stands in braces is such a name; the error says what is not. */
struct rule_error;
MUST_CHECK bool advice_check_names(struct rule_error *e, struct slice file, size_t line,
                                   struct slice text);

/* Of a user's own: said before ours. */
struct own_advice {
    struct slice rule; /* of what this rule decides; empty: of a cause */
    enum cause cause;
    bool is_of_all;        /* causes */
    enum advice_kind kind; /* ADVICE_STEP, ADVICE_ONLY_STEP or ADVICE_REFUSED_STEP */
    bool has_names;
    struct slice text;
};

extern const struct advice advice_rows[];
/* Where each cause's rows begin, in the order of cause.def; one more for the end. */
extern const uint16_t advice_first[];

#endif
