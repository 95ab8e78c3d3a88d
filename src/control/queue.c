/* Operations on the queue. */
#include "control/operation.h"

struct listing {
    const struct control_call *call;
    uint64_t shown;
    uint64_t count;
    spool_id last_id;
    uint64_t messages;
    bool in_full;
};

const char *const control_status_names[] = {
    [RECIPIENT_WAITING] = "waiting",     [RECIPIENT_ACTIVE] = "active",
    [RECIPIENT_DELIVERED] = "delivered", [RECIPIENT_FAILED] = "failed",
    [RECIPIENT_BOUNCED] = "bounced",     [RECIPIENT_REMOVED] = "removed",
};

static const char *const agent_names[] = {
    [AGENT_SMTP] = "smtp", [AGENT_MAILDIR] = "maildir", [AGENT_LMTP] = "lmtp"};

static void add_envelope(struct json *j, const struct envelope *e)
{
    json_put_known(j, "helo", e->helo);
    json_put_known(j, "client", e->client);
    json_put_known(j, "protocol", e->protocol);
    json_put_known(j, "envid", e->envid);
}

void control_outcome(struct json *j, const struct outcome *o)
{
    char storage[16];
    struct buf enhanced;
    buf_init_fixed(&enhanced, storage, sizeof(storage));
    enhanced_write(&enhanced, o->reply.enhanced);
    json_put_object(j, "last");
    control_time(j, "time", o->at);
    json_put_known(j, "stage", slice_str(stage_name(o->stage)));
    json_put_known(j, "host", o->host);
    if (o->reply.code)
        json_put_number(j, "code", o->reply.code);
    if (o->reply.enhanced.class)
        json_put_string(j, "enhanced", buf_slice(&enhanced));
    json_put_known(j, "text", o->reply.text);
    json_put_known(j, "failure", o->failure);
    json_end_object(j);
}

static void add_explanation(struct json *j, const struct control_call *call,
                            const struct outcome *o)
{
    struct diagnosis_input in = outcome_diagnosis_input(o);
    json_put_object(j, "explanation");
    (void)!control_explanation(j, &in, call);
    json_end_object(j);
}

static void add_view(const struct listing *l, const struct queue_view *v)
{
    char id[SPOOL_ID_TEXT + 1];
    struct json j = json_to(l->call->out);
    const struct recipient *r = &v->envelope->recipients[v->recipient];
    spool_id_write(v->id, id);
    json_put_object(&j, NULL);
    json_put_string(&j, "id", slice_str(id));
    control_time(&j, "received", v->envelope->received_at);
    json_put_number(&j, "size", (int64_t)v->envelope->size);
    json_put_string(&j, "sender", v->envelope->sender);
    json_put_string(&j, "recipient", r->address);
    json_put_string(&j, "agent", slice_str(agent_names[v->route.agent]));
    json_put_string(&j, "destination", v->route.destination);
    json_put_string(&j, "site", v->site);
    json_put_known(&j, "source", v->source);
    json_put_string(&j, "status", slice_str(control_status_names[v->status]));
    json_put_bool(&j, "held", v->held);
    json_put_known(&j, "campaign", v->envelope->campaign);
    if (v->suspension)
        control_time(&j, "suspended_since", v->suspension->since);
    json_put_number(&j, "attempts", v->attempts);
    control_time(&j, "until", v->until);
    control_time(&j, "expires", v->expires);
    json_put_string(&j, "why", v->why);
    if (l->in_full)
        add_envelope(&j, v->envelope);
    if (v->outcome) {
        json_put_string(&j, "cause", slice_str(cause_name(v->diagnosis.cause)));
        control_outcome(&j, v->outcome);
    }
    if (v->outcome && l->in_full)
        add_explanation(&j, l->call, v->outcome);
    json_end_object(&j);
    buf_add_char(l->call->out, '\n');
}

static bool visit(void *ctx, const struct queue_view *view)
{
    struct listing *l = ctx;
    l->count++;
    l->messages += view->id != l->last_id;
    l->last_id = view->id;
    if (l->shown < l->call->request->limit) {
        l->shown++;
        add_view(l, view);
    }
    return !l->call->out->failed;
}

static bool is_offered(const struct control_call *call, bool there)
{
    if (!there)
        control_error(call->out, "not_offered", "this server has no queue");
    return there;
}

static void list(const struct control_call *call, struct listing *l)
{
    call->backend->visit(call->backend->ctx, &call->request->filter, visit, l);
}

static void end_listing(const struct listing *l)
{
    struct json j = json_to(l->call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, "messages", (int64_t)l->messages);
    json_put_number(&j, "recipients", (int64_t)l->count);
    json_put_number(&j, "shown", (int64_t)l->shown);
    control_put_stuck(&j, l->call->backend);
    json_end_object(&j);
    buf_add_char(l->call->out, '\n');
}

void operation_queue_list(const struct control_call *call)
{
    struct listing l = {.call = call};
    if (!is_offered(call, call->backend->visit))
        return;
    list(call, &l);
    end_listing(&l);
}

static void not_found(const struct control_call *call)
{
    char id[SPOOL_ID_TEXT + 1];
    spool_id_write(call->request->filter.id, id);
    control_error(
        call->out, "not_found",
        "no message %s is in the queue: it is delivered, bounced or removed, or the id is "
        "mistyped",
        id);
}

void operation_queue_show(const struct control_call *call)
{
    struct listing l = {.call = call, .in_full = true};
    if (!is_offered(call, call->backend->visit))
        return;
    list(call, &l);
    if (l.count == 0)
        not_found(call);
    else
        end_listing(&l);
}

static void command(const struct control_call *call, enum queue_command what)
{
    const struct control_request *r = call->request;
    if (!is_offered(call, call->backend->command))
        return;
    size_t count = call->backend->command(call->backend->ctx, what, &r->filter, r->dry_run);
    if (count == 0 && r->filter.id) {
        not_found(call);
        return;
    }
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, "messages", (int64_t)count);
    json_put_bool(&j, "dry_run", r->dry_run);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_queue_retry(const struct control_call *call)
{
    command(call, QUEUE_RETRY);
}

void operation_queue_hold(const struct control_call *call)
{
    command(call, QUEUE_HOLD);
}

void operation_queue_release(const struct control_call *call)
{
    command(call, QUEUE_RELEASE);
}

void operation_queue_remove(const struct control_call *call)
{
    command(call, QUEUE_REMOVE);
}

void operation_queue_bounce(const struct control_call *call)
{
    command(call, QUEUE_BOUNCE);
}
