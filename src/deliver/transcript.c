#include "deliver/transcript.h"

#include "base/utf8.h"

/* How much of the beginning stays when there is too much. */
enum { HEAD = TRANSCRIPT_MAX / 4 };

static const char left_out[] = "=== (some lines are left out here)\n";

void transcript_init(struct transcript *t, const struct mem *mem)
{
    *t = (struct transcript){.is_content = false};
    buf_init(&t->raw, mem, TRANSCRIPT_RAW_MAX);
    buf_init(&t->text, mem, TRANSCRIPT_MAX);
}

void transcript_free(struct transcript *t)
{
    buf_free(&t->raw);
    buf_free(&t->text);
}

static size_t line_end(const struct buf *text, size_t from)
{
    size_t at = slice_find(buf_slice(text), '\n', from);
    return at == SLICE_NONE ? text->len : at + 1;
}

/* Takes whole lines out behind the beginning, until `size` more bytes fit. */
static void make_room(struct transcript *t, size_t size)
{
    struct buf *text = &t->text;
    if (text->len + size + sizeof(left_out) <= TRANSCRIPT_MAX)
        return;
    size_t mark = sizeof(left_out) - 1;
    size_t from = line_end(text, HEAD) + (t->is_cut ? mark : 0), to = from;
    while (to < text->len && text->len - (to - from) + size + sizeof(left_out) > TRANSCRIPT_MAX)
        to = line_end(text, to);
    memmove(text->at + from, text->at + to, text->len - to);
    text->len -= to - from;
    if (t->is_cut)
        return;
    t->is_cut = true;
    if (!buf_reserve(text, mark))
        return;
    memmove(text->at + from + mark, text->at + from, text->len - from);
    memcpy(text->at + from, left_out, mark);
    text->len += mark;
}

static void add_line(struct transcript *t, const char *mark, struct slice line)
{
    line = slice_head(line, TRANSCRIPT_LINE_MAX);
    make_room(t, strlen(mark) + line.len + 1);
    buf_add_str(&t->text, mark);
    utf8_add_harmless(&t->text, line);
    buf_add_char(&t->text, '\n');
}

static void add_sent(struct transcript *t, struct slice line)
{
    static const struct slice auth = SLICE_INIT("AUTH ");
    if (t->is_login) {
        add_line(t, " -> ", SLICE("(hidden)"));
        return;
    }
    if (slice_istarts(line, auth)) {
        size_t name_end = slice_find(line, ' ', auth.len);
        t->is_login = true;
        add_line(t, " -> ", slice_head(line, name_end));
        if (name_end != SLICE_NONE)
            add_line(t, " -> ", SLICE("(hidden)"));
        return;
    }
    add_line(t, " -> ", line);
}

static void add_received(struct transcript *t, struct slice line)
{
    t->is_login = t->is_login && line.len && line.at[0] == '3';
    bool is_refusal = line.len && (line.at[0] == '4' || line.at[0] == '5');
    add_line(t, is_refusal ? "<** " : "<-  ", line);
}

/* Puts lines together from pieces; what is too long for one is cut. */
static void take(struct transcript *t, struct transcript_line *kept, struct slice bytes,
                 void (*add)(struct transcript *t, struct slice line))
{
    while (bytes.len) {
        size_t end = slice_find(bytes, '\n', 0);
        struct slice part = slice_head(bytes, end);
        struct slice fits = slice_head(part, sizeof(kept->text) - kept->len);
        if (fits.len)
            memcpy(kept->text + kept->len, fits.at, fits.len);
        kept->len += fits.len;
        if (end == SLICE_NONE)
            return;
        struct slice line = slice_of(kept->text, kept->len);
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        add(t, line);
        kept->len = 0;
        bytes = slice_from(bytes, end + 1);
    }
}

/* A piece of the record: a byte that says what it is, two for its length, then itself. */
enum piece { PIECE_SENT, PIECE_RECEIVED, PIECE_NOTE };
enum { PIECE_HEAD = 3, PIECE_MAX = 4096 };

static void show(struct transcript *t, enum piece kind, struct slice bytes)
{
    if (kind == PIECE_SENT)
        take(t, &t->sent, bytes, add_sent);
    else if (kind == PIECE_RECEIVED)
        take(t, &t->received, bytes, add_received);
    else
        add_line(t, "=== ", bytes);
}

static void show_all(struct transcript *t)
{
    struct slice rest = buf_slice(&t->raw);
    while (rest.len >= PIECE_HEAD) {
        size_t len = (size_t)(unsigned char)rest.at[1] << 8 | (unsigned char)rest.at[2];
        show(t, (enum piece)rest.at[0], slice_head(slice_from(rest, PIECE_HEAD), len));
        rest = slice_from(rest, PIECE_HEAD + len);
    }
    buf_clear(&t->raw);
}

static void record(struct transcript *t, enum piece kind, struct slice bytes)
{
    while (bytes.len) {
        struct slice part = slice_head(bytes, PIECE_MAX);
        char head[PIECE_HEAD] = {(char)kind, (char)(part.len >> 8), (char)part.len};
        if (t->raw.len + sizeof(head) + part.len > TRANSCRIPT_RAW_MAX)
            show_all(t);
        buf_add(&t->raw, slice_of(head, sizeof(head)));
        buf_add(&t->raw, part);
        bytes = slice_from(bytes, part.len);
    }
}

void transcript_note(struct transcript *t, const char *what, struct slice whom)
{
    char storage[TRANSCRIPT_LINE_MAX];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_add_str(&line, what);
    buf_add(&line, slice_head(whom, sizeof(storage) / 2));
    record(t, PIECE_NOTE, buf_slice(&line));
}

void transcript_sent(struct transcript *t, struct slice bytes)
{
    if (t->is_content)
        t->content += bytes.len;
    else
        record(t, PIECE_SENT, bytes);
}

void transcript_received(struct transcript *t, struct slice bytes)
{
    char digits[24];
    struct buf count;
    if (t->content) {
        buf_init_fixed(&count, digits, sizeof(digits));
        buf_add_u64(&count, t->content);
        transcript_note(t, "Bytes of content sent: ", buf_slice(&count));
    }
    t->content = 0;
    t->is_content = false;
    record(t, PIECE_RECEIVED, bytes);
}

struct slice transcript_text(struct transcript *t)
{
    show_all(t);
    if (t->sent.len)
        add_sent(t, slice_of(t->sent.text, t->sent.len));
    if (t->received.len)
        add_received(t, slice_of(t->received.text, t->received.len));
    t->sent.len = t->received.len = 0;
    return buf_slice(&t->text);
}
