/* A TLSA record: what is taken has one of the usages of mail, and as many bytes as its digest. */
#include <stdlib.h>

#include "dns/tlsa.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsa t;
    if (!tlsa_read(slice_of((const char *)data, size), &t))
        return 0;
    require(t.usage == TLSA_AUTHORITY || t.usage == TLSA_SERVER);
    require(t.selector <= 1 && t.matching <= 2);
    require(t.data.len > 0 && t.data.at == (const char *)data + 3 && t.data.len == size - 3);
    require(t.matching == 0 || t.data.len == (t.matching == 1 ? 32 : 64));
    return 0;
}
