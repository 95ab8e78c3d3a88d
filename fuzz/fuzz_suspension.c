/* The journal of what is suspended: what is taken from any bytes can be written, and read again as
 * the same. */
#include <stdlib.h>

#include "queue/suspension.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_again(struct suspensions *again, const struct suspension *s)
{
    char storage[8192];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    suspension_write_line(&line, s);
    require(!line.failed && slice_find(buf_slice(&line), '\n', 0) == line.len - 1);
    require(suspensions_read_line(again, slice_head(buf_slice(&line), line.len - 1)));
    const struct suspension *same = suspensions_next(again, NULL);
    require(same && slice_eq(same->site, s->site) && slice_eq(same->sender, s->sender) &&
            slice_eq(same->campaign, s->campaign) && slice_eq(same->reason, s->reason) &&
            same->since == s->since);
    require(suspensions_end(again, s, false) == 1 && !suspensions_next(again, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suspensions list, again;
    struct slice rest = slice_of((const char *)data, size), line;
    suspensions_init(&list, &heap);
    suspensions_init(&again, &heap);
    while (slice_split(&rest, '\n', &line))
        (void)!suspensions_read_line(&list, line);
    for (const struct suspension *s = NULL; (s = suspensions_next(&list, s));)
        read_again(&again, s);
    suspensions_free(&list);
    suspensions_free(&again);
    return 0;
}
