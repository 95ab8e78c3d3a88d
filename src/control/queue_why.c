/* What waits, by cause and site. */
#include <stdlib.h>

#include "control/operation.h"

struct gathered {
    const struct mem *mem;
    struct queue_group *list;
    size_t count, size;
    uint64_t messages, recipients;
};

static bool grow(struct gathered *g)
{
    size_t size = g->size ? g->size * 2 : 64;
    struct queue_group *list = mem_take(g->mem, size * sizeof(*list));
    if (!list)
        return false;
    if (g->count)
        memcpy(list, g->list, g->count * sizeof(*list));
    mem_give(g->mem, g->list, g->size * sizeof(*list));
    g->list = list;
    g->size = size;
    return true;
}

static bool gather(void *ctx, const struct queue_group *group)
{
    struct gathered *g = ctx;
    if (g->count == g->size && !grow(g))
        return false;
    g->list[g->count++] = *group;
    g->messages += group->messages;
    g->recipients += group->recipients;
    return true;
}

/* The most first; where they are as many, the oldest. */
static int by_size(const void *a, const void *b)
{
    const struct queue_group *one = a, *other = b;
    if (one->recipients != other->recipients)
        return one->recipients < other->recipients ? 1 : -1;
    return (one->oldest > other->oldest) - (one->oldest < other->oldest);
}

static struct slice title_of(const struct queue_group *g, struct buf *storage)
{
    static const char *const titles[] = {
        [RECIPIENT_WAITING] = "Waits for its turn",
        [RECIPIENT_ACTIVE] = "Being delivered now",
        [RECIPIENT_DELIVERED] = "Delivered; the notice that the sender asked for is being written",
        [RECIPIENT_FAILED] = "Failed for good; the notice to the sender is being written",
    };
    if (g->suspension && g->status == RECIPIENT_WAITING && !g->held) {
        suspension_write_words(storage, g->suspension);
        return buf_slice(storage);
    }
    if (g->is_used_up && g->status == RECIPIENT_WAITING && !g->held)
        return SLICE("Waits for tomorrow: the sources sent what their warm-up allows for today");
    return slice_str(g->held       ? "Held until you release it"
                     : g->is_tried ? cause_title(g->cause)
                                   : titles[g->status]);
}

static void add_group(struct buf *out, const struct queue_group *g)
{
    char id[SPOOL_ID_TEXT + 1], storage[5 * SUSPENSION_FIELD_MAX];
    struct buf title;
    struct json j = json_to(out);
    buf_init_fixed(&title, storage, sizeof(storage));
    spool_id_write(g->id, id);
    json_put_object(&j, NULL);
    json_put_string(&j, "site", g->site);
    json_put_string(&j, "status", slice_str(control_status_names[g->status]));
    json_put_bool(&j, "held", g->held);
    json_put_bool(&j, "site_waits", g->is_pausing);
    json_put_bool(&j, "suspended", g->is_suspended);
    if (g->suspension)
        control_time(&j, "suspended_since", g->suspension->since);
    json_put_number(&j, "messages", (int64_t)g->messages);
    json_put_number(&j, "recipients", (int64_t)g->recipients);
    control_time(&j, "oldest", g->oldest);
    control_time(&j, "next", g->next);
    json_put_string(&j, "id", slice_str(id));
    if (g->is_tried)
        json_put_string(&j, "cause", slice_str(cause_name(g->cause)));
    json_put_string(&j, "title", title_of(g, &title));
    if (g->outcome)
        control_outcome(&j, g->outcome);
    json_end_object(&j);
    buf_add_char(out, '\n');
}

static void answer(const struct control_call *call, struct gathered *g)
{
    size_t limit = call->request->limit < g->count ? (size_t)call->request->limit : g->count;
    if (g->count)
        qsort(g->list, g->count, sizeof(*g->list), by_size);
    for (size_t i = 0; i < limit; i++)
        add_group(call->out, &g->list[i]);
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, "groups", (int64_t)g->count);
    json_put_number(&j, "messages", (int64_t)g->messages);
    json_put_number(&j, "recipients", (int64_t)g->recipients);
    json_put_number(&j, "shown", (int64_t)limit);
    control_put_stuck(&j, call->backend);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_queue_why(const struct control_call *call)
{
    struct gathered g = {.mem = call->mem};
    if (!call->backend->groups) {
        control_error(call->out, "not_offered", "this server has no queue");
        return;
    }
    if (call->backend->groups(call->backend->ctx, &call->request->filter, gather, &g))
        answer(call, &g);
    else
        control_error(call->out, "failed", "the queue could not be looked through: %s",
                      err_text(ERR_MEMORY));
    mem_give(call->mem, g.list, g.size * sizeof(*g.list));
}
