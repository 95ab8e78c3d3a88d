#include "dns/reverse.h"

enum { V4_BYTES = 4, V6_BYTES = 16 };

void dns_reverse_write(struct buf *out, struct ip ip)
{
    for (size_t i = V4_BYTES; ip.family == IP_V4 && i-- > 0;)
        buf_addf(out, "%u.", ip.bytes[i]);
    for (size_t i = V6_BYTES; ip.family == IP_V6 && i-- > 0;)
        buf_addf(out, "%x.%x.", ip.bytes[i] & 0xfU, ip.bytes[i] >> 4U);
}
