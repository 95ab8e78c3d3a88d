/* What is told of a reply that said no: in the log, and for whoever asks with its reference. */
#include "receive/inside.h"
#include "system/clock.h"
#include "system/log.h"

enum { RULE_MAX = 80, CODES_MAX = 24 };

void refused_begin(struct connection *c)
{
    if (!c->options->refusals)
        return;
    refusals_name_session(c->options->refusals, c->reference);
    smtp_server_set_reference(c->session, slice_str(c->reference));
}

static void write_codes(struct buf *out, const struct reply *r)
{
    buf_add_u64(out, r->code);
    if (!r->enhanced.class)
        return;
    buf_add_char(out, ' ');
    enhanced_write(out, r->enhanced);
}

static void tell(const struct connection *c, const struct smtp_refusal *f)
{
    char rule_text[RULE_MAX], codes_text[CODES_MAX];
    struct buf rule, codes;
    buf_init_fixed(&rule, rule_text, sizeof(rule_text));
    buf_init_fixed(&codes, codes_text, sizeof(codes_text));
    situation_write(&rule, f->reply.situation);
    write_codes(&codes, &f->reply);
    const struct log_field fields[] = {
        {"ref", f->reference},      {"client", slice_str(c->client_text)},
        {"helo", c->helo},          {"user", c->user ? slice_str(c->user) : SLICE("")},
        {"from", f->sender},        {"to", f->recipient},
        {"rule", buf_slice(&rule)}, {"code", buf_slice(&codes)},
        {"text", f->reply.text},
    };
    const size_t count = sizeof(fields) / sizeof(*fields);
    const struct log *log = c->receiver->log;
    if (log && LOG_LEVEL_INFO <= log->level)
        log->emit(log->ctx, LOG_LEVEL_INFO, "refused", fields, count);
    refusals_keep(c->options->refusals, f->reference, clock_unix_ms(), fields, count);
}

void refused_tell(struct connection *c)
{
    struct smtp_refusal f;
    while (smtp_server_next_refusal(c->session, &f))
        tell(c, &f);
}
