/* A file maildirsize: what is read of one can be written, and is then read as the same. */
#include "mail/maildirsize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct maildirsize first, again;
    uint64_t bytes;
    char storage[200];
    struct buf out;
    (void)!maildirsize_of_name(text, &bytes);
    if (!maildirsize_read(text, &first))
        return 0;
    buf_init_fixed(&out, storage, sizeof(storage));
    maildirsize_write(&out, &first);
    if (out.failed || !maildirsize_read(buf_slice(&out), &again) || again.bytes != first.bytes ||
        again.count != first.count || again.bytes_most != first.bytes_most ||
        again.count_most != first.count_most)
        __builtin_trap();
    return 0;
}
