#include "dns/reverse.h"

enum { V4_BYTES = 4, V6_BYTES = 16 };

void dns_reverse_write(struct buf *out, struct ip ip)
{
    for (size_t i = V4_BYTES; ip.family == IP_V4 && i-- > 0;)
        buf_addf(out, "%u.", ip.bytes[i]);
    for (size_t i = V6_BYTES; ip.family == IP_V6 && i-- > 0;)
        buf_addf(out, "%x.%x.", ip.bytes[i] & 0xfU, ip.bytes[i] >> 4U);
}

void dns_reverse_question(struct buf *out, struct ip ip)
{
    dns_reverse_write(out, ip);
    buf_add_str(out, ip.family == IP_V4 ? "in-addr.arpa" : "ip6.arpa");
}

bool dns_has_address(const struct dns_answer *answer, struct ip ip)
{
    size_t len = ip.family == IP_V4 ? V4_BYTES : V6_BYTES;
    for (size_t i = 0; answer->status == DNS_OK && i < answer->count; i++)
        if (answer->records[i].len == len && memcmp(answer->records[i].at, ip.bytes, len) == 0)
            return true;
    return false;
}
