#include "lib/report.h"

#include "mail/bounce_explain.h"
#include "reply/explanation_json.h"
#include "reply/scan.h"

enum {
    REPLY_MOST = 64 * 1024,
    MAIL_MOST = 64 * 1024 * 1024,
    /* Without a limit of the caller's: some times the text, and what explaining 1000 recipients
     * takes. */
    LIMIT_TIMES = 8,
    LIMIT_MORE = 8 * 1024 * 1024,
};

/* What the caller's library may not know yet is 0. */
static bool options_read(const candor_options *given, candor_options *options_r)
{
    *options_r = (candor_options){0};
    if (!given || given->size < offsetof(candor_options, memory_limit))
        return false;
    size_t known = given->size < sizeof(*options_r) ? given->size : sizeof(*options_r);
    memcpy(options_r, given, known);
    bool is_text = options_r->remote.at || options_r->remote.len == 0;
    return options_r->memory.take && options_r->memory.give && is_text;
}

static candor_report *report_new(const candor_options *o, size_t len)
{
    struct mem mem = {o->memory.take, o->memory.give, o->memory.ctx};
    candor_report *report = mem_take(&mem, sizeof(*report));
    if (!report)
        return NULL;
    *report = (candor_report){.mem = mem};
    size_t limit = o->memory_limit ? o->memory_limit : len * LIMIT_TIMES + LIMIT_MORE;
    arena_init(&report->arena, &report->mem, limit);
    return report;
}

void candor_report_free(candor_report *report)
{
    if (!report)
        return;
    struct mem mem = report->mem;
    arena_reset(&report->arena);
    mem_give(&mem, report, sizeof(*report));
}

static bool explain_entry(candor_report *report, struct report_entry *e)
{
    diagnose(&e->in, &e->diagnosis);
    if (e->kind && strcmp(e->kind, bounce_kind_name(BOUNCE_SUCCESS)) == 0)
        e->explanation = bounce_explanation_success;
    else if (!explain(&e->diagnosis, &e->in, &report->arena, &e->explanation))
        return false;
    if (!e->kind)
        e->kind = explanation_kind(&e->in, &e->diagnosis);
    for (size_t i = 0; i < e->explanation.count; i++)
        e->steps[i] = text_of(e->explanation.steps[i]);
    return true;
}

static bool make_reply(candor_report *report, const candor_options *o, struct slice text)
{
    struct slice copy, remote = slice_of(o->remote.at, o->remote.len);
    report->entries = arena_array(&report->arena, 1, sizeof(*report->entries));
    if (!report->entries || !arena_dup(&report->arena, text, &copy))
        return false;
    report->count = 1;
    struct report_entry *e = report->entries;
    reply_scan(copy, &report->arena, &e->in);
    if (remote.len && !arena_dup(&report->arena, remote, &e->in.remote))
        return false;
    return explain_entry(report, e);
}

static bool make_mail(candor_report *report, const candor_options *o, struct slice mail)
{
    struct slice copy;
    struct bounce *b = &report->bounce;
    (void)o;
    report->is_mail = true;
    if (!arena_dup(&report->arena, mail, &copy) || !bounce_read(copy, &report->arena, b))
        return false;
    if (b->count == 0)
        return true;
    report->entries = arena_array(&report->arena, b->count, sizeof(*report->entries));
    if (!report->entries)
        return false;
    report->count = b->count;
    for (size_t i = 0; i < b->count; i++) {
        const struct bounce_recipient *r = &b->recipients[i];
        report->entries[i] = (struct report_entry){
            .recipient = r->recipient,
            .kind = r->kind == BOUNCE_NONE ? NULL : bounce_kind_name(r->kind),
            .in = r->in,
        };
        if (!explain_entry(report, &report->entries[i]))
            return false;
    }
    return true;
}

static candor_status report_make(const candor_options *given, struct slice text, size_t most,
                                 bool (*make)(candor_report *, const candor_options *,
                                              struct slice),
                                 candor_report **report_r)
{
    candor_options o;
    if (!report_r)
        return CANDOR_BAD_ARGUMENT;
    *report_r = NULL;
    if (!options_read(given, &o) || (!text.at && text.len))
        return CANDOR_BAD_ARGUMENT;
    text = slice_head(text.at ? text : slice_str(""), most);
    candor_report *report = report_new(&o, text.len);
    if (!report)
        return CANDOR_NO_MEMORY;
    if (!make(report, &o, text)) {
        candor_report_free(report);
        return CANDOR_NO_MEMORY;
    }
    *report_r = report;
    return CANDOR_OK;
}

candor_status candor_explain(const candor_options *options, const char *text, size_t len,
                             candor_report **report_r)
{
    struct slice given = slice_of(text, len);
    return report_make(options, text ? slice_trim(given) : given, REPLY_MOST, make_reply, report_r);
}

candor_status candor_read_mail(const candor_options *options, const char *mail, size_t len,
                               candor_report **report_r)
{
    return report_make(options, slice_of(mail, len), MAIL_MOST, make_mail, report_r);
}
