/* What was counted of connections, as it lies on disk, with a checksum that always fits: what is
 * read is written so that it reads as the same. */
#include "mail/tls_counts.h"
#include "system/heap.h"

enum { BYTES_MAX = 1 << 22 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* All of `in` anew; false: it is damaged. */
static bool copy(struct slice in, struct buf *out)
{
    struct tls_counts_head head;
    struct tls_counts c;
    struct wire w;
    if (!tls_counts_open(in, &w, &head))
        return false;
    tls_counts_begin(out, &head);
    while (tls_counts_next(&w, &c))
        tls_counts_add(out, &c);
    tls_counts_end(out);
    return !w.bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf sealed, first, second;
    buf_init(&sealed, &heap, BYTES_MAX);
    buf_init(&first, &heap, BYTES_MAX);
    buf_init(&second, &heap, BYTES_MAX);
    buf_add_str(&sealed, "sum:");
    buf_add(&sealed, slice_of((const char *)data, size));
    tls_counts_end(&sealed);
    if (!sealed.failed && copy(buf_slice(&sealed), &first) && !first.failed) {
        require(copy(buf_slice(&first), &second));
        require(slice_eq(buf_slice(&first), buf_slice(&second)));
    }
    buf_free(&sealed);
    buf_free(&first);
    buf_free(&second);
    return 0;
}
