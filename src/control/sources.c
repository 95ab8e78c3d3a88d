/* The operation on the addresses that mail leaves from. */
#include "control/operation.h"

static const char *const stages[] = {[WARM_UP_NONE] = "none",
                                     [WARM_UP_BEFORE] = "not_begun",
                                     [WARM_UP_UNDER_WAY] = "under_way",
                                     [WARM_UP_OVER] = "over"};

static void add_pools(struct json *j, const struct sources *all, uint8_t source)
{
    json_put_array(j, "pools");
    for (size_t i = 0; i < all->pool_count; i++)
        if (!all->pools[i].is_gone && source_is_in(all, (uint8_t)(i + 1), source))
            json_put_string(j, NULL, all->pools[i].name);
    json_end_array(j);
}

static void add_today(struct json *j, const struct source *s, int64_t now)
{
    enum warm_up_stage stage = source_stage(s, now);
    uint64_t limit = source_limit(s, now);
    json_put_string(j, "warm_up", slice_str(stages[stage]));
    if (stage == WARM_UP_UNDER_WAY)
        json_put_number(j, "warm_up_day", source_warm_up_day(s, now));
    json_put_number(j, "sent", (int64_t)source_sent(s, now));
    if (limit != UINT64_MAX) /* without one any number may be sent */
        json_put_number(j, "limit", (int64_t)limit);
}

static void add_trouble(void *ctx, const struct queue_source_trouble *t)
{
    struct json *j = ctx;
    json_put_object(j, NULL);
    json_put_string(j, "site", t->hosts);
    json_put_bool(j, "suspended", t->is_suspended);
    control_time(j, "until", t->until);
    json_put_string(j, "cause", slice_str(cause_name(t->cause)));
    if (t->outcome)
        control_outcome(j, t->outcome);
    json_end_object(j);
}

static void add_source(const struct control_call *call, uint8_t number)
{
    const struct control_backend *b = call->backend;
    const struct source *s = &b->sources->list[number - 1];
    struct control_source about;
    struct json j = json_to(call->out);
    b->source(b->ctx, number, &about);
    json_put_object(&j, NULL);
    json_put_string(&j, "name", s->name);
    json_put_known(&j, "ipv4", slice_str(about.ipv4));
    json_put_known(&j, "ipv6", slice_str(about.ipv6));
    json_put_string(&j, "helo", about.helo);
    add_pools(&j, b->sources, number);
    json_put_number(&j, "weight", (int64_t)s->weight);
    add_today(&j, s, call->now);
    json_put_array(&j, "refused");
    b->source_troubles(b->ctx, number, add_trouble, &j);
    json_end_array(&j);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_queue_sources(const struct control_call *call)
{
    const struct control_backend *b = call->backend;
    struct json j = json_to(call->out);
    size_t count = 0;
    if (!b->sources) {
        control_error(call->out, "not_offered", "this server has no queue");
        return;
    }
    for (size_t i = 0; i < b->sources->count; i++) {
        if (b->sources->list[i].is_gone)
            continue;
        add_source(call, (uint8_t)(i + 1));
        count++;
    }
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, "sources", (int64_t)count);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}
