/* Command lines: only CR LF ends one (RFC 5321 2.3.8). A line with a bare CR or LF, or one that is
 * too long, is answered as soon as that is seen, so that a person who types LF at least learns why
 * nothing works, and then skipped to its CR LF: what a lax server would take for a second command
 * is never one here. */
#include "smtp/server/session.h"

/* Without an end for so long, it is no mail client. */
enum { DISCARD_MAX = 64 * 1024 };

void line_release(struct line *line)
{
    if (!line->is_used)
        return;
    if (line->partial.at) /* it may have been a login */
        explicit_bzero(line->partial.at, line->partial.size);
    buf_free(&line->partial);
    line->is_used = false;
}

static void discard_rest(struct smtp_server *s)
{
    s->line.discarding = true;
    s->line.after_cr = false;
    s->line.discarded = s->line.partial.len;
    buf_free(&s->line.partial);
}

/* Answers a line that is none; its rest is skipped. A login that it was part of has failed (RFC
 * 4954 4). */
static void refuse(struct smtp_server *s, enum situation id, const char *arg)
{
    discard_rest(s);
    if (s->state == STATE_REFUSED) {
        session_reply_plain(s, SITUATION_ONLY_QUIT);
        return;
    }
    if (s->state == STATE_AUTH)
        session_set_state(s, STATE_READY);
    SESSION_REPLY(s, id, slice_str(arg));
}

/* Skips to behind the next CR LF. */
static size_t discard(struct smtp_server *s, struct slice in)
{
    struct line *line = &s->line;
    bool is_end = false;
    size_t used = 0;
    while (used < in.len && !is_end) {
        size_t lf = slice_find(in, '\n', used);
        size_t next = lf == SLICE_NONE ? in.len : lf + 1;
        bool after_cr = lf == used || lf == SLICE_NONE ? line->after_cr : in.at[lf - 1] == '\r';
        is_end = lf != SLICE_NONE && after_cr;
        line->after_cr = in.at[next - 1] == '\r';
        line->discarded += next - used;
        used = next;
    }
    line->discarding = !is_end;
    if (line->discarded > DISCARD_MAX)
        session_say_last(s, SITUATION_COMMAND_ENDLESS, &SLICE("65536"), 1);
    return used;
}
_Static_assert(DISCARD_MAX == 65536, "the reply above names it");

/* Keeps the piece of a line that has not ended yet. */
static size_t keep(struct smtp_server *s, struct slice in)
{
    buf_add(&s->line.partial, in);
    if (s->line.partial.failed)
        session_say_last(s, SITUATION_LOCAL_FAILURE, &s->options->hostname, 1);
    return in.len;
}

/* The line is whole: `text` is its end, behind what is kept. */
static size_t run(struct smtp_server *s, struct slice text, size_t used)
{
    struct buf *partial = &s->line.partial;
    size_t kept = partial->len;
    struct slice line = text;
    if (kept) {
        keep(s, text);
        line = buf_slice(partial);
    }
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    if (s->state == STATE_CLOSED)
        return used;
    if (!command_run(s, line)) {
        partial->len = kept;
        return 0;
    }
    s->line.is_used = true;
    s->is_flowing = false;
    s->since = s->now;
    return used;
}

/* Behind a kept CR. */
static size_t take_after_cr(struct smtp_server *s, struct slice in)
{
    if (in.at[0] == '\n')
        return run(s, slice_head(in, 0), 1);
    refuse(s, SITUATION_COMMAND_BARE_LINE_END, "CR");
    return discard(s, in);
}

/* A login alone may be longer than other lines, where it is taken: tokens are (RFC 4954 4). */
static bool is_of_login(const struct smtp_server *s, struct slice in)
{
    char verb[5];
    struct buf begin;
    if (s->state == STATE_AUTH)
        return true;
    buf_init_fixed(&begin, verb, sizeof(verb));
    buf_add(&begin, slice_head(buf_slice(&s->line.partial), sizeof(verb)));
    buf_add(&begin, slice_head(in, sizeof(verb) - begin.len));
    return s->is_secure && slice_ieq(buf_slice(&begin), SLICE("AUTH "));
}

/* So many bytes without CR LF: false when they are too many, and that was said. */
static bool has_room(struct smtp_server *s, struct slice in, size_t len)
{
    _Static_assert(LINE_MAX_PARAMETERS == 2048 && LINE_MAX_AUTH == 12288, "the replies name them");
    if (len <= LINE_MAX_PARAMETERS - 2)
        return true;
    if (!is_of_login(s, in))
        refuse(s, SITUATION_COMMAND_TOO_LONG, "2048");
    else if (len > LINE_MAX_AUTH - 2)
        refuse(s, SITUATION_AUTH_TOO_LONG, "12288");
    else
        return true;
    return false;
}

size_t line_take(struct smtp_server *s, struct slice in)
{
    struct buf *partial = &s->line.partial;
    if (s->line.is_used)
        line_release(&s->line);
    if (s->line.discarding)
        return discard(s, in);
    if (partial->len && partial->at[partial->len - 1] == '\r')
        return take_after_cr(s, in);
    size_t lf = slice_find(in, '\n', 0);
    size_t cr = slice_find(slice_head(in, lf), '\r', 0);
    size_t text = cr != SLICE_NONE ? cr : lf != SLICE_NONE ? lf : in.len;
    if (!has_room(s, in, partial->len + text))
        return discard(s, in);
    if (cr != SLICE_NONE && cr + 1 == in.len)
        return keep(s, in);
    if (cr != SLICE_NONE && cr + 1 != lf) {
        refuse(s, SITUATION_COMMAND_BARE_LINE_END, "CR");
        return discard(s, in);
    }
    if (cr != SLICE_NONE)
        return run(s, slice_head(in, cr), lf + 1);
    if (lf == SLICE_NONE)
        return keep(s, in);
    refuse(s, SITUATION_COMMAND_BARE_LINE_END, "LF");
    return discard(s, in);
}
