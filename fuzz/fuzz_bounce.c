/* Mails about deliveries: whatever comes, reading ends, answers are within their bounds, a
 * recipient is text of the mail, and the line ends change nothing. */
#include "mail/bounce.h"
#include "mail/mime.h"
#include "system/heap.h"

enum { INPUT_MAX = 1 << 16, ARENA_LIMIT = 1 << 24 };

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

static void check_parts(struct slice mail)
{
    struct mime_walk walk;
    struct mime_part part;
    size_t count = 0;
    mime_begin(&walk, mail);
    while (mime_next(&walk, &part)) {
        struct buf text;
        buf_init(&text, &heap, 3 * part.body.len + 1);
        mime_write_text(&text, &part);
        must(!text.failed && slice_find(buf_slice(&text), '\r', 0) == SLICE_NONE);
        buf_free(&text);
        count++;
    }
    must(count >= 1 && count <= MIME_PARTS_MAX);
}

static bool is_encoded(struct slice mail)
{
    return slice_ifind_slice(mail, SLICE("base64"), 0) != SLICE_NONE ||
           slice_ifind_slice(mail, SLICE("quoted-printable"), 0) != SLICE_NONE ||
           slice_ifind_slice(mail, SLICE("charset"), 0) != SLICE_NONE ||
           slice_ifind_slice(mail, SLICE("html"), 0) != SLICE_NONE ||     /* tags inside of words */
           slice_find_slice(mail, SLICE("eventType"), 0) != SLICE_NONE || /* JSON's escapes */
           slice_find_slice(mail, SLICE("notificationType"), 0) != SLICE_NONE;
}

static bool is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] > 0x7f)
            return false;
    return true;
}

static void check_bounce(struct slice mail, const struct bounce *b)
{
    bool is_verbatim = !is_encoded(mail) && is_ascii(mail);
    must(b->count <= BOUNCE_RECIPIENTS_MAX);
    for (size_t i = 0; i < b->count; i++) {
        const struct bounce_recipient *r = &b->recipients[i];
        struct diagnosis d;
        bool is_folded = slice_find(r->recipient, ' ', 0) != SLICE_NONE ||
                         slice_find(r->recipient, '\t', 0) != SLICE_NONE;
        must(!is_verbatim || is_folded || slice_find_slice(mail, r->recipient, 0) != SLICE_NONE);
        must(*bounce_kind_name(r->kind) && r->in.reply.code < 1000);
        diagnose(&r->in, &d);
        must(d.cause < CAUSE_COUNT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice mail = slice_of((const char *)data, size), lines;
    struct arena arena;
    struct bounce b, again;
    if (size > INPUT_MAX)
        return 0;
    arena_init(&arena, &heap, ARENA_LIMIT);
    must(mime_lines(mail, &arena, &lines));
    check_parts(lines);
    must(bounce_read(mail, &arena, &b) && bounce_read(lines, &arena, &again));
    check_bounce(lines, &b);
    must(b.count == again.count);
    for (size_t i = 0; i < b.count; i++)
        must(slice_eq(b.recipients[i].recipient, again.recipients[i].recipient));
    (void)bounce_begins_mail(mail);
    arena_reset(&arena);
    return 0;
}
