#include "base/utf16.h"
#include "guide/inside.h"
#include "mail/bounce_account.h"
#include "reply/scan.h"

enum {
    ITEM_MAX = 64 * 1024, /* bytes of one reply; the rest of a longer one is not read */
    ITEM_ARENA_MAX = 4 * ITEM_MAX,
    MAIL_ARENA_MAX = 4 * GUIDE_MAIL_MAX,
    SOURCE_MAX = 8 * 1024,
};

void guide_reader_init(struct guide_reader *r, const struct mem *mem,
                       const struct guide_listener *listener, void *ctx,
                       const struct rule_tables *rules)
{
    *r = (struct guide_reader){.mem = mem, .listener = listener, .ctx = ctx, .rules = rules};
    arena_init(&r->mail, mem, MAIL_ARENA_MAX);
    arena_init(&r->item, mem, ITEM_ARENA_MAX);
    buf_init(&r->text, mem, GUIDE_MAIL_MAX);
    buf_init(&r->source, mem, SOURCE_MAX);
}

void guide_reader_free(struct guide_reader *r)
{
    arena_reset(&r->mail);
    arena_reset(&r->item);
    buf_free(&r->text);
    buf_free(&r->source);
}

bool guide_no_memory(struct guide_reader *r)
{
    r->is_out_of_memory = true;
    return false;
}

bool guide_more(struct guide_reader *r, bool *stopped_r)
{
    *stopped_r = r->listener->pause && !r->listener->pause(r->ctx);
    return !*stopped_r && r->in.more(r->in.ctx, &r->in.rest);
}

void guide_name_source(struct guide_reader *r, const char *name, size_t number)
{
    buf_clear(&r->source);
    buf_add_str(&r->source, name);
    if (number) {
        buf_add_char(&r->source, ':');
        buf_add_u64(&r->source, number);
    }
}

static bool tell_reply(struct guide_reader *r, struct explained *x)
{
    if (x->in.stage == STAGE_NONE)
        x->in.stage = r->stage;
    diagnose_with(r->rules, &x->in, &x->diagnosis);
    if (!explain_with(r->rules, &x->diagnosis, &x->in, &r->item, &x->explanation))
        return guide_no_memory(r);
    return r->listener->item(r->ctx, x);
}

static bool explain_reply(struct guide_reader *r, const struct guide_task *t)
{
    struct explained x = {.source = t->source, .line = t->line, .time = EXPLAINED_NO_TIME};
    struct bounce b = {.count = 0};
    struct slice text = t->text;
    arena_rewind(&r->item);
    arena_rewind(&r->mail);
    if (!guide_begins_reply(text) && bounce_is_account(text)) {
        text = bounce_account_words(text, &r->mail);
        if (!bounce_read_account(text, &r->mail, &b))
            return guide_no_memory(r);
    }
    if (b.count == 0) {
        reply_scan(text, &r->item, &x.in);
        return tell_reply(r, &x);
    }
    for (size_t i = 0; i < b.count; i++) {
        arena_rewind(&r->item);
        x.recipient = &b.recipients[i];
        x.in = b.recipients[i].in;
        if (!tell_reply(r, &x))
            return false;
    }
    return true;
}

static bool found_reply(struct guide_reader *r, struct slice text, size_t line)
{
    struct guide_task task = {.kind = TASK_REPLY,
                              .source = buf_slice(&r->source),
                              .line = line,
                              .text = slice_head(slice_trim(text), ITEM_MAX)};
    return task.text.len == 0 || guide_found(r, &task);
}

bool guide_read_text(struct guide_reader *r, struct slice text)
{
    guide_name_source(r, "argument", 0);
    size_t events = 0;
    enum log_format format = log_recognise(text);
    bool good = format <= LOG_SYSLOG || guide_read_log_text(r, format, text, &events);
    return good && (events > 0 || found_reply(r, text, 0));
}

/* A line of a reply that more lines follow: `550-…`. */
static bool goes_on(struct slice line)
{
    return line.len > 3 && ascii_is_digit(line.at[0]) && ascii_is_digit(line.at[1]) &&
           ascii_is_digit(line.at[2]) && line.at[3] == '-';
}

