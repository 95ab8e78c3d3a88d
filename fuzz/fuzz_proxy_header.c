/* PROXY headers: the verdict on all bytes holds for any more that follow, and every beginning of a
 * header asks for more. */
#include "receive/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct proxy_header whole, part;
    enum proxy_read verdict = proxy_header_read(in, &whole);
    if ((verdict == PROXY_BAD) != (whole.what != NULL))
        __builtin_trap();
    if (verdict == PROXY_MORE && size >= PROXY_HEADER_MAX)
        __builtin_trap();
    if (verdict != PROXY_DONE)
        return 0;
    if (whole.len == 0 || whole.len > size || whole.len > PROXY_HEADER_MAX)
        __builtin_trap();
    for (size_t len = 0; len < whole.len; len++)
        if (proxy_header_read(slice_head(in, len), &part) != PROXY_MORE)
            __builtin_trap();
    if (proxy_header_read(slice_head(in, whole.len), &part) != PROXY_DONE ||
        part.len != whole.len || !ip_eq(part.client, whole.client))
        __builtin_trap();
    return 0;
}
