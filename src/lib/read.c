#include "lib/report.h"
#include "reply/explanation_json.h"

enum { JSON_MOST = 16 * 1024 * 1024 };

bool report_fill(void *to, size_t to_size, const void *from, size_t from_size)
{
    const size_t stamp = sizeof(size_t);
    if (to_size <= stamp)
        return false;
    size_t common = to_size < from_size ? to_size : from_size;
    memset((char *)to + stamp, 0, to_size - stamp);
    memcpy((char *)to + stamp, (const char *)from + stamp, common - stamp);
    return true;
}

size_t candor_report_count(const candor_report *report)
{
    return report ? report->count : 0;
}

static candor_text named(const char *name)
{
    return text_of(slice_str(name));
}

static void put_reply(candor_explanation *x, const struct diagnosis_input *in)
{
    x->code = in->reply.code;
    x->enhanced[0] = in->reply.enhanced.class;
    x->enhanced[1] = in->reply.enhanced.subject;
    x->enhanced[2] = in->reply.enhanced.detail;
    x->text = text_of(in->reply.text);
    x->remote = text_of(in->remote);
}

static void put_cause(candor_explanation *x, const struct diagnosis *d)
{
    x->has_cause = 1;
    x->cause = named(cause_name(d->cause));
    x->title = named(cause_title(d->cause));
    x->scope = named(scope_name(d->scope));
    x->permanence = named(permanence_name(d->permanence));
    x->stage = named(stage_name(d->stage));
    x->fixer = named(fixer_name(d->fixer));
    x->action = named(action_name(d->action));
    x->retry = diagnosis_may_retry(d);
    x->confidence = (double)d->confidence;
    x->rule = text_of(d->rule);
}

static void put_details(candor_explanation *x, const struct diagnosis_details *d)
{
    x->blocklist = text_of(d->blocklist);
    x->ip = text_of(d->ip);
    x->url = text_of(d->url);
    x->host = text_of(d->host);
    x->domain = text_of(d->domain);
    x->limit = d->limit;
    x->bytes = d->size;
    x->retry_after = d->retry_after;
}

candor_status candor_report_get(const candor_report *report, size_t index,
                                candor_explanation *explanation_r)
{
    if (!report || !explanation_r || index >= report->count)
        return CANDOR_BAD_ARGUMENT;
    const struct report_entry *e = &report->entries[index];
    candor_explanation x = {.recipient = text_of(e->recipient),
                            .kind = named(e->kind),
                            .provider = text_of(e->diagnosis.provider),
                            .summary = text_of(e->explanation.summary),
                            .steps = e->steps,
                            .step_count = e->explanation.count};
    put_reply(&x, &e->in);
    if (explanation_has_cause(&e->in, &e->diagnosis))
        put_cause(&x, &e->diagnosis);
    put_details(&x, &e->diagnosis.details);
    return report_fill(explanation_r, explanation_r->size, &x, sizeof(x)) ? CANDOR_OK
                                                                          : CANDOR_BAD_ARGUMENT;
}

candor_status candor_report_mail(const candor_report *report, candor_mail *mail_r)
{
    if (!report || !mail_r)
        return CANDOR_BAD_ARGUMENT;
    const struct bounce *b = &report->bounce;
    candor_mail m = {.kind = named(report->is_mail ? bounce_kind_name(b->kind) : ""),
                     .sender = text_of(b->sender),
                     .subject = text_of(b->subject),
                     .message_id = text_of(b->message_id),
                     .reporter = text_of(b->reporter)};
    return report_fill(mail_r, mail_r->size, &m, sizeof(m)) ? CANDOR_OK : CANDOR_BAD_ARGUMENT;
}

static void write_json(struct buf *out, const candor_report *report, const struct report_entry *e)
{
    const struct bounce *b = &report->bounce;
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "input", slice_str(report->is_mail ? "bounce" : "reply"));
    json_put_harmless(&j, "recipient", e->recipient);
    json_put_harmless(&j, "sender", b->sender);
    json_put_harmless(&j, "subject", b->subject);
    json_put_harmless(&j, "message_id", b->message_id);
    json_put_known(&j, "reporter", b->reporter);
    explanation_put_json_as(&j, e->kind, &e->in, &e->diagnosis, &e->explanation);
    json_end_object(&j);
}

candor_status candor_report_json(const candor_report *report, size_t index, char *buffer,
                                 size_t size, size_t *len_r)
{
    if (!report || !len_r || index >= report->count || (!buffer && size))
        return CANDOR_BAD_ARGUMENT;
    struct buf out;
    candor_status status = CANDOR_OK;
    buf_init(&out, &report->mem, JSON_MOST);
    write_json(&out, report, &report->entries[index]);
    *len_r = out.failed ? 0 : out.len;
    if (out.failed)
        status = CANDOR_NO_MEMORY;
    else if (out.len > size)
        status = CANDOR_NO_ROOM;
    else if (out.len > 0)
        memcpy(buffer, out.at, out.len);
    buf_free(&out);
    return status;
}