/* One line behind what `text` holds, as far as it fits; false at the end of the input. */
static bool read_line(struct guide_reader *r, bool *stopped_r)
{
    bool any = false;
    *stopped_r = false;
    for (;;) {
        struct slice window = r->in.rest;
        size_t end = slice_find(window, '\n', 0);
        struct slice line = slice_head(window, end);
        any = any || window.len > 0;
        if (r->text.len < ITEM_MAX)
            buf_add(&r->text, slice_head(line, ITEM_MAX - r->text.len));
        r->in.rest = slice_from(window, end == SLICE_NONE ? window.len : end + 1);
        if (end != SLICE_NONE || !guide_more(r, stopped_r))
            return any;
    }
}

static bool read_lines(struct guide_reader *r)
{
    size_t line = 0, first = 1, begin = 0;
    bool good = true, stopped = false;
    buf_clear(&r->text);
    while (good && read_line(r, &stopped)) {
        line++;
        bool continues = goes_on(slice_from(buf_slice(&r->text), begin)) && r->text.len < ITEM_MAX;
        if (continues) {
            buf_add_char(&r->text, '\n');
            begin = r->text.len;
            continue;
        }
        good = found_reply(r, buf_slice(&r->text), first);
        buf_clear(&r->text);
        begin = 0;
        first = line + 1;
    }
    return good && found_reply(r, buf_slice(&r->text), first) && !stopped;
}

static bool read_account(struct guide_reader *r)
{
    bool stopped = false;
    while (r->in.rest.len < ITEM_MAX && guide_more(r, &stopped))
        continue;
    return !stopped && found_reply(r, r->in.rest, 1);
}

bool guide_explain(struct guide_reader *r, const struct guide_task *task)
{
    static bool (*const explainers[])(struct guide_reader * r, const struct guide_task *t) = {
        [TASK_REPLY] = explain_reply,
        [TASK_MAIL] = guide_explain_mail,
        [TASK_EVENT] = guide_explain_event};
    return explainers[task->kind](r, task);
}

bool guide_found(struct guide_reader *r, const struct guide_task *task)
{
    enum guide_offer offer = r->listener->offer ? r->listener->offer(r->ctx, task) : OFFER_REFUSED;
    return offer == OFFER_REFUSED ? guide_explain(r, task) : offer == OFFER_TAKEN;
}

/* Reads ahead only as long as it may be a mail, so replies that come one by one are not held back.
 */
static enum guide_kind recognise(struct guide_reader *r, enum log_format *format_r, bool *stopped_r)
{
    enum guide_kind kind = guide_recognise(r->in.rest, format_r);
    while (kind == GUIDE_UNSURE && guide_more(r, stopped_r))
        kind = guide_recognise(r->in.rest, format_r);
    return kind;
}

bool guide_read(struct guide_reader *r, const char *name, const struct guide_input *in)
{
    enum log_format format = LOG_NONE;
    bool stopped = false;
    r->in = *in;
    guide_name_source(r, name, 0);
    switch (recognise(r, &format, &stopped)) {
    case GUIDE_MAIL:
        return guide_read_mail(r);
    case GUIDE_MBOX:
        return guide_read_mbox(r, name);
    case GUIDE_LOG:
        return guide_read_log(r, format);
    case GUIDE_ACCOUNT:
        return read_account(r);
    case GUIDE_UNSURE:
    case GUIDE_LINES:
        break;
    }
    return !stopped && read_lines(r);
}

static bool no_more(void *ctx, struct slice *rest)
{
    return (void)ctx, (void)rest, false;
}

bool guide_read_whole(struct guide_reader *r, const char *name, struct slice text)
{
    struct guide_input in = {.rest = text, .more = no_more};
    struct utf16 utf16;
    struct buf plain;
    buf_init(&plain, r->mem, 2 * text.len + 1);
    if (utf16_begins(text, &utf16)) {
        utf16_add(&plain, utf16, text);
        in.rest = buf_slice(&plain);
    }
    r->is_out_of_memory = r->is_out_of_memory || plain.failed;
    bool done = !plain.failed && guide_read(r, name, &in);
    buf_free(&plain);
    return done;
}
