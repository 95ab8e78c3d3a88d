/* How far a long reading is: rate and time left, on standard error if that is a terminal. */
#ifndef CANDOR_CLI_EXPLAIN_PROGRESS_H
#define CANDOR_CLI_EXPLAIN_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct explain_progress {
    pthread_mutex_t lock;
    bool is_wanted;
    bool is_shown;
    uint64_t done, total; /* bytes; total 0: not known */
    int64_t begun_at, shown_at;
};

void explain_progress_begin(struct explain_progress *p, bool is_wanted, uint64_t total);
void explain_progress_add(struct explain_progress *p, uint64_t bytes);
/* Takes its line away, before something else is written. */
void explain_progress_hide(struct explain_progress *p);

#endif
