/* Which items `candor explain` shows. All that is asked for has to fit. */
#ifndef CANDOR_CLI_EXPLAIN_FILTER_H
#define CANDOR_CLI_EXPLAIN_FILTER_H

#include "cli/explain.h"

struct explain_filter {
    bool has_causes;
    bool causes[CAUSE_COUNT];
    const char *recipient; /* an address, @DOMAIN, or a pattern with * and ?; NULL: any */
    int64_t since;         /* unix ms; INT64_MIN: any time, also an unknown one */
};

static inline struct explain_filter explain_filter_all(void)
{
    return (struct explain_filter){.since = INT64_MIN};
}

/* Adds causes, `mailbox_full,greylisted`; false with the word that is none. */
MUST_CHECK bool explain_filter_add_causes(struct explain_filter *f, const char *list,
                                          struct slice *wrong_r);
/* `2d`, `36h`, `90min`, `1w` back from `now`, a date `2026-11-23`, or a time of RFC 3339. */
MUST_CHECK bool explain_filter_set_since(struct explain_filter *f, const char *text, int64_t now);

bool explain_filter_passes(const struct explain_filter *f, const struct explained *x);

#endif
