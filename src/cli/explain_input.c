#include "cli/explain_input.h"

#include "mail/bounce.h"
#include "mail/header.h"
#include "system/heap.h"

/* Bytes and lines that are looked at to tell a mail from replies. */
enum { AHEAD_MAX = 64 * 1024, LINES_MAX = 64 };

void explain_input_init(struct explain_input *in, FILE *file)
{
    *in = (struct explain_input){.file = file};
    buf_init(&in->ahead, &heap, AHEAD_MAX);
}

void explain_input_free(struct explain_input *in)
{
    buf_free(&in->ahead);
}

/* One more line into `ahead`, its end included; LF and CR each end one. False at the end of the
 * input, or when it is full. */
static bool look(struct explain_input *in, struct slice *line_r)
{
    size_t begin = in->ahead.len;
    int c = 0;
    while (c != '\n' && c != '\r' && in->ahead.len < AHEAD_MAX) {
        c = getc_unlocked(in->file);
        if (c == EOF)
            break;
        buf_add_char(&in->ahead, (char)c);
    }
    *line_r = slice_from(buf_slice(&in->ahead), begin);
    return line_r->len > 0 && !in->ahead.failed;
}

static bool may_be_header(struct slice line, bool is_first)
{
    struct header_field field;
    bool is_fold = !is_first && (line.at[0] == ' ' || line.at[0] == '\t');
    bool is_line_feed = !is_first && line.at[0] == '\n'; /* of a CR LF */
    return is_fold || is_line_feed || (is_first && slice_starts(line, SLICE("From "))) ||
           header_next(&line, &field);
}

bool explain_input_is_mail(struct explain_input *in)
{
    struct slice line;
    for (size_t i = 0; i < LINES_MAX && look(in, &line); i++) {
        if (bounce_begins_mail(buf_slice(&in->ahead)))
            return true;
        if (!may_be_header(line, i == 0))
            return false;
    }
    return false;
}

int explain_input_char(struct explain_input *in)
{
    if (in->at < in->ahead.len)
        return (unsigned char)in->ahead.at[in->at++];
    return getc_unlocked(in->file);
}

bool explain_input_all(struct explain_input *in, struct buf *all, size_t most)
{
    enum { CHUNK = 64 * 1024 };
    buf_add(all, slice_from(buf_slice(&in->ahead), in->at));
    in->at = in->ahead.len;
    while (!all->failed && all->len < most) {
        size_t want = most - all->len < CHUNK ? most - all->len : CHUNK;
        char *at = buf_reserve(all, want);
        size_t got = at ? fread(at, 1, want, in->file) : 0;
        all->len += got;
        if (got == 0)
            break;
    }
    return !all->failed;
}
