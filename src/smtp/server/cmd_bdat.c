/* BDAT (RFC 3030 2): content in chunks of a declared size, with no dots and no end but LAST.
 * Without BODY=BINARYMIME it is text all the same: a bare CR or LF is refused, so that it can't
 * become something else on its way to a server that is given it with DATA. With it that holds for
 * the header; such a message goes on to who takes it by BDAT, and to nobody else. The octets of a
 * chunk that is refused are skipped, never read as commands. */
#include "smtp/server/command.h"

static bool take_arguments(struct smtp_server *s, struct slice args, uint64_t *size_r, bool *last_r)
{
    struct slice size, last;
    *size_r = 0;
    bool is_good = slice_word(&args, &size) && slice_u64(size, size_r);
    *last_r = is_good && slice_word(&args, &last) && slice_ieq(last, SLICE("LAST"));
    is_good = is_good && slice_trim(args).len == 0 && (*last_r || last.len == 0);
    if (!is_good) {
        s->skip_left = *size_r;
        session_reply_plain(s, s->state == STATE_REFUSED ? SITUATION_ONLY_QUIT
                                                         : SITUATION_BDAT_SYNTAX);
    }
    return is_good;
}

static enum situation wrong_order(const struct smtp_server *s)
{
    switch (s->state) {
    case STATE_REFUSED:
        return SITUATION_ONLY_QUIT;
    case STATE_START:
        return SITUATION_HELO_FIRST;
    case STATE_MAIL:
        return s->tried_rcpt ? SITUATION_DATA_NO_VALID_RCPT : SITUATION_DATA_FIRST_RCPT;
    default:
        return SITUATION_BDAT_FIRST_MAIL;
    }
}

/* The transaction ends here; what content there was is forgotten. */
static void refuse_size(struct smtp_server *s)
{
    char most[NUMBER_TEXT];
    session_reset(s);
    SESSION_REPLY(s, SITUATION_TOO_LARGE, session_number(most, s->options->size_max));
}

void cmd_bdat(struct smtp_server *s, const struct command *c, struct slice args)
{
    uint64_t size, max = s->options->size_max;
    bool is_last;
    (void)c;
    if (!take_arguments(s, args, &size, &is_last))
        return;
    bool is_first = s->state == STATE_RCPT;
    uint64_t so_far = is_first ? 0 : s->content.size;
    if (!is_first && s->state != STATE_CHUNKS) {
        s->skip_left = size;
        session_reply_plain(s, wrong_order(s));
    } else if (max && (size > max || so_far > max - size)) {
        s->skip_left = size;
        refuse_size(s);
    } else {
        s->chunk_left = s->chunk_size = size;
        s->is_last_chunk = is_last;
        if (is_first)
            data_begin(s, true);
        else
            session_set_state(s, STATE_CHUNK);
    }
}

void chunk_end(struct smtp_server *s)
{
    char size[NUMBER_TEXT], so_far[NUMBER_TEXT];
    bool was_good = !s->content.flaws;
    if (s->is_last_chunk)
        content_end(&s->content);
    if (was_good && s->content.flaws)
        s->told |= TOLD_ABORT;
    if (s->is_last_chunk || s->content.flaws) {
        data_end(s);
        return;
    }
    session_set_state(s, STATE_CHUNKS);
    SESSION_REPLY(s, SITUATION_BDAT_OK, session_number(size, s->chunk_size),
                  session_number(so_far, s->content.size));
    session_stop_if_idle(s);
}

size_t chunk_take(struct smtp_server *s, struct slice in)
{
    if (s->chunk_left == 0)
        return 0;
    size_t most = s->chunk_left < in.len ? (size_t)s->chunk_left : in.len;
    size_t used = data_take(s, slice_head(in, most));
    s->chunk_left -= used;
    return used;
}
