/* A table for spreadsheets (RFC 4180): the keys of the JSON form, one column each. */
#include "base/json.h"
#include "cli/explain.h"
#include "cli/words.h"
#include "reply/catalogue.h"
#include "reply/explanation_json.h"
#include "system/heap.h"

struct slice explain_csv_head(void)
{
    return SLICE("source,line,input,kind,direction,time,queue_id,recipient,sender,client,subject,"
                 "message_id,code,"
                 "enhanced,text,severity,category,cause,scope,permanence,stage,fixer,action,"
                 "provider,reporter,remote,blocklist,ip,url,host,domain,limit,size,retry_after,"
                 "summary,next,retry,confidence,rule\r\n");
}

struct row {
    struct buf *out;
    bool is_begun;
};

static void begin_cell(struct row *row)
{
    if (row->is_begun)
        buf_add_char(row->out, ',');
    row->is_begun = true;
}

/* A cell that begins like this is a formula to a spreadsheet, and its text is a stranger's. */
static bool may_run(struct slice text)
{
    return text.len > 0 && slice_find(SLICE("=+-@\t\r"), text.at[0], 0) != SLICE_NONE;
}

static bool is_quoted(struct slice text)
{
    static const char why[] = ",\"\r\n";
    bool found = may_run(text);
    for (size_t i = 0; i < sizeof(why) - 1 && !found; i++)
        found = slice_find(text, why[i], 0) != SLICE_NONE;
    return found;
}

static void cell(struct row *row, struct slice text)
{
    begin_cell(row);
    if (!is_quoted(text)) {
        words_harmless(row->out, text);
        return;
    }
    buf_add_char(row->out, '"');
    if (may_run(text))
        buf_add_char(row->out, '\'');
    for (size_t end; (end = slice_find(text, '"', 0)) != SLICE_NONE;
         text = slice_from(text, end + 1)) {
        words_harmless(row->out, slice_head(text, end));
        buf_add_str(row->out, "\"\"");
    }
    words_harmless(row->out, text);
    buf_add_char(row->out, '"');
}

static const struct slice none = {"", 0};

static void cell_name(struct row *row, const char *name)
{
    cell(row, slice_str(name));
}

static void cell_number(struct row *row, uint64_t value)
{
    begin_cell(row);
    if (value)
        buf_add_u64(row->out, value);
}

static void put_origin(struct row *row, const struct explained *x)
{
    cell(row, x->source);
    cell_number(row, x->line);
    cell_name(row, explained_input(x));
    cell_name(row, explained_kind(x));
    cell(row, explained_direction(x));
    begin_cell(row);
    explained_write_time(row->out, x);
    cell(row, explained_queue_id(x));
    cell(row, explained_recipient(x));
    cell(row, explained_sender(x));
    cell(row, x->event ? x->event->client : none);
    cell(row, explained_subject(x));
    cell(row, explained_message_id(x));
}

static void put_reply(struct row *row, const struct reply *r)
{
    unsigned digit = r->code ? r->code / 100U : r->enhanced.class;
    cell_number(row, r->code);
    begin_cell(row);
    if (r->enhanced.class)
        enhanced_write(row->out, r->enhanced);
    cell(row, r->text);
    cell_name(row, severity_name(digit));
    cell_name(row, category_name(r->code));
}

static void put_cause(struct row *row, const struct explained *x, bool has_cause)
{
    const struct diagnosis *d = &x->diagnosis;
    cell_name(row, has_cause ? cause_name(d->cause) : "");
    cell_name(row, has_cause ? scope_name(d->scope) : "");
    cell_name(row, has_cause ? permanence_name(d->permanence) : "");
    cell_name(row, has_cause ? stage_name(d->stage) : "");
    cell_name(row, has_cause ? fixer_name(d->fixer) : "");
    cell_name(row, has_cause ? action_name(d->action) : "");
    cell(row, d->provider);
    cell(row, explained_reporter(x));
    cell(row, x->in.remote);
}

static void put_details(struct row *row, const struct diagnosis_details *d)
{
    cell(row, d->blocklist);
    cell(row, d->ip);
    cell(row, d->url);
    cell(row, d->host);
    cell(row, d->domain);
    cell_number(row, d->limit);
    cell_number(row, d->size);
    cell_number(row, d->retry_after);
}

static void put_advice(struct row *row, const struct explanation *e)
{
    struct buf steps;
    buf_init(&steps, &heap, 64 * 1024);
    for (size_t i = 0; i < e->count; i++) {
        buf_add_str(&steps, i ? " " : "");
        buf_addf(&steps, "%zu. ", i + 1);
        buf_add(&steps, e->steps[i]);
    }
    cell(row, e->summary);
    cell(row, buf_slice(&steps));
    buf_free(&steps);
}

void explain_write_csv(struct buf *out, const struct explained *x)
{
    struct row row = {.out = out};
    bool has_cause = explanation_has_cause(&x->in, &x->diagnosis);
    put_origin(&row, x);
    put_reply(&row, &x->in.reply);
    put_cause(&row, x, has_cause);
    put_details(&row, &x->diagnosis.details);
    put_advice(&row, &x->explanation);
    cell_name(&row, !has_cause ? "" : diagnosis_may_retry(&x->diagnosis) ? "true" : "false");
    begin_cell(&row);
    if (has_cause)
        buf_addf(out, "%.2f", (double)x->diagnosis.confidence);
    cell(&row, has_cause ? x->diagnosis.rule : none);
    buf_add_str(out, "\r\n");
}
