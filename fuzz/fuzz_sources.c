/* The journal of what sources sent: what is taken from any bytes can be written, and read again as
 * the same. */
#include <stdlib.h>

#include "queue/source.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source list[] = {{.name = SLICE("out1")}, {.name = SLICE("out2")}}, after = list[0];
    struct sources all = {.list = list, .count = 2}, again = {.list = &after, .count = 1};
    struct slice rest = slice_of((const char *)data, size), line;
    char storage[200];
    struct buf out;
    while (slice_split(&rest, '\n', &line))
        (void)!sources_read_line(&all, line);
    buf_init_fixed(&out, storage, sizeof(storage));
    source_write_line(&out, &list[0]);
    require(!out.failed && sources_read_line(&again, slice_head(buf_slice(&out), out.len - 1)));
    require(after.day == list[0].day && after.sent == list[0].sent);
    return 0;
}
