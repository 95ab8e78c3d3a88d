#include "cli/explain_read.h"

#include "mail/date.h"
#include "mail/header.h"
#include "mail/mbox.h"
#include "mail/mime.h"
#include "reply/scan.h"
#include "system/heap.h"

enum {
    ITEM_MAX = 64 * 1024, /* bytes of one reply; the rest of a longer one is not read */
    ITEM_ARENA_MAX = 4 * ITEM_MAX,
    MAIL_MAX = 64 * 1024 * 1024, /* bytes of one mail; the rest of a larger one is not read */
    MAIL_ARENA_MAX = 4 * MAIL_MAX,
    WINDOW_MAX = MAIL_MAX + 1024 * 1024,
    SOURCE_MAX = 8 * 1024,
    /* Bytes and lines that are looked at to tell a mail from replies. */
    HEAD_MAX = 64 * 1024,
    HEAD_LINES_MAX = 64,
};

void explain_reader_init(struct explain_reader *r, const struct explain_listener *listener,
                         void *ctx, const struct rule_tables *rules)
{
    *r = (struct explain_reader){.listener = listener, .ctx = ctx, .rules = rules};
    explain_input_init(&r->in, WINDOW_MAX);
    arena_init(&r->mail, &heap, MAIL_ARENA_MAX);
    arena_init(&r->item, &heap, ITEM_ARENA_MAX);
    buf_init(&r->text, &heap, MAIL_MAX);
    buf_init(&r->source, &heap, SOURCE_MAX);
}

void explain_reader_free(struct explain_reader *r)
{
    explain_input_free(&r->in);
    arena_reset(&r->mail);
    arena_reset(&r->item);
    buf_free(&r->text);
    buf_free(&r->source);
}

static bool no_memory(struct explain_reader *r)
{
    r->is_out_of_memory = true;
    return false;
}

bool explain_reader_more(struct explain_reader *r, bool *stopped_r)
{
    *stopped_r = !r->listener->pause(r->ctx);
    return !*stopped_r && explain_input_more(&r->in);
}

/* The name of the source, and of the mail in it that has this number; 0: it has none. */
static void name_source(struct explain_reader *r, const char *name, size_t number)
{
    buf_clear(&r->source);
    buf_add_str(&r->source, name);
    if (number) {
        buf_add_char(&r->source, ':');
        buf_add_u64(&r->source, number);
    }
}

static bool explain_reply(struct explain_reader *r, const struct explain_task *t)
{
    struct explained x = {.source = t->source, .line = t->line, .time = EXPLAINED_NO_TIME};
    arena_rewind(&r->item);
    reply_scan(t->text, &r->item, &x.in);
    if (x.in.stage == STAGE_NONE)
        x.in.stage = r->stage;
    diagnose_with(r->rules, &x.in, &x.diagnosis);
    if (!explain(&x.diagnosis, &x.in, &r->item, &x.explanation))
        return no_memory(r);
    return r->listener->item(r->ctx, &x);
}

static bool found_reply(struct explain_reader *r, struct slice text, size_t line)
{
    struct explain_task task = {.kind = TASK_REPLY,
                                .source = buf_slice(&r->source),
                                .line = line,
                                .text = slice_head(slice_trim(text), ITEM_MAX)};
    return task.text.len == 0 || explain_reader_found(r, &task);
}

bool explain_read_text(struct explain_reader *r, struct slice text)
{
    name_source(r, "argument", 0);
    size_t events = 0;
    enum log_format format = log_recognise(text);
    bool good = format <= LOG_SYSLOG || explain_log_text(r, format, text, &events);
    return good && (events > 0 || found_reply(r, text, 0));
}

/* A line of a reply that more lines follow: `550-…`. */
static bool goes_on(struct slice line)
{
    return line.len > 3 && ascii_is_digit(line.at[0]) && ascii_is_digit(line.at[1]) &&
           ascii_is_digit(line.at[2]) && line.at[3] == '-';
}

