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
    [SITUATION_##id] = {code, {class, subject, detail}, SLICE_INIT(text), SITUATION_##id},
#include "reply/situations.def"
#undef SITUATION
};

static const struct slice names[] = {
#define SITUATION(id, code, class, subject, detail, text) [SITUATION_##id] = SLICE_INIT(#id),
#include "reply/situations.def"
#undef SITUATION
};

void situation_write(struct buf *out, enum situation id)
{
    for (size_t i = 0; i < names[id].len; i++)
        buf_add_char(out, names[id].at[i] == '_' ? '-' : ascii_lower(names[id].at[i]));
}

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

/* `s` with everything that could end a line or command a terminal as '?'; never longer than it was.
 */
static size_t copy_harmless(char *to, struct slice s)
{
    size_t used = 0;
    for (size_t i = 0; i < s.len;) {
        size_t plain = utf8_plain(s, i), len = plain ? plain : utf8_printable(s, i);
        size_t whole = len ? len : utf8_char(s, i);
        if (len)
            memcpy(to + used, s.at + i, len);
        else
            to[used] = '?';
        used += len ? len : 1;
        i += whole ? whole : 1;
    }
    return used;
}

/* The most bytes, at most `max`, that end between two characters. */
static size_t cut(struct slice s, size_t max)
{
    size_t end = max;
    if (s.len <= max)
        return s.len;
    while (end > 0 && max - end < 4 && ((unsigned char)s.at[end] & 0xC0) == 0x80)
        end--;
    return ((unsigned char)s.at[end] & 0xC0) == 0x80 ? max : end;
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
    bool is_cut = arg.len > ARGUMENT_MAX;
    arg.len = cut(arg, ARGUMENT_MAX);
    f->args++;
    f->count--;
    f->used += f->to ? copy_harmless(f->to + f->used, arg) : arg.len;
    if (is_cut)
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
    return space != SLICE_NONE && space > 0 ? space + 1 : cut(line, room);
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
        out->len += copy_harmless(to, text);
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
