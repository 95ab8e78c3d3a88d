/* An envelope's bytes, as the spool hands them out: what is read is written so that it reads as the
 * same. */
#include "mail/envelope.h"
#include "system/heap.h"

enum { ARENA_MAX = 1 << 24, BYTES_MAX = 1 << 22 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope e, again;
    struct err err = {0};
    struct arena arena;
    struct buf first, second;
    arena_init(&arena, &heap, ARENA_MAX);
    buf_init(&first, &heap, BYTES_MAX);
    buf_init(&second, &heap, BYTES_MAX);
    if (envelope_decode(slice_of((const char *)data, size), &arena, &e, &err)) {
        envelope_encode(&first, &e);
        require(!first.failed && envelope_decode(buf_slice(&first), &arena, &again, &err));
        envelope_encode(&second, &again);
        require(slice_eq(buf_slice(&first), buf_slice(&second)) && again.count == e.count);
    } else {
        require(err.code != ERR_OK);
    }
    buf_free(&first);
    buf_free(&second);
    arena_reset(&arena);
    return 0;
}
