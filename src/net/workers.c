#include "net/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock; /* held for the list only, never while a task runs */
    pthread_cond_t posted;
    struct task *first;
    struct task **last;
    bool stopping;
    unsigned count;
    pthread_t threads[];
};

static struct task *next_task(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stopping)
        pthread_cond_wait(&w->posted, &w->lock);
    struct task *task = w->first;
    if (task) {
        w->first = task->next;
        if (!w->first)
            w->last = &w->first;
    }
    pthread_mutex_unlock(&w->lock);
    return task;
}

static void *work(void *ctx)
{
    struct workers *w = ctx;
    for (struct task *task; (task = next_task(w));)
        task->run(task);
    return NULL;
}

struct workers *workers_new(unsigned threads)
{
    struct workers *w = calloc(1, sizeof(*w) + threads * sizeof(w->threads[0]));
    if (!w)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->posted, NULL);
    w->last = &w->first;
    for (; w->count < threads; w->count++)
        if (pthread_create(&w->threads[w->count], NULL, work, w) != 0)
            break;
    if (w->count == threads)
        return w;
    workers_free(w);
    return NULL;
}

void workers_post(struct workers *w, struct task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&w->lock);
    *w->last = task;
    w->last = &task->next;
    pthread_cond_signal(&w->posted);
    pthread_mutex_unlock(&w->lock);
}

void workers_cancel(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->first = NULL;
    w->last = &w->first;
    pthread_mutex_unlock(&w->lock);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->posted);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->posted);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
