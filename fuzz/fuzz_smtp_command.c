/* Command lines: each is answered once, in whatever pieces it comes; a line that is answered before
 * its end is not answered again. */
#include "smtp/server/server_session.h"
#include "system/heap.h"

static const struct smtp_server_options options = {
    .hostname = SLICE_INIT("mx.example.org"),
    .size_max = 1000,
    .recipients_max = 3,
    .command_timeout = 1000,
    .data_timeout = 1000,
};

static const enum situation verdicts[] = {
    [SMTP_EVENT_CONNECT] = SITUATION_GREETING,  [SMTP_EVENT_MAIL] = SITUATION_MAIL_OK,
    [SMTP_EVENT_RCPT] = SITUATION_RCPT_OK,      [SMTP_EVENT_DATA] = SITUATION_SPOOL_FULL,
    [SMTP_EVENT_HELP] = SITUATION_HELP_UNKNOWN, [SMTP_EVENT_VRFY] = SITUATION_VRFY,
    [SMTP_EVENT_EXPN] = SITUATION_EXPN,
};

/* One session; content never comes, for DATA is always refused. */
struct run {
    struct smtp_server *s;
    size_t replies;
    bool closed;
};

/* Last lines of replies. */
static size_t count_replies(struct slice out)
{
    struct slice line;
    size_t count = 0;
    while (slice_line(&out, &line)) {
        if (line.len < 4 || (line.at[3] != ' ' && line.at[3] != '-'))
            __builtin_trap();
        count += line.at[3] == ' ';
    }
    return count;
}

static void drain(struct run *r)
{
    struct smtp_event e;
    while (smtp_server_next(r->s, &e)) {
        r->closed |= e.kind == SMTP_EVENT_CLOSE;
        if (!e.ticket)
            continue;
        if (e.kind == SMTP_EVENT_END_OF_DATA)
            __builtin_trap();
        struct reply reply = reply_plain(verdicts[e.kind]);
        smtp_server_answer(r->s, e.ticket, &reply);
    }
    struct slice out = smtp_server_output(r->s);
    r->replies += count_replies(out);
    smtp_server_sent(r->s, out.len);
}

static size_t run_in_pieces(struct slice in, size_t piece, bool *closed_r)
{
    struct run r = {.s = smtp_server_new(&heap, &options, 0)};
    if (!r.s)
        return 0;
    drain(&r);
    r.replies = 0;
    while (in.len) {
        size_t used = smtp_server_feed(r.s, slice_head(in, piece), 0);
        drain(&r);
        if (used == 0)
            __builtin_trap();
        in = slice_from(in, used);
    }
    *closed_r = r.closed;
    smtp_server_free(&r.s);
    return r.replies;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    bool closed = false, closed_again = false;
    size_t lines = 0, at = 0;
    while ((at = slice_find_slice(in, SLICE("\r\n"), at)) != SLICE_NONE) {
        lines++;
        at += 2;
    }
    size_t replies = run_in_pieces(in, SIZE_MAX, &closed);
    if (replies != run_in_pieces(in, 1, &closed_again) || closed != closed_again)
        __builtin_trap();
    /* One more may answer an unfinished line; after the end there are none. */
    if (!closed && replies != lines && replies != lines + 1)
        __builtin_trap();
    return 0;
}