/* One line behind what `text` holds, as far as it fits; false at the end of the input. */
static bool read_line(struct explain_reader *r, bool *stopped_r)
{
    bool any = false;
    *stopped_r = false;
    for (;;) {
        struct slice window = explain_input_window(&r->in);
        size_t end = slice_find(window, '\n', 0);
        struct slice line = slice_head(window, end);
        any = any || window.len > 0;
        if (r->text.len < ITEM_MAX)
            buf_add(&r->text, slice_head(line, ITEM_MAX - r->text.len));
        explain_input_take(&r->in, end == SLICE_NONE ? window.len : end + 1);
        if (end != SLICE_NONE || !explain_reader_more(r, stopped_r))
            return any;
    }
}

static bool read_lines(struct explain_reader *r)
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

static bool explain_recipient(struct explain_reader *r, struct explained *x)
{
    arena_rewind(&r->item);
    x->in = x->recipient->in;
    diagnose_with(r->rules, &x->in, &x->diagnosis);
    if (x->recipient->kind == BOUNCE_SUCCESS)
        explain_success(x);
    else if (!explain(&x->diagnosis, &x->in, &r->item, &x->explanation))
        return no_memory(r);
    return r->listener->item(r->ctx, x);
}

/* When the report was written, if it says so. */
static int64_t date_of(struct slice mail)
{
    enum { DATE_BYTES = 256 };
    char storage[DATE_BYTES];
    struct slice body;
    struct buf date;
    struct err ignored = {0};
    int64_t time;
    buf_init_fixed(&date, storage, sizeof(storage));
    if (!header_find(mail, SLICE("Date"), &body))
        return EXPLAINED_NO_TIME;
    header_unfold(&date, body);
    return date_parse(buf_slice(&date), &time, NULL, &ignored) ? time : EXPLAINED_NO_TIME;
}

static bool explain_mail(struct explain_reader *r, const struct explain_task *t)
{
    struct bounce b;
    struct slice mail;
    struct explained x = {.source = t->source, .line = t->line, .bounce = &b};
    bool good = true;
    arena_rewind(&r->mail);
    if (!mime_lines(t->text, &r->mail, &mail) || !bounce_read(mail, &r->mail, &b))
        return no_memory(r);
    x.time = date_of(mail);
    if (b.count == 0) {
        arena_rewind(&r->item);
        reply_scan(SLICE(""), &r->item, &x.in);
        diagnose_with(r->rules, &x.in, &x.diagnosis);
        explain_no_report(&x);
        return r->listener->item(r->ctx, &x);
    }
    for (size_t i = 0; i < b.count && good; i++) {
        x.recipient = &b.recipients[i];
        good = explain_recipient(r, &x);
    }
    return good;
}

bool explain_task(struct explain_reader *r, const struct explain_task *task)
{
    static bool (*const explainers[])(struct explain_reader * r, const struct explain_task *t) = {
        [TASK_REPLY] = explain_reply, [TASK_MAIL] = explain_mail, [TASK_EVENT] = explain_event};
    return explainers[task->kind](r, task);
}

bool explain_reader_found(struct explain_reader *r, const struct explain_task *task)
{
    enum explain_offer offer =
        r->listener->offer ? r->listener->offer(r->ctx, task) : OFFER_REFUSED;
    return offer == OFFER_REFUSED ? explain_task(r, task) : offer == OFFER_TAKEN;
}

static bool found_mail(struct explain_reader *r, struct slice mail, size_t line)
{
    struct explain_task task = {
        .kind = TASK_MAIL, .source = buf_slice(&r->source), .line = line, .text = mail};
    return explain_reader_found(r, &task);
}

static bool read_mail(struct explain_reader *r)
{
    explain_input_all(&r->in);
    return found_mail(r, slice_head(explain_input_window(&r->in), MAIL_MAX), 0);
}

