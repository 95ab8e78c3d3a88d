/* The reader of replies: fed whole and byte by byte, both must say the same, within the bounds. */
#include "reply/grammar.h"

#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct reply *r)
{
    if (r->code < 200 || r->code > 599 || r->text.len > REPLY_READ_TEXT_MAX)
        __builtin_trap();
    for (size_t i = 0; i < r->text.len; i++)
        if ((unsigned char)r->text.at[i] < 0x20 && r->text.at[i] != '\n')
            __builtin_trap();
}

static void same(const struct reply *a, const struct reply *b)
{
    if (a->code != b->code || !enhanced_eq(a->enhanced, b->enhanced) || !slice_eq(a->text, b->text))
        __builtin_trap();
}

/* The second parser, one byte at a time, over the bytes that the first one took. */
static enum reply_read step(struct reply_parser *p, struct slice bytes, struct reply *r_r)
{
    enum reply_read got = REPLY_MORE;
    for (size_t i = 0; i < bytes.len; i++) {
        struct slice one = slice_of(bytes.at + i, 1);
        if (got != REPLY_MORE)
            return got == REPLY_BAD ? got : REPLY_BAD;
        got = reply_parser_feed(p, &one, r_r);
    }
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct reply_parser whole, bytewise;
    struct reply a, b;
    enum reply_read got = REPLY_MORE;
    reply_parser_init(&whole, &heap);
    reply_parser_init(&bytewise, &heap);
    do {
        struct slice before = in;
        got = reply_parser_feed(&whole, &in, &a);
        if (step(&bytewise, slice_head(before, before.len - in.len), &b) != got)
            __builtin_trap();
        if (got != REPLY_DONE)
            break;
        check(&a);
        same(&a, &b);
    } while (in.len);
    reply_parser_free(&whole);
    reply_parser_free(&bytewise);
    return 0;
}
