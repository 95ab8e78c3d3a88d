#include "guide/task.h"

/* More than one mail and one reply can be, whatever the readers' bounds are. */
enum { ARENA_MAX = 256 * 1024 * 1024 };

void guide_tasks_init(struct guide_tasks *t, const struct mem *mem)
{
    t->count = t->bytes = 0;
    arena_init(&t->arena, mem, ARENA_MAX);
}

void guide_tasks_free(struct guide_tasks *t)
{
    arena_reset(&t->arena);
}

void guide_tasks_clear(struct guide_tasks *t)
{
    arena_rewind(&t->arena);
    t->count = t->bytes = 0;
}

static bool keep(struct guide_tasks *t, struct slice *text)
{
    t->bytes += text->len;
    return text->len == 0 || arena_dup(&t->arena, *text, text);
}

static bool keep_event(struct guide_tasks *t, const struct log_event **event)
{
    struct log_event *e = *event ? arena_take(&t->arena, sizeof(*e)) : NULL;
    if (!e)
        return !*event;
    *e = **event;
    *event = e;
    struct slice *const all[] = {&e->time_text,     &e->queue_id,  &e->message_id,
                                 &e->sender,        &e->recipient, &e->client,
                                 &e->in.reply.text, &e->in.remote, NULL};
    for (struct slice *const *text = all; *text; text++)
        if (!keep(t, *text))
            return false;
    return true;
}

bool guide_tasks_add(struct guide_tasks *t, const struct guide_task *task)
{
    struct guide_task *copy = &t->list[t->count];
    *copy = *task;
    if (!keep(t, &copy->source) || !keep(t, &copy->text) || !keep_event(t, &copy->event))
        return false;
    t->count++;
    return true;
}

bool guide_tasks_are_many(const struct guide_tasks *t)
{
    return t->count == TASKS_MAX || t->bytes >= TASKS_BYTES;
}
