#include "queue/inside.h"

/* The earliest time at which one of the waiting recipients may be tried; INT64_MAX: none waits. */
static int64_t job_due(const struct job *j)
{
    const struct recipient_state *states = j->message->states;
    int64_t due = INT64_MAX;
    for (uint32_t i = j->first; i != RECIPIENT_NONE; i = states[i].next)
        if (states[i].status == RECIPIENT_WAITING && states[i].due < due)
            due = states[i].due;
    return due;
}

static int priority_of(struct list *ready)
{
    return LIST_ITEM(ready, struct job, ready)->message->envelope.priority;
}

/* Behind all that are as urgent or more (RFC 6710 5). Most are 0: from the end that is nearer to
 * its place few of the others have to be passed. */
static void take_place(struct job *j)
{
    struct list *head = &j->destination->ready, *before = head;
    int own = j->message->envelope.priority;
    if (own > 0)
        for (before = head->next; before != head && priority_of(before) >= own;)
            before = before->next;
    else
        while (before->prev != head && priority_of(before->prev) < own)
            before = before->prev;
    list_append(before, &j->ready);
}

const struct suspension *job_suspension(const struct queue *q, const struct job *j)
{
    const struct suspensions *all = q->options.suspensions;
    if (!all || list_is_empty(&all->all))
        return NULL;
    const struct envelope *e = &j->message->envelope;
    return suspensions_find(
        all, &(struct suspension_subject){.destination = j->destination->route.destination,
                                          .site = site_name(j->destination->site),
                                          .hosts = site_hosts(j->destination->site),
                                          .sender = e->sender,
                                          .campaign = e->campaign});
}

void job_place(struct queue *q, struct job *j, int64_t now)
{
    int64_t due = j->message->held || job_suspension(q, j) ? INT64_MAX : job_due(j);
    if (due <= now && j->destination->route.pool)
        due = job_choose_source(q, j, now);
    bool is_ready = due <= now;
    if (!is_ready)
        list_remove(&j->ready);
    else if (list_is_empty(&j->ready))
        take_place(j);
    if (is_ready || due == INT64_MAX)
        due_unset(&q->waiting, &j->due);
    else
        due_set(&q->waiting, &j->due, due);
    destination_place(q, j->destination);
}

void message_place(struct queue *q, struct message *m, int64_t now)
{
    for (uint32_t g = 0; g < m->job_count; g++)
        job_place(q, &m->jobs[g], now);
}

const struct kept *recipient_last(const struct message *m, uint32_t i)
{
    const struct recipient_state *s = &m->states[i];
    return s->last ? s->last : m->jobs[s->job].destination->site->last;
}

/* splitmix64 (Steele, Lea, Flood 2014): good enough to spread retries. */
static uint64_t next_random(struct queue *q)
{
    uint64_t z = q->random += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

int64_t retry_jitter(struct queue *q, int64_t ms)
{
    return ms + (int64_t)(next_random(q) % (uint64_t)(ms / 8 + 1));
}

int64_t retry_pause(struct queue *q, uint32_t failures)
{
    int64_t pause = q->options.retry_first;
    for (; failures > 1 && pause < q->options.retry_most; failures--)
        pause *= 2;
    if (pause > q->options.retry_most)
        pause = q->options.retry_most;
    return retry_jitter(q, pause);
}
