/* Operations on the server as a whole. */
#include "control/operation.h"

static bool is_offered(const struct control_call *call, bool there)
{
    if (!there)
        control_error(call->out, "not_offered", "this server does not offer %s",
                      call->request->operation->name);
    return there;
}

void operation_status(const struct control_call *call)
{
    struct control_status s = {0};
    if (!is_offered(call, call->backend->status))
        return;
    call->backend->status(call->backend->ctx, &s);
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_string(&j, "hostname", s.hostname);
    json_put_string(&j, "version", s.version);
    control_time(&j, "started", s.started_at);
    json_put_bool(&j, "stopping", s.is_stopping);
    json_put_bool(&j, "stuck", s.is_stuck);
    json_put_number(&j, "connections", (int64_t)s.connections);
    json_put_number(&j, "messages", (int64_t)s.queue.messages);
    json_put_number(&j, "destinations", (int64_t)s.queue.destinations);
    json_put_number(&j, "active", (int64_t)s.queue.active);
    json_put_number(&j, "backing_off", (int64_t)s.queue.backing_off);
    json_put_number(&j, "received", (int64_t)s.received);
    json_put_number(&j, "delivered", (int64_t)s.delivered);
    json_put_number(&j, "failed", (int64_t)s.failed);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void control_put_stuck(struct json *j, const struct control_backend *backend)
{
    struct control_status s = {0};
    if (backend->status)
        backend->status(backend->ctx, &s);
    if (s.is_stuck)
        json_put_bool(j, "stuck", true);
}

void operation_shutdown(const struct control_call *call)
{
    if (!is_offered(call, call->backend->shutdown))
        return;
    call->backend->shutdown(call->backend->ctx);
    buf_add_str(call->out, "{\"ok\":true}\n");
}

/* What a new configuration came to. */
static void answer(const struct control_call *call, bool done, const struct buf *kept,
                   const struct buf *why)
{
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", done);
    if (!done) {
        json_put_string(&j, "code", SLICE("config"));
        json_put_string(&j, "error", buf_slice(why));
    }
    json_put_known(&j, "restart_needed", buf_slice(kept));
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

enum { TEXT_MAX = 1024 * 1024 };

void operation_reload(const struct control_call *call)
{
    struct buf kept, why;
    if (!is_offered(call, call->backend->reload))
        return;
    buf_init(&kept, call->mem, TEXT_MAX);
    buf_init(&why, call->mem, TEXT_MAX);
    answer(call, call->backend->reload(call->backend->ctx, &kept, &why), &kept, &why);
    buf_free(&kept);
    buf_free(&why);
}

void operation_upgrade(const struct control_call *call)
{
    struct buf kept, why;
    if (!is_offered(call, call->backend->upgrade))
        return;
    buf_init(&kept, call->mem, 0);
    buf_init(&why, call->mem, TEXT_MAX);
    answer(call, call->backend->upgrade(call->backend->ctx, &why), &kept, &why);
    buf_free(&why);
}
