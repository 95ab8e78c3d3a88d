/* SPF (RFC 7208): whether a domain lets a host send its mail. Asks for one look-up after the other
 * and is told; every limit of RFC 7208 4.6.4 is kept, so a stranger's record ends soon. */
#ifndef CANDOR_AUTH_SPF_H
#define CANDOR_AUTH_SPF_H

#include "auth/spf_terms.h"
#include "base/arena.h"
#include "dns/record.h"

/* RFC 7208 2.6 */
#define SPF_RESULTS(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(NEUTRAL, "neutral")                                                                          \
    X(PASS, "pass")                                                                                \
    X(FAIL, "fail")                                                                                \
    X(SOFTFAIL, "softfail")                                                                        \
    X(TEMPERROR, "temperror")                                                                      \
    X(PERMERROR, "permerror")
enum spf_result {
#define X(id, name) SPF_##id,
    SPF_RESULTS(X)
#undef X
};
const char *spf_result_name(enum spf_result r);

/* Look-ups that a record may lead to (RFC 7208 4.6.4), and so the depth of records in records. */
enum { SPF_LOOKUPS_MAX = 10, SPF_VOIDS_MAX = 2, SPF_NAMES_MAX = 10 };

/* A record that is being gone through. */
struct spf_record {
    struct slice domain;
    struct slice rest;     /* terms that were not looked at */
    struct slice redirect; /* a domain-spec; empty: none */
    struct spf_term term;  /* that waits for an answer */
};

struct spf {
    struct arena *arena;
    struct spf_input in;
    struct spf_record stack[SPF_LOOKUPS_MAX + 2];
    size_t depth; /* the last one in use */
    size_t lookups, voids;
    struct slice names[SPF_NAMES_MAX]; /* of MX or PTR records, whose addresses are asked for */
    size_t name_count, name_at;
    struct slice name; /* what is asked for now */
    enum dns_type type;
    bool is_over;
    enum spf_result result;
    struct slice matched; /* the term that decided, as it stands in the first record; or empty */
    const char *why;      /* of errors, in words; static */
    struct slice record;  /* the domain's own */
};

/* `in` is borrowed. */
void spf_begin(struct spf *s, const struct spf_input *in, struct arena *arena);
/* True: the answer to this question is wanted. False: it is over, s->result says how. */
bool spf_ask(const struct spf *s, struct slice *name_r, enum dns_type *type_r);
void spf_tell(struct spf *s, const struct dns_answer *answer);

#endif
