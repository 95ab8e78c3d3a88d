/* Operations on what the operator stopped. */
#include "control/operation.h"

static bool is_offered(const struct control_call *call)
{
    bool is_there = call->backend->suspensions && call->backend->command;
    if (!is_there)
        control_error(call->out, "not_offered", "this server has no queue");
    return is_there;
}

static struct suspension choice_of(const struct control_call *call)
{
    const struct queue_filter *f = &call->request->filter;
    return (struct suspension){.site = f->destination,
                               .sender = f->sender,
                               .campaign = f->campaign,
                               .reason = call->request->reason,
                               .since = call->now};
}

static void end(const struct control_call *call, const char *what, size_t count)
{
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, what, (int64_t)count);
    json_put_bool(&j, "dry_run", call->request->dry_run);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_queue_suspend(const struct control_call *call)
{
    const struct control_backend *b = call->backend;
    struct suspension s = choice_of(call);
    if (!is_offered(call))
        return;
    if (s.site.len + s.sender.len + s.campaign.len == 0) {
        control_error(call->out, "syntax",
                      "queue.suspend needs to know what: a destination or site, a sender, a "
                      "campaign, or several of them");
        return;
    }
    if (!call->request->dry_run && !suspensions_put(b->suspensions, &s)) {
        control_error(call->out, "failed",
                      "that could not be suspended: a name is longer than %d bytes or holds what "
                      "no name does, or memory ended",
                      SUSPENSION_FIELD_MAX);
        return;
    }
    if (!call->request->dry_run)
        b->suspensions_changed(b->ctx);
    end(call, "messages", b->command(b->ctx, QUEUE_HOLD, &call->request->filter, true));
}

void operation_queue_resume(const struct control_call *call)
{
    const struct control_backend *b = call->backend;
    struct suspension like = choice_of(call);
    if (!is_offered(call))
        return;
    size_t count = suspensions_end(b->suspensions, &like, call->request->dry_run);
    if (count == 0 && !call->request->all) {
        control_error(call->out, "not_found",
                      "nothing is suspended so; queue.suspended shows what is, and queue.retry "
                      "ends a pause that the server chose itself");
        return;
    }
    if (!call->request->dry_run)
        b->suspensions_changed(b->ctx);
    end(call, "suspensions", count);
}

static void add_suspension(const struct control_call *call, const struct suspension *s)
{
    const struct control_backend *b = call->backend;
    struct queue_filter f = {.destination = s->site, .sender = s->sender, .campaign = s->campaign};
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    control_time(&j, "since", s->since);
    json_put_known(&j, "site", s->site);
    json_put_known(&j, "sender", s->sender);
    json_put_known(&j, "campaign", s->campaign);
    json_put_known(&j, "reason", s->reason);
    json_put_number(&j, "messages", (int64_t)b->command(b->ctx, QUEUE_HOLD, &f, true));
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_queue_suspended(const struct control_call *call)
{
    size_t count = 0;
    if (!is_offered(call))
        return;
    for (const struct suspension *s = NULL; (s = suspensions_next(call->backend->suspensions, s));
         count++)
        add_suspension(call, s);
    end(call, "suspensions", count);
}
