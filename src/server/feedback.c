/* What comes back about tracked mail (VERP): bounces, and complaints of readers (RFC 5965). The
 * guide reads it, and who is gone or wants no more is put on the suppression list. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/bounce.h"
#include "mail/xtext.h"
#include "server/scheduler.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    READ_MOST = 1024 * 1024, /* bytes of a mail: reports stand at its front */
    ARENA_MOST = 16 * 1024 * 1024,
    REASON_MOST = SUPPRESSION_REASON_MAX
};

struct feedback {
    struct task task;
    struct scheduler *scheduler;
    struct snapshot *snapshot;
    struct spool_content *content;
    spool_id id;
    /* what was found; `whom` is at first what the envelope says, if anything */
    char whom[ADDRESS_MAX + 1], reason[REASON_MOST];
    struct buf whom_text, reason_text;
    bool is_found;
    enum suppression_source source;
    enum cause cause;
};

static bool is_tracked(const struct snapshot *n, struct slice address, struct buf *whom)
{
    buf_clear(whom);
    return reverse_path_read(&n->reverse, address, clock_unix_ms(), whom) == REVERSE_PATH_TRACKED &&
           !whom->failed;
}

/* In one line, as the list wants it. */
static void write_reason(struct buf *out, const struct reply *r)
{
    struct slice rest = r->text, word;
    if (r->code)
        buf_addf(out, "%u ", r->code);
    if (r->enhanced.class) {
        enhanced_write(out, r->enhanced);
        buf_add_char(out, ' ');
    }
    while (slice_word(&rest, &word) && out->len + word.len + 1 < REASON_MOST) {
        utf8_add_harmless(out, word);
        buf_add_char(out, ' ');
    }
    while (out->len && out->at[out->len - 1] == ' ')
        out->len--;
}

/* The same function that decides for replies: greylisting in a bounce suppresses nobody either. */
static bool is_gone(struct feedback *f, const struct bounce *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct bounce_recipient *r = &b->recipients[i];
        struct decision d;
        struct outcome o = {.stage = r->in.stage, .reply = r->in.reply, .host = r->in.remote};
        if (r->kind != BOUNCE_FAILURE)
            continue;
        decide(&(struct decide_input){.outcome = &o, .rules = f->scheduler->rules}, &d);
        if (!verdict_suppresses(d.verdict))
            continue;
        f->cause = d.diagnosis.cause;
        write_reason(&f->reason_text, &r->in.reply);
        return true;
    }
    return false;
}

/* The address of ours that stands around the mark `+v=`. */
static struct slice address_around(struct slice text, size_t mark)
{
    static const struct slice ends = SLICE_INIT("<>:;,\"()");
    size_t from = mark, to = mark;
    while (from > 0 && !ascii_is_space(text.at[from - 1]) &&
           slice_find(ends, text.at[from - 1], 0) == SLICE_NONE)
        from--;
    while (to < text.len && !ascii_is_space(text.at[to]) &&
           slice_find(ends, text.at[to], 0) == SLICE_NONE)
        to++;
    return slice_of(text.at + from, to - from);
}

/* Whom a complaint is about: it has the address that we sent with, in Original-Mail-From or in what
 * it returns (RFC 5965 3.2); its signature tells that it is no invention. */
static bool finds_tracked(struct feedback *f, struct slice mail)
{
    for (size_t at = 0; (at = slice_ifind_slice(mail, SLICE("+v="), at)) != SLICE_NONE; at++)
        if (is_tracked(f->snapshot, address_around(mail, at), &f->whom_text))
            return true;
    return false;
}

static void judge(struct feedback *f, struct slice mail)
{
    struct arena arena;
    struct bounce b;
    arena_init(&arena, &heap, ARENA_MOST);
    bool is_read = bounce_read(mail, &arena, &b);
    if (is_read && b.kind == BOUNCE_COMPLAINT) {
        f->source = SUPPRESSED_BY_COMPLAINT;
        f->is_found = f->whom_text.len > 0 || finds_tracked(f, mail);
        buf_add_str(&f->reason_text, "a reader called it unwanted");
    } else if (is_read && f->whom_text.len > 0) {
        f->source = SUPPRESSED_BY_BOUNCE;
        f->is_found = is_gone(f, &b);
    }
    arena_reset(&arena);
}

static void free_feedback(struct feedback *f)
{
    f->scheduler->spool->ops->drop(f->content);
    snapshot_drop(f->snapshot);
    free(f);
}

