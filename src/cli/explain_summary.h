/* Many items in one picture: causes, providers, destinations and hosts counted, over time, and what
 * to fix first. */
#ifndef CANDOR_CLI_EXPLAIN_SUMMARY_H
#define CANDOR_CLI_EXPLAIN_SUMMARY_H

#include <pthread.h>

#include "cli/explain.h"
#include "cli/tally.h"

enum { SUMMARY_KINDS = BOUNCE_CHALLENGE + 1, SUMMARY_HOURS_MAX = 64 * 1024 };

/* What has one cause (and, if it is about the sender, one provider): its tally row points here. */
struct summary_fix {
    enum cause cause;
    enum fixer fixer;
    bool is_refusal;       /* of others, by this server */
    struct slice provider; /* empty: several, or nobody is known */
    struct slice summary;  /* of the first such item, whichever is counted first */
    struct slice step;
    size_t summary_line, step_line; /* where they come from */
};

struct summary_hour {
    int64_t hour; /* since 1970 */
    uint64_t count;
};

struct explain_summary {
    pthread_mutex_t lock;
    struct arena arena;
    uint64_t items;
    uint64_t kinds[SUMMARY_KINDS]; /* by enum bounce_kind; a reply alone counts by its digits */
    uint64_t causes[CAUSE_COUNT];
    uint64_t with_cause;
    struct tally providers, destinations, recipients, hosts, fixes;
    struct id_map hours;
    int64_t first, last; /* unix ms of the items that have a time; first > last: none has */
};

void explain_summary_init(struct explain_summary *s);
void explain_summary_free(struct explain_summary *s);
/* From any thread. False without memory. */
bool explain_summary_count(struct explain_summary *s, const struct explained *x);

/* The hour in which a time is, counted from 1970; negative before. */
int64_t explain_summary_hour(int64_t unix_ms);

/* The things to fix first: what the reader's side can mend, then what others can; the most frequent
 * first. How many. */
size_t explain_summary_fixes(const struct explain_summary *s, const struct tally_row **fixes,
                             size_t most);

void explain_summary_write_text(struct buf *out, const struct explain_summary *s,
                                const struct explain_style *style);
/* One JSON object in a line. */
void explain_summary_write_json(struct buf *out, const struct explain_summary *s);

#endif