static bool found_mail_of_mbox(struct explain_reader *r, const struct mbox_mail *m)
{
    struct slice mail = m->text;
    if (slice_find_slice(mail, SLICE(">From "), 0) != SLICE_NONE) {
        buf_clear(&r->text);
        mbox_unquote(&r->text, mail);
        mail = buf_slice(&r->text);
    }
    return found_mail(r, mail, m->line);
}

static bool read_mbox(struct explain_reader *r, const char *name)
{
    struct mbox mbox;
    struct mbox_mail mail;
    size_t number = 0;
    bool is_last = false, stopped = false;
    mbox_init(&mbox, MAIL_MAX);
    for (;;) {
        struct slice window = explain_input_window(&r->in);
        size_t before = window.len;
        enum mbox_found found = mbox_next(&mbox, &window, is_last, &mail);
        explain_input_take(&r->in, before - window.len);
        if (found == MBOX_END)
            return true;
        if (found == MBOX_MORE) {
            is_last = !explain_reader_more(r, &stopped);
            if (stopped)
                return false;
            continue;
        }
        name_source(r, name, ++number);
        if (!found_mail_of_mbox(r, &mail))
            return false;
    }
}

/* Takes a line with its end; CR, LF and both end one. False: its end is not there. */
static bool take_line(struct slice *rest, struct slice *line_r)
{
    size_t end = 0;
    while (end < rest->len && rest->at[end] != '\n' && rest->at[end] != '\r')
        end++;
    if (end == rest->len)
        return false;
    *line_r = slice_head(*rest, end + 1);
    bool is_pair = rest->at[end] == '\r' && end + 1 < rest->len && rest->at[end + 1] == '\n';
    *rest = slice_from(*rest, end + 1 + is_pair);
    return true;
}

/* Whether all lines so far look like fields of a header. */
static bool may_be_mail(struct slice head)
{
    struct slice line;
    struct header_field field;
    for (size_t i = 0; take_line(&head, &line); i++) {
        bool is_fold = i > 0 && (line.at[0] == ' ' || line.at[0] == '\t');
        bool is_separator = i == 0 && slice_starts(line, SLICE("From "));
        bool is_blank = line.len == 1;
        if (i >= HEAD_LINES_MAX ||
            !(is_fold || is_separator || is_blank || header_next(&line, &field)))
            return false;
    }
    return true;
}

enum source_kind { SOURCE_LINES, SOURCE_MAIL, SOURCE_MBOX, SOURCE_LOG, SOURCE_STOPPED };

/* Reads ahead only as long as the lines look like fields of a header, so replies that come one by
 * one are not held back. */
static enum source_kind recognise(struct explain_reader *r, enum log_format *format_r)
{
    bool stopped = false;
    do {
        struct slice head = explain_input_window(&r->in);
        if (mbox_begins(head))
            return SOURCE_MBOX;
        if (bounce_begins_mail(head))
            return SOURCE_MAIL;
        *format_r = log_recognise(head);
        if (*format_r != LOG_NONE)
            return SOURCE_LOG;
        if (head.len > HEAD_MAX || !may_be_mail(head))
            return SOURCE_LINES;
    } while (explain_reader_more(r, &stopped));
    return stopped ? SOURCE_STOPPED : SOURCE_LINES;
}

bool explain_read_file(struct explain_reader *r, const char *name, int fd)
{
    explain_input_open(&r->in, fd);
    name_source(r, name, 0);
    enum log_format format = LOG_NONE;
    switch (recognise(r, &format)) {
    case SOURCE_LINES:
        return read_lines(r);
    case SOURCE_MAIL:
        return read_mail(r);
    case SOURCE_MBOX:
        return read_mbox(r, name);
    case SOURCE_LOG:
        return explain_read_log(r, format);
    case SOURCE_STOPPED:
        break;
    }
    return false;
}
