/* The content on its way out: binary as it is (RFC 3030 2), text with a dot before each line that
 * begins with one, the last line's end if it lacks one, the final dot (RFC 5321 4.5.2). Only CR LF
 * ends a line (RFC 5321 2.3.8). */
#include "smtp/client/inside.h"

static enum client_dots dots_after(enum client_dots before, struct slice s)
{
    char last = s.at[s.len - 1];
    if (last == '\r')
        return DOTS_AFTER_CR;
    bool cr = s.len > 1 ? s.at[s.len - 2] == '\r' : before == DOTS_AFTER_CR;
    return last == '\n' && cr ? DOTS_LINE_START : DOTS_IN_LINE;
}

/* Looks at line ends alone: lines without a dot in front are copied together. */
static void add_content(struct smtp_client *c, struct slice s)
{
    size_t from = 0;
    if (!s.len)
        return;
    if (c->dots == DOTS_LINE_START && s.at[0] == '.')
        buf_add_char(&c->out, '.');
    for (size_t lf = slice_find(s, '\n', 0); lf != SLICE_NONE; lf = slice_find(s, '\n', lf + 1)) {
        bool cr = lf ? s.at[lf - 1] == '\r' : c->dots == DOTS_AFTER_CR;
        if (!cr || lf + 1 == s.len || s.at[lf + 1] != '.')
            continue;
        buf_add(&c->out, slice_of(s.at + from, lf + 1 - from));
        buf_add_char(&c->out, '.');
        from = lf + 1;
    }
    buf_add(&c->out, slice_from(s, from));
    c->dots = dots_after(c->dots, s);
}

static void end_content(struct smtp_client *c)
{
    static const char *const line_end[] = {
        [DOTS_LINE_START] = "", [DOTS_IN_LINE] = "\r\n", [DOTS_AFTER_CR] = "\n"};
    buf_add_str(&c->out, line_end[c->dots]);
    buf_add_str(&c->out, ".\r\n");
}

void smtp_client_body(struct smtp_client *c, struct slice content, bool last, int64_t now)
{
    c->now = now;
    if (c->step != STEP_BODY)
        return;
    bool is_binary = client_is_binary(c->message);
    c->body_asked = false;
    if (is_binary)
        buf_add(&c->out, content);
    else
        add_content(c, content);
    if (last && !is_binary)
        end_content(c);
    if (last)
        client_enter(c, STEP_END);
    client_check_memory(c);
    client_wait(c);
}
