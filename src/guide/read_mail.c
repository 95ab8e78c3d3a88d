/* A mail, and an mbox of mails: each recipient that a report names is an item. */
#include "guide/inside.h"
#include "mail/bounce_explain.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/mbox.h"
#include "mail/mime.h"
#include "reply/scan.h"

static bool explain_recipient(struct guide_reader *r, struct explained *x)
{
    arena_rewind(&r->item);
    x->in = x->recipient->in;
    diagnose_with(r->rules, &x->in, &x->diagnosis);
    if (x->recipient->kind == BOUNCE_SUCCESS)
        x->explanation = bounce_explanation_success;
    else if (!explain_with(r->rules, &x->diagnosis, &x->in, &r->item, &x->explanation))
        return guide_no_memory(r);
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

bool guide_explain_mail(struct guide_reader *r, const struct guide_task *t)
{
    struct bounce b;
    struct slice mail;
    struct explained x = {.source = t->source, .line = t->line, .bounce = &b};
    bool good = true;
    arena_rewind(&r->mail);
    if (!mime_lines(t->text, &r->mail, &mail) || !bounce_read(mail, &r->mail, &b))
        return guide_no_memory(r);
    x.time = date_of(mail);
    if (b.count == 0) {
        arena_rewind(&r->item);
        reply_scan(SLICE(""), &r->item, &x.in);
        diagnose_with(r->rules, &x.in, &x.diagnosis);
        x.explanation = bounce_explanation_no_report;
        return r->listener->item(r->ctx, &x);
    }
    for (size_t i = 0; i < b.count && good; i++) {
        x.recipient = &b.recipients[i];
        good = explain_recipient(r, &x);
    }
    return good;
}

static bool found_mail(struct guide_reader *r, struct slice mail, size_t line)
{
    struct guide_task task = {
        .kind = TASK_MAIL, .source = buf_slice(&r->source), .line = line, .text = mail};
    return guide_found(r, &task);
}

bool guide_read_mail(struct guide_reader *r)
{
    while (r->in.more(r->in.ctx, &r->in.rest))
        continue;
    return found_mail(r, slice_head(r->in.rest, GUIDE_MAIL_MAX), 0);
}

static bool found_mail_of_mbox(struct guide_reader *r, const struct mbox_mail *m)
{
    struct slice mail = m->text;
    if (slice_find_slice(mail, SLICE(">From "), 0) != SLICE_NONE) {
        buf_clear(&r->text);
        mbox_unquote(&r->text, mail);
        mail = buf_slice(&r->text);
    }
    return found_mail(r, mail, m->line);
}

bool guide_read_mbox(struct guide_reader *r, const char *name)
{
    struct mbox mbox;
    struct mbox_mail mail;
    size_t number = 0;
    bool is_last = false, stopped = false;
    mbox_init(&mbox, GUIDE_MAIL_MAX);
    for (;;) {
        enum mbox_found found = mbox_next(&mbox, &r->in.rest, is_last, &mail);
        if (found == MBOX_END)
            return true;
        if (found == MBOX_MORE) {
            is_last = !guide_more(r, &stopped);
            if (stopped)
                return false;
            continue;
        }
        guide_name_source(r, name, ++number);
        if (!found_mail_of_mbox(r, &mail))
            return false;
    }
}
