/* What is said of a token: an account comes out only of an answer that says it is active, under a
 * name that can stand in a log and an envelope; and what a token holds stays within its field. */
#include <stdlib.h>

#include "auth/introspection.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_answer(struct slice json)
{
    const struct introspection_terms terms = {SLICE_INIT("username"), SLICE_INIT("smtp"), 1000};
    struct introspected r;
    struct arena arena;
    arena_init(&arena, &heap, 64 * 1024);
    if (introspection_read(json, &terms, &arena, &r) == INTROSPECTION_ACTIVE) {
        require(slice_find_slice(json, SLICE("true"), 0) != SLICE_NONE);
        require(r.name.len > 0 && r.name.len <= 255 && r.expires > terms.now);
        for (size_t i = 0; i < r.name.len; i++)
            require((unsigned char)r.name.at[i] > ' ');
    }
    arena_reset(&arena);
}

static void check_question(struct slice token)
{
    struct buf out;
    buf_init(&out, &heap, 1024 * 1024);
    introspection_write_form(&out, token);
    require(!out.failed && slice_count(buf_slice(&out), '&') == 1 &&
            slice_count(buf_slice(&out), '=') == 2);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    check_answer(in);
    check_question(in);
    return 0;
}
