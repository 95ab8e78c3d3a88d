/* State records: what is read is written so that it reads as the same. The first byte is the number
 * of recipients. */
#include <stdlib.h>

#include "queue/state.h"

static void *take(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    (void)size;
    free(at);
}

static bool is_same(const struct recipient_state *a, const struct recipient_state *b)
{
    if (a->status != b->status || a->attempts != b->attempts || a->due != b->due ||
        a->repeats != b->repeats || a->flags != b->flags || !a->last != !b->last)
        return false;
    return !a->last || (slice_eq(a->last->outcome.reply.text, b->last->outcome.reply.text) &&
                        slice_eq(a->last->outcome.failure, b->last->outcome.failure) &&
                        slice_eq(a->last->outcome.host, b->last->outcome.host) &&
                        a->last->outcome.at == b->last->outcome.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mem mem = {take, give, NULL};
    static struct recipient_state states[256], again[256];
    struct err err = {0};
    bool held, held_again;
    if (size == 0)
        return 0;
    size_t count = data[0];
    if (!state_decode(slice_of((const char *)data + 1, size - 1), &mem, states, count, &held, &err))
        return err.code == ERR_CORRUPT ? 0 : (__builtin_trap(), 0);
    struct buf b;
    buf_init(&b, &mem, 16 << 20);
    state_encode(&b, states, count, held);
    if (b.failed || !state_decode(buf_slice(&b), &mem, again, count, &held_again, &err) ||
        held != held_again)
        __builtin_trap();
    for (size_t i = 0; i < count; i++)
        if (!is_same(&states[i], &again[i]))
            __builtin_trap();
    state_forget(&mem, states, count);
    state_forget(&mem, again, count);
    buf_free(&b);
    return 0;
}
