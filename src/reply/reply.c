#include "reply/reply.h"

#include "base/utf8.h"

/* An argument is a name, an address, a number or a sentence; more than this of it helps nobody. */
enum { ARGUMENT_MAX = 320 };

#define SITUATION(id, code, class, subject, detail, text)                                          \
    _Static_assert((code) >= 200 && (code) <= 599, #id ": no such reply code");                    \
    _Static_assert((class) == 0 || (class) == (code) / 100, #id ": class and first digit differ"); \
    _Static_assert((class) == 0 || (code) / 100 != 3, #id ": 3yz has no enhanced code");           \
    _Static_assert((subject) <= 999 && (detail) <= 999, #id ": more than three digits");
#include "reply/situations.def"
#undef SITUATION

static const struct reply replies[] = {
#define SITUATION(id, code, class, subject, detail, text)                                          \
    [SITUATION_##id] = {code, {class, subject, detail}, SLICE_INIT(text)},
#include "reply/situations.def"
#undef SITUATION
};

struct reply reply_plain(enum situation id)
{
    return replies[id];
}

struct reply reply_lines(enum situation id, struct slice text)
{
    struct reply r = replies[id];
    r.text = text;
    return r;
}

/* `s` with everything that could end a line or command a terminal as '?'. At most three bytes
 * become one, so the result is never longer. */
static size_t copy_harmless(char *to, struct slice s, bool keep_line_feed)
{
    size_t used = 0;
    while (s.len) {
        size_t len;
        uint32_t point = utf8_next(s, &len);
        bool invalid = point == UTF8_REPLACEMENT && len == 1;
        if (invalid || (utf8_is_control(point) && !(keep_line_feed && point == '\n'))) {
            to[used++] = '?';
        } else {
            memcpy(to + used, s.at, len);
            used += len;
        }
        s = slice_from(s, len);
    }
    return used;
}

struct filler {
    const struct slice *args;
    size_t count;
    char *to; /* NULL: only counts */
    size_t used;
};

static void fill_bytes(struct filler *f, struct slice s)
{
    if (f->to)
        memcpy(f->to + f->used, s.at, s.len);
    f->used += s.len;
}

static void fill_argument(struct filler *f)
{
    if (f->count == 0)
        return;
    struct slice arg = *f->args;
    bool cut = arg.len > ARGUMENT_MAX;
    arg.len = utf8_cut(arg, ARGUMENT_MAX);
    f->args++;
    f->count--;
    f->used += f->to ? copy_harmless(f->to + f->used, arg, false) : arg.len;
    if (cut)
        fill_bytes(f, SLICE("..."));
}

static size_t fill(char *to, struct slice text, const struct slice *args, size_t count)
{
    struct filler f = {args, count, to, 0};
    size_t hole;
    while ((hole = slice_find_slice(text, SLICE("{}"), 0)) != SLICE_NONE) {
        fill_bytes(&f, slice_head(text, hole));
        fill_argument(&f);
        text = slice_from(text, hole + 2);
    }
    fill_bytes(&f, text);
    return f.used;
}

struct reply reply_make(enum situation id, struct arena *arena, const struct slice *args,
                        size_t count)
{
    struct reply r = replies[id];
    size_t most = fill(NULL, r.text, args, count);
    char *text = arena_take(arena, most ? most : 1);
    if (text)
        r.text = slice_of(text, fill(text, r.text, args, count));
    return r;
}

/* The bytes of `line` that fit into `room`: all, or up to and with a space, or as many as fit. */
static size_t piece(struct slice line, size_t room)
{
    if (line.len <= room)
        return line.len;
    size_t space = slice_rfind(slice_head(line, room), ' ');
    return space != SLICE_NONE && space > 0 ? space + 1 : utf8_cut(line, room);
}

static void write_line(struct buf *out, const struct reply *r, struct slice text, bool last)
{
    buf_add_u64(out, r->code);
    buf_add_char(out, last ? ' ' : '-');
    if (r->enhanced.class) {
        enhanced_write(out, r->enhanced);
        buf_add_char(out, ' ');
    }
    char *to = buf_reserve(out, text.len);
    if (to)
        out->len += copy_harmless(to, text, false);
    buf_add_str(out, "\r\n");
}

void reply_write(struct buf *out, const struct reply *r)
{
    enum { AROUND = sizeof("550 ") - 1 + sizeof("5.123.123 ") - 1 + sizeof("\r\n") - 1 };
    struct slice rest = r->text, line = {"", 0};
    if (r->code == 0)
        return;
    bool more = slice_line(&rest, &line);
    do {
        size_t len = piece(line, REPLY_LINE_MAX - AROUND);
        struct slice head = slice_head(line, len);
        line = slice_from(line, len);
        more = line.len > 0 || slice_line(&rest, &line);
        write_line(out, r, head, !more);
    } while (more);
}
