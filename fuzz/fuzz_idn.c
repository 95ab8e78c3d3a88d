/* A domain as a client may send it: what comes out is ASCII, a second time the same, and as long as
 * a name may be. */
#include "dns/idn.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char first[600], second[600];
    struct slice name = slice_of((const char *)data, size);
    struct buf once, twice;
    buf_init_fixed(&once, first, sizeof(first));
    buf_init_fixed(&twice, second, sizeof(second));
    if (!idn_add_domain(&once, name))
        return 0;
    require(slice_is_ascii(buf_slice(&once)));
    require(slice_is_ascii(name) || once.len <= 255);
    require(idn_add_domain(&twice, buf_slice(&once)));
    require(slice_eq(buf_slice(&once), buf_slice(&twice)));
    return 0;
}
