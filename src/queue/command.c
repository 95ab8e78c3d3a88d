#include "queue/inside.h"

static void make_due(struct queue *q, struct message *m, int64_t now)
{
    for (size_t i = 0; i < m->envelope.count; i++)
        if (m->states[i].status == RECIPIENT_WAITING)
            m->states[i].due = now;
    for (uint32_t g = 0; g < m->job_count; g++)
        site_resume(q, m->jobs[g].destination->site);
    m->is_dirty = true;
}

/* What is too old gets one more chance. */
static void live_on(struct queue *q, struct message *m, int64_t now)
{
    if (m->expires < now + q->options.retry_first)
        m->expires = now + q->options.retry_first;
}

static void run(struct queue *q, struct message *m, enum queue_command command, int64_t now)
{
    switch (command) {
    case QUEUE_HOLD:
        m->held = true;
        m->is_dirty = true;
        break;
    case QUEUE_RELEASE:
        m->held = false;
        live_on(q, m, now);
        make_due(q, m, now);
        break;
    case QUEUE_RETRY:
        live_on(q, m, now);
        make_due(q, m, now);
        break;
    case QUEUE_REMOVE:
        message_end(q, m, ENDING_REMOVE);
        break;
    case QUEUE_BOUNCE:
        message_end(q, m, ENDING_BOUNCE);
        break;
    }
    message_place(q, m, now);
    message_touch(q, m);
}

static bool is_chosen(const struct queue *q, const struct message *m, const struct queue_filter *f)
{
    if (!message_fits(m, f))
        return false;
    for (uint32_t i = 0; i < m->envelope.count; i++)
        if (recipient_fits(q, m, i, f))
            return true;
    return false;
}

size_t queue_command(struct queue *q, enum queue_command command, const struct queue_filter *filter,
                     bool dry_run, int64_t now)
{
    size_t count = 0;
    for (struct list *l = messages_first(q, filter); l != &q->all;
         l = messages_next(q, filter, l)) {
        struct message *m = LIST_ITEM(l, struct message, all);
        if (!is_chosen(q, m, filter))
            continue;
        count++;
        if (!dry_run)
            run(q, m, command, now);
    }
    return count;
}

enum obstacle { OBSTACLE_NONE, OBSTACLE_ACTIVE, OBSTACLE_STOPPED };

/* What is in the way of trying the message anew. */
static enum obstacle find_obstacle(const struct queue *q, const struct message *m,
                                   const struct queue_filter *filter)
{
    enum obstacle found = m->held ? OBSTACLE_STOPPED : OBSTACLE_ACTIVE;
    for (uint32_t i = 0; i < m->envelope.count && !m->held; i++) {
        const struct recipient_state *s = &m->states[i];
        if (s->status != RECIPIENT_WAITING || !recipient_fits(q, m, i, filter))
            continue;
        if (!job_suspension(q, &m->jobs[s->job]))
            return OBSTACLE_NONE;
        found = OBSTACLE_STOPPED;
    }
    return found;
}

void queue_fetch(struct queue *q, const struct queue_filter *filter, int64_t now,
                 struct queue_fetched *f)
{
    for (struct list *l = messages_first(q, filter); l != &q->all;
         l = messages_next(q, filter, l)) {
        struct message *m = LIST_ITEM(l, struct message, all);
        if (m->is_early || !is_chosen(q, m, filter))
            continue;
        enum obstacle obstacle = find_obstacle(q, m, filter);
        f->active += obstacle == OBSTACLE_ACTIVE;
        f->stopped += obstacle == OBSTACLE_STOPPED;
        if (obstacle != OBSTACLE_NONE)
            continue;
        f->due++;
        make_due(q, m, now);
        message_place(q, m, now);
        message_touch(q, m);
    }
}

void queue_suspensions_changed(struct queue *q, int64_t now)
{
    for (struct list *l = q->all.next; l != &q->all; l = l->next)
        message_place(q, LIST_ITEM(l, struct message, all), now);
}
