/* An envelope in words, of any bytes: what is read says the same again when it is written. */
#include "mail/envelope_text.h"
#include "system/heap.h"

enum { ARENA_MAX = 1 << 24, TEXT_MAX = 1 << 20 };

static void need(bool is_true)
{
    if (!is_true)
        __builtin_trap();
}

static void need_same(const struct envelope *a, const struct envelope *b)
{
    need(slice_eq(a->sender, b->sender) && slice_eq(a->envid, b->envid) &&
         slice_eq(a->helo, b->helo) && slice_eq(a->client, b->client) &&
         slice_eq(a->protocol, b->protocol));
    need(a->return_type == b->return_type && a->body == b->body && a->smtputf8 == b->smtputf8 &&
         a->count == b->count);
    for (size_t i = 0; i < a->count; i++)
        need(slice_eq(a->recipients[i].address, b->recipients[i].address) &&
             slice_eq(a->recipients[i].original, b->recipients[i].original) &&
             a->recipients[i].notify == b->recipients[i].notify);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct arena arena;
    struct envelope first, second;
    struct err err = {0};
    struct buf text;
    arena_init(&arena, &heap, ARENA_MAX);
    buf_init(&text, &heap, TEXT_MAX);
    if (!envelope_text_read(in, &arena, &first, &err)) {
        need(err.what != NULL);
    } else if (envelope_text_write(&text, &first)) {
        need(envelope_text_read(buf_slice(&text), &arena, &second, &err));
        need_same(&first, &second);
    }
    buf_free(&text);
    arena_reset(&arena);
    return 0;
}
