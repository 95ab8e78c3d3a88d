#include "base/ip.h"

enum { V4_BYTES = 4, V6_BYTES = 16, GROUPS = 8 };

/* One decimal number of 0 to 255 without leading zeros: "010" means 8 to some and 10 to others. */
static bool parse_octet(struct slice s, uint8_t *octet_r)
{
    uint32_t value;
    if (s.len > 3 || (s.len > 1 && s.at[0] == '0') || !slice_u32(s, &value) || value > 255)
        return false;
    *octet_r = (uint8_t)value;
    return true;
}

static bool parse_v4(struct slice s, uint8_t out[V4_BYTES])
{
    for (int i = 0; i < V4_BYTES; i++) {
        size_t dot = i < V4_BYTES - 1 ? slice_find(s, '.', 0) : s.len;
        if (dot == SLICE_NONE || !parse_octet(slice_head(s, dot), &out[i]))
            return false;
        s = slice_from(s, dot + 1);
    }
    return true;
}

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_group(struct slice s, uint8_t out[2])
{
    unsigned value = 0;
    if (s.len == 0 || s.len > 4)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int digit = hex_digit(s.at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return true;
}

/* Groups between colons, the last of which may be an IPv4 address. Returns the number of bytes
 * written into `out` (of `room`), -1 if it is not that. The empty text has none. */
static int parse_groups(struct slice s, uint8_t *out, int room)
{
    int count = 0;
    if (s.len == 0)
        return 0;
    for (;;) {
        size_t colon = slice_find(s, ':', 0);
        struct slice group = colon == SLICE_NONE ? s : slice_head(s, colon);
        bool is_last = colon == SLICE_NONE;
        if (is_last && slice_find(group, '.', 0) != SLICE_NONE)
            return count + V4_BYTES <= room && parse_v4(group, out + count) ? count + V4_BYTES : -1;
        if (count + 2 > room || !parse_group(group, out + count))
            return -1;
        count += 2;
        if (is_last)
            return count;
        s = slice_from(s, colon + 1);
    }
}

static bool parse_v6(struct slice s, uint8_t out[V6_BYTES])
{
    size_t gap = slice_find_slice(s, SLICE("::"), 0);
    if (gap == SLICE_NONE)
        return parse_groups(s, out, V6_BYTES) == V6_BYTES;
    uint8_t tail[V6_BYTES] = {0};
    /* The gap stands for at least one group (RFC 5952 4.2.2 writes no shorter one). */
    struct slice head = slice_head(s, gap);
    int before =
        slice_find(head, '.', 0) == SLICE_NONE ? parse_groups(head, out, V6_BYTES - 2) : -1;
    int after = before < 0 ? -1 : parse_groups(slice_from(s, gap + 2), tail, V6_BYTES - 2 - before);
    if (after < 0)
        return false;
    memset(out + before, 0, (size_t)(V6_BYTES - before));
    memcpy(out + V6_BYTES - after, tail, (size_t)after);
    return true;
}

bool ip_parse(struct slice s, struct ip *ip_r)
{
    uint8_t bytes[V6_BYTES] = {0};
    bool is_v6 = slice_find(s, ':', 0) != SLICE_NONE;
    if (!(is_v6 ? parse_v6(s, bytes) : parse_v4(s, bytes)))
        return false;
    *ip_r = ip_from_bytes(is_v6 ? IP_V6 : IP_V4, bytes);
    return true;
}

struct ip ip_from_bytes(enum ip_family family, const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ip ip = {.family = family};
    if (family == IP_V6 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        ip.family = IP_V4;
        bytes += sizeof(mapped);
    }
    if (ip.family != IP_NONE)
        memcpy(ip.bytes, bytes, ip.family == IP_V4 ? V4_BYTES : V6_BYTES);
    return ip;
}

static unsigned group_at(const struct ip *ip, int i)
{
    return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* RFC 5952 4.2: the longest run of at least two zero groups, the first of equals. */
static int longest_gap(const struct ip *ip, int *len_r)
{
    int best = -1;
    *len_r = 1;
    for (int i = 0; i < GROUPS; i++) {
        int len = 0;
        while (i + len < GROUPS && group_at(ip, i + len) == 0)
            len++;
        if (len > *len_r) {
            best = i;
            *len_r = len;
        }
        i += len;
    }
    return best;
}

static void write_v6(struct buf *out, const struct ip *ip)
{
    int gap_len;
    int gap = longest_gap(ip, &gap_len);
    for (int i = 0; i < GROUPS; i++) {
        if (i == gap) {
            buf_add_str(out, "::");
            i += gap_len - 1;
            continue;
        }
        if (i > 0 && i != gap + gap_len)
            buf_add_char(out, ':');
        buf_addf(out, "%x", group_at(ip, i));
    }
}

void ip_write(struct buf *out, struct ip ip)
{
    if (ip.family == IP_V4)
        buf_addf(out, "%u.%u.%u.%u", ip.bytes[0], ip.bytes[1], ip.bytes[2], ip.bytes[3]);
    else if (ip.family == IP_V6)
        write_v6(out, &ip);
}

bool ip_is_any(struct ip ip)
{
    return ip.family != IP_NONE && ip_eq(ip, (struct ip){.family = ip.family});
}

bool ip_eq(struct ip a, struct ip b)
{
    return a.family == b.family && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static struct ip masked(struct ip ip, unsigned prefix)
{
    for (unsigned i = 0; i < V6_BYTES; i++) {
        unsigned kept = prefix > 8 * i ? prefix - 8 * i : 0;
        if (kept < 8)
            ip.bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
    return ip;
}

bool cidr_parse(struct slice s, struct cidr *cidr_r, const char **what_r)
{
    size_t slash = slice_find(s, '/', 0);
    struct ip ip;
    if (!ip_parse(slice_head(s, slash), &ip)) {
        *what_r = "this is no IP address; right is, for example, 192.0.2.0/24 or 2001:db8::/32";
        return false;
    }
    uint32_t most = ip.family == IP_V4 ? 32 : 128, prefix = most;
    if (slash != SLICE_NONE && (!slice_u32(slice_from(s, slash + 1), &prefix) || prefix > most)) {
        *what_r = ip.family == IP_V4 ? "behind the slash stands a number from 0 to 32"
                                     : "behind the slash stands a number from 0 to 128";
        return false;
    }
    if (!ip_eq(masked(ip, prefix), ip)) {
        *what_r = "the address has bits set behind the prefix; write the first address of the "
                  "network, as in 192.0.2.0/24, or a single address without a slash";
        return false;
    }
    *cidr_r = (struct cidr){ip, (uint8_t)prefix};
    return true;
}

void cidr_write(struct buf *out, struct cidr cidr)
{
    ip_write(out, cidr.ip);
    buf_addf(out, "/%u", cidr.prefix);
}

bool cidr_contains(struct cidr net, struct ip ip)
{
    return ip.family == net.ip.family && ip_eq(masked(ip, net.prefix), net.ip);
}

bool cidr_list_contains(const struct cidr *nets, size_t count, struct ip ip)
{
    for (size_t i = 0; i < count; i++)
        if (cidr_contains(nets[i], ip))
            return true;
    return false;
}

bool port_parse(struct slice s, uint16_t *port_r)
{
    uint32_t port;
    if (!slice_u32(s, &port) || port == 0 || port > UINT16_MAX)
        return false;
    *port_r = (uint16_t)port;
    return true;
}

bool endpoint_parse(struct slice s, struct endpoint *endpoint_r, const char **what_r)
{
    *what_r = "this is no address with a port; right is, for example, 127.0.0.1:25 or [::1]:25";
    size_t colon = slice_rfind(s, ':');
    if (colon == SLICE_NONE)
        return false;
    struct slice host = slice_head(s, colon);
    bool in_brackets = host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (in_brackets)
        host = slice_of(host.at + 1, host.len - 2);
    bool is_v6 = slice_find(host, ':', 0) != SLICE_NONE;
    if (!ip_parse(host, &endpoint_r->ip) || is_v6 != in_brackets)
        return false;
    *what_r = "the port behind the last colon is a number from 1 to 65535";
    return port_parse(slice_from(s, colon + 1), &endpoint_r->port);
}

void endpoint_write(struct buf *out, struct endpoint endpoint)
{
    bool is_v6 = endpoint.ip.family == IP_V6;
    buf_add_str(out, is_v6 ? "[" : "");
    ip_write(out, endpoint.ip);
    buf_addf(out, is_v6 ? "]:%u" : ":%u", endpoint.port);
}

bool endpoint_eq(struct endpoint a, struct endpoint b)
{
    return a.port == b.port && ip_eq(a.ip, b.ip);
}
