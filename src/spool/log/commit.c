#include <errno.h>
#include <time.h>

#include "spool/log/batch.h"

/* How long a failed store waits before it tries again to begin a segment. */
enum { RETRY_MS = 1000 };

void commit_request(struct log *log, struct request *request)
{
    request->next = NULL;
    pthread_mutex_lock(&log->queue_lock);
    *log->requests_tail = request;
    log->requests_tail = &request->next;
    pthread_cond_signal(&log->work);
    pthread_mutex_unlock(&log->queue_lock);
}

void commit_change(struct log *log, struct spool_change *change)
{
    change->next = NULL;
    pthread_mutex_lock(&log->queue_lock);
    *log->changes_tail = change;
    log->changes_tail = &change->next;
    pthread_cond_signal(&log->work);
    pthread_mutex_unlock(&log->queue_lock);
}

struct waiting {
    struct request *requests;
    struct spool_change *changes;
};

static void wait_for_work(struct log *log)
{
    bool has_failed = atomic_load(&log->has_failed);
    if (!has_failed && !log->compaction.segment) {
        pthread_cond_wait(&log->work, &log->queue_lock);
        return;
    }
    uint64_t due = has_failed ? log_now_ms() + RETRY_MS : log->compaction.due;
    struct timespec until = {.tv_sec = (time_t)(due / 1000),
                             .tv_nsec = (long)(due % 1000) * 1000000};
    int result = pthread_cond_timedwait(&log->work, &log->queue_lock, &until);
    if (!has_failed || result != ETIMEDOUT)
        return;
    pthread_mutex_unlock(&log->queue_lock);
    (void)segments_next(log);
    pthread_mutex_lock(&log->queue_lock);
}

/* All that waits (nothing, when it is time to compact, or to write on at a hint); false when there
 * will be nothing more. */
static bool take_all(struct log *log, struct waiting *all_r)
{
    pthread_mutex_lock(&log->queue_lock);
    while (!log->requests && !log->changes && !log->is_closing && !hints_are_pending(log) &&
           !compact_is_due(log))
        wait_for_work(log);
    *all_r = (struct waiting){log->requests, log->changes};
    log->requests = NULL;
    log->requests_tail = &log->requests;
    log->changes = NULL;
    log->changes_tail = &log->changes;
    bool is_over = log->is_closing && !all_r->requests && !all_r->changes;
    pthread_mutex_unlock(&log->queue_lock);
    return !is_over;
}

static void settle_all(struct log *log, struct waiting *all)
{
    while (all->requests) {
        struct request *next = all->requests->next; /* the request may be gone afterwards */
        if (batch_add_request(log, all->requests) == BATCH_TAKEN)
            all->requests = next;
        else
            (void)batch_write(log);
    }
    while (all->changes) {
        struct spool_change *next = all->changes->next;
        if (batch_add_change(log, all->changes) == BATCH_TAKEN)
            all->changes = next;
        else
            (void)batch_write(log);
    }
    (void)batch_write(log);
}

void *commit_run(void *arg)
{
    struct log *log = arg;
    for (struct waiting all; take_all(log, &all);) {
        settle_all(log, &all);
        if (atomic_exchange(&log->may_be_dead, false))
            segments_sweep(log);
        compact_choose(log);
        if (compact_is_due(log))
            compact_step(log);
        hints_step(log);
    }
    hints_finish(log);
    return NULL;
}
