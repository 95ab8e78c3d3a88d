/* The journal of the suppression list: what is taken from any bytes can be written, and read again
 * as the same. */
#include <stdlib.h>

#include "queue/suppression.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_again(struct suppressions *again, const struct suppression *s)
{
    char storage[8192];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    suppression_write_line(&line, s);
    require(!line.failed && slice_find(buf_slice(&line), '\n', 0) == line.len - 1);
    require(suppressions_read_line(again, slice_head(buf_slice(&line), line.len - 1)));
    const struct suppression *same = suppressions_find(again, s->sender, s->address, 0);
    require(same && slice_ieq(same->sender, s->sender) && slice_eq(same->address, s->address) &&
            slice_eq(same->reason, s->reason));
    require(same->since == s->since && same->until == s->until && same->cause == s->cause);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suppressions list, again;
    struct slice rest = slice_of((const char *)data, size), line;
    suppressions_init(&list, &heap, (struct hash_key){1, 2});
    suppressions_init(&again, &heap, (struct hash_key){3, 4});
    while (slice_split(&rest, '\n', &line))
        (void)!suppressions_read_line(&list, line);
    for (const struct suppression *s = NULL; (s = suppressions_next(&list, s, 0));)
        read_again(&again, s);
    suppressions_free(&list);
    suppressions_free(&again);
    return 0;
}
