/* Operations on the suppression list. */
#include "control/operation.h"
#include "mail/address.h"

enum { SHOWN_MAX = 200 };

static bool is_offered(const struct control_call *call)
{
    if (!call->backend->suppressions)
        control_error(call->out, "not_offered", "this server has no suppression list");
    return call->backend->suppressions != NULL;
}

static void add_entry(struct buf *out, const struct suppression *s)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "address", s->address);
    json_put_known(&j, "sender", s->sender);
    control_time(&j, "since", s->since);
    control_time(&j, "until", s->until);
    json_put_string(&j, "source", slice_str(suppression_source_name(s->source)));
    if (s->source == SUPPRESSED_BY_REPLY || s->source == SUPPRESSED_BY_BOUNCE)
        json_put_string(&j, "cause", slice_str(cause_name(s->cause)));
    json_put_known(&j, "reason", s->reason);
    json_end_object(&j);
    buf_add_char(out, '\n');
}

static bool is_wanted(const struct control_request *r, const struct suppression *s)
{
    bool is_sender = !r->filter.sender.len || slice_ieq(s->sender, r->filter.sender);
    bool is_source = !(r->given & ARG_SOURCE) || s->source == r->source;
    return is_sender && is_source && queue_address_fits(s->address, r->filter.recipient);
}

void operation_suppress_list(const struct control_call *call)
{
    uint64_t count = 0, shown = 0;
    if (!is_offered(call))
        return;
    for (const struct suppression *s = NULL;
         (s = suppressions_next(call->backend->suppressions, s, call->now));) {
        if (!is_wanted(call->request, s))
            continue;
        count++;
        if (shown == call->request->limit)
            continue;
        shown++;
        add_entry(call->out, s);
    }
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_number(&j, "addresses", (int64_t)count);
    json_put_number(&j, "shown", (int64_t)shown);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_suppress_add(const struct control_call *call)
{
    struct address parsed;
    struct err err = {0};
    struct slice address = call->request->address;
    if (!is_offered(call))
        return;
    if (!address_parse(address, &parsed, &err)) {
        control_error(call->out, "syntax",
                      "\"%.*s\" is no address: %s; right is, for example, "
                      "ann@example.org",
                      SLICE_ARG(slice_head(address, SHOWN_MAX)), err.what);
        return;
    }
    struct suppression s = {.sender = call->request->filter.sender,
                            .address = address,
                            .since = call->now,
                            .until = INT64_MAX,
                            .source = SUPPRESSED_BY_OPERATOR,
                            .cause = CAUSE_UNKNOWN,
                            .reason = call->request->reason};
    if (suppressions_put(call->backend->suppressions, &s))
        buf_add_str(call->out, "{\"ok\":true}\n");
    else
        control_error(call->out, "failed", "the address could not be listed: %s",
                      err_text(ERR_MEMORY));
}

void operation_suppress_remove(const struct control_call *call)
{
    if (!is_offered(call))
        return;
    if (suppressions_remove(call->backend->suppressions, call->request->filter.sender,
                            call->request->address))
        buf_add_str(call->out, "{\"ok\":true}\n");
    else
        control_error(call->out, "not_found", "%.*s is not on the suppression list%s%.*s",
                      SLICE_ARG(slice_head(call->request->address, SHOWN_MAX)),
                      call->request->filter.sender.len ? " for mail from " : "",
                      SLICE_ARG(slice_head(call->request->filter.sender, SHOWN_MAX)));
}