static void on_read(struct task *task)
{
    struct feedback *f = LIST_ITEM(task, struct feedback, task);
    struct scheduler *s = f->scheduler;
    int64_t now = clock_unix_ms();
    s->reading--;
    if (f->is_found) {
        char id[SPOOL_ID_TEXT + 1];
        spool_id_write(f->id, id);
        const struct suppression entry = {.address = buf_slice(&f->whom_text),
                                          .since = now,
                                          .until = now + s->suppress_for,
                                          .source = f->source,
                                          .cause = f->cause,
                                          .reason = buf_slice(&f->reason_text)};
        bool is_listed = suppressions_put(s->suppressions, &entry);
        LOG(s->log, is_listed ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
            is_listed ? "suppressed" : "suppression-failed", {"id", slice_str(id)},
            {"recipient", entry.address},
            {"source", slice_str(suppression_source_name(entry.source))}, {"reason", entry.reason});
    }
    free_feedback(f);
    scheduler_check_drained(s);
}

/* On a worker's thread. */
static void read_it(struct task *task)
{
    struct feedback *f = LIST_ITEM(task, struct feedback, task);
    struct spool *spool = f->scheduler->spool;
    struct buf mail;
    struct slice bytes;
    buf_init(&mail, &heap, READ_MOST);
    while (mail.len < READ_MOST && spool->ops->read(f->content, mail.len, &bytes) == ERR_OK)
        buf_add(&mail, slice_head(bytes, READ_MOST - mail.len));
    judge(f, buf_slice(&mail));
    buf_free(&mail);
    f->task.run = on_read;
    loop_post(f->scheduler->loop, &f->task);
}

/* Whether the mail goes to where complaints are sent to. */
static bool is_for_complaints(const struct scheduler *s, struct slice address)
{
    const struct conf_names *names = &s->snapshot->config->reverse_path.complaints;
    size_t at = slice_rfind(address, '@');
    struct address a = {.domain = slice_from(address, at == SLICE_NONE ? address.len : at + 1)};
    for (size_t i = 0; i < names->count; i++)
        if (slice_ieq(names->at[i], slice_head(address, at)))
            return access_local_domain(&s->snapshot->places.access, &a) != NULL;
    return false;
}

/* The address that was named at RCPT: an alias has become another one. */
static struct slice named(const struct recipient *r, struct buf *out)
{
    buf_clear(out);
    if (!slice_istarts(r->original, SLICE("rfc822;")))
        return r->address;
    xtext_read(out, slice_from(r->original, SLICE("rfc822;").len));
    return buf_slice(out);
}

static bool is_feedback(struct feedback *f, const struct envelope *e)
{
    char storage[ADDRESS_MAX + 1];
    struct buf name;
    bool is_wanted = false;
    buf_init_fixed(&name, storage, sizeof(storage));
    for (size_t i = 0; i < e->count; i++) {
        const struct recipient *r = &e->recipients[i];
        if (is_tracked(f->snapshot, r->address, &f->whom_text) ||
            is_tracked(f->snapshot, named(r, &name), &f->whom_text))
            return true;
        is_wanted = is_wanted || is_for_complaints(f->scheduler, r->address) ||
                    is_for_complaints(f->scheduler, named(r, &name));
    }
    buf_clear(&f->whom_text);
    return is_wanted;
}

void feedback_read(struct scheduler *s, spool_id id, const struct envelope *e,
                   struct spool_content *content)
{
    if (s->suppress_for == 0 || s->snapshot->reverse.secret.len == 0)
        return;
    struct feedback *f = calloc(1, sizeof(*f));
    if (!f)
        return; /* the next bounce tells it again */
    *f = (struct feedback){
        .task.run = read_it, .scheduler = s, .snapshot = snapshot_hold(s->snapshot), .id = id};
    buf_init_fixed(&f->whom_text, f->whom, sizeof(f->whom));
    buf_init_fixed(&f->reason_text, f->reason, sizeof(f->reason));
    bool is_wanted = is_feedback(f, e);
    if (is_wanted && content) {
        s->spool->ops->hold(content);
        f->content = content;
    } else if (is_wanted && s->spool->ops->open(s->spool, id, &f->content) != ERR_OK) {
        is_wanted = false;
    }
    if (is_wanted) {
        s->reading++;
        workers_post(s->workers, &f->task);
        return;
    }
    snapshot_drop(f->snapshot);
    free(f);
}
