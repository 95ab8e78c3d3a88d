#include "cli/explain_crew.h"

#include "system/heap.h"

/* Batches for each thread: one that it explains, and one that waits. */
enum { BATCHES_EACH = 2 };

static void clean_up(struct explain_crew *c)
{
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    while (c->spare) {
        struct explain_batch *b = c->spare;
        c->spare = b->next;
        guide_tasks_free(&b->tasks);
        mem_give(&heap, b, sizeof(*b));
    }
}

static bool add_batches(struct explain_crew *c, size_t count)
{
    while (count > 0) {
        struct explain_batch *b = mem_take(&heap, sizeof(*b));
        if (!b)
            return false;
        guide_tasks_init(&b->tasks, &heap);
        b->next = c->spare;
        c->spare = b;
        count--;
    }
    return true;
}

bool explain_crew_begin(struct explain_crew *c, size_t count, size_t first,
                        void *(*work)(void *ctx), void *ctx)
{
    count = count < CREW_MAX ? count : CREW_MAX;
    *c = (struct explain_crew){.number = first};
    c->last = &c->first;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    if (add_batches(c, BATCHES_EACH * count))
        while (c->count < count && pthread_create(&c->threads[c->count], NULL, work, ctx) == 0)
            c->count++;
    if (c->count == 0)
        clean_up(c);
    return c->count > 0;
}

static void take_spare(struct explain_crew *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->spare)
        pthread_cond_wait(&c->changed, &c->lock);
    c->filling = c->spare;
    c->spare = c->filling->next;
    pthread_mutex_unlock(&c->lock);
    c->filling->number = c->number++;
}

void explain_crew_pass(struct explain_crew *c)
{
    struct explain_batch *b = c->filling;
    if (!b)
        return;
    b->next = NULL;
    c->filling = NULL;
    pthread_mutex_lock(&c->lock);
    *c->last = b;
    c->last = &b->next;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

bool explain_crew_add(struct explain_crew *c, const struct guide_task *task)
{
    if (!c->filling)
        take_spare(c);
    bool good = guide_tasks_add(&c->filling->tasks, task);
    if (guide_tasks_are_many(&c->filling->tasks))
        explain_crew_pass(c);
    return good;
}

void explain_crew_end(struct explain_crew *c)
{
    explain_crew_pass(c);
    pthread_mutex_lock(&c->lock);
    c->is_over = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    while (c->count > 0)
        pthread_join(c->threads[--c->count], NULL);
    clean_up(c);
}

struct explain_batch *explain_crew_next(struct explain_crew *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->first && !c->is_over)
        pthread_cond_wait(&c->changed, &c->lock);
    struct explain_batch *b = c->first;
    if (b)
        c->first = b->next;
    if (!c->first)
        c->last = &c->first;
    pthread_mutex_unlock(&c->lock);
    return b;
}

void explain_crew_done(struct explain_crew *c, struct explain_batch *b)
{
    guide_tasks_clear(&b->tasks);
    pthread_mutex_lock(&c->lock);
    b->next = c->spare;
    c->spare = b;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}
