#include "receive/proxy_header.h"

#include <string.h>

#include "base/crc32c.h"

enum {
    LINE_MAX_V1 = 107, /* CR LF included */
    FIXED_V2 = 16,     /* signature, version and command, family and transport, length */
    TLV_HEAD = 3,
    TLV_CRC32C = 3
};

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n"; /* of version 2 */

static enum proxy_read bad(struct proxy_header *r, const char *what)
{
    r->what = what;
    return PROXY_BAD;
}

static bool begins_with(struct slice in, struct slice whole)
{
    size_t len = in.len < whole.len ? in.len : whole.len;
    return memcmp(in.at, whole.at, len) == 0;
}

/* ---- version 1 ---- */

/* Unlike the port of an endpoint it may be 0. */
static bool is_port(struct slice s)
{
    uint16_t port;
    return slice_eq(s, SLICE("0")) || port_parse(s, &port);
}

/* Source, destination and their ports. */
static enum proxy_read read_addresses(struct slice rest, bool is_v6, struct proxy_header *r)
{
    struct slice word[4];
    struct ip destination;
    for (size_t i = 0; i < 4; i++)
        if (!slice_split(&rest, ' ', &word[i]))
            return bad(r, "it does not name two addresses and two ports");
    bool is_right = rest.len == 0;
    for (size_t i = 0; i < 2; i++)
        if ((slice_find(word[i], ':', 0) != SLICE_NONE) != is_v6)
            is_right = false;
    if (!is_right || !ip_parse(word[0], &r->client) || !ip_parse(word[1], &destination))
        return bad(r, "its addresses are not two of the family that it names");
    if (!is_port(word[2]) || !is_port(word[3]))
        return bad(r, "its ports are not two numbers from 0 to 65535");
    return PROXY_DONE;
}

static enum proxy_read read_v1(struct slice in, struct proxy_header *r)
{
    static const struct slice tcp4 = SLICE_INIT("PROXY TCP4 "), tcp6 = SLICE_INIT("PROXY TCP6 "),
                              unknown = SLICE_INIT("PROXY UNKNOWN");
    size_t end = slice_find(in, '\n', 0);
    if (end == SLICE_NONE)
        return in.len < LINE_MAX_V1 ? PROXY_MORE
                                    : bad(r, "its line is longer than 107 bytes, CR LF included");
    struct slice line = slice_head(in, end);
    if (end + 1 > LINE_MAX_V1)
        return bad(r, "its line is longer than 107 bytes, CR LF included");
    if (line.at[line.len - 1] != '\r')
        return bad(r, "its line ends with LF alone");
    line.len--;
    r->len = end + 1;
    if (slice_starts(line, tcp4) || slice_starts(line, tcp6))
        return read_addresses(slice_from(line, tcp4.len), line.at[tcp4.len - 2] == '6', r);
    bool is_unknown =
        slice_starts(line, unknown) && (line.len == unknown.len || line.at[unknown.len] == ' ');
    return is_unknown ? PROXY_DONE : bad(r, "it names neither TCP4 nor TCP6 nor UNKNOWN");
}

/* ---- version 2 ---- */

static size_t number16(const char *at)
{
    return (size_t)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

/* Over the whole header, with the four bytes of the sum itself as 0. */
static bool is_sum(struct slice header, size_t at)
{
    static const char zeros[4] = "";
    uint32_t sum = crc32c(0, slice_head(header, at));
    sum = crc32c(sum, slice_of(zeros, 4));
    sum = crc32c(sum, slice_from(header, at + 4));
    uint32_t told =
        (uint32_t)number16(header.at + at) << 16 | (uint32_t)number16(header.at + at + 2);
    return sum == told;
}

/* What else is told: of it only a checksum matters here, but all has to fit. */
static enum proxy_read read_rest(struct slice header, size_t at, struct proxy_header *r)
{
    while (at < header.len) {
        size_t len = header.len - at < TLV_HEAD ? SIZE_MAX : number16(header.at + at + 1);
        bool is_crc = header.at[at] == TLV_CRC32C;
        if (len == SIZE_MAX || len > header.len - at - TLV_HEAD)
            return bad(r, "one of its fields (TLV) is cut off");
        at += TLV_HEAD;
        if (is_crc && (len != 4 || !is_sum(header, at)))
            return bad(r, "its checksum (CRC32c) is wrong");
        at += len;
    }
    return PROXY_DONE;
}

enum { FAMILY_NONE, FAMILY_V4, FAMILY_V6, FAMILY_UNIX, FAMILIES };

static const struct {
    size_t bytes; /* of two addresses and, but for UNIX, two ports */
    enum ip_family family;
} families[FAMILIES] = {
    [FAMILY_NONE] = {0, IP_NONE},
    [FAMILY_V4] = {12, IP_V4},
    [FAMILY_V6] = {36, IP_V6},
    [FAMILY_UNIX] = {216, IP_NONE},
};

static enum proxy_read read_block(struct slice header, struct proxy_header *r)
{
    unsigned family = (uint8_t)header.at[13] >> 4, transport = header.at[13] & 15;
    if (family >= FAMILIES || transport > 2 || (family != FAMILY_NONE && transport != 1))
        return bad(r, "it is not about a stream of IPv4, IPv6 or UNIX");
    if (header.len - FIXED_V2 < families[family].bytes)
        return bad(r, "it is too short for its addresses");
    if (families[family].family != IP_NONE)
        r->client = ip_from_bytes(families[family].family, (const uint8_t *)header.at + FIXED_V2);
    return read_rest(header, FIXED_V2 + families[family].bytes, r);
}

static enum proxy_read read_v2(struct slice in, struct proxy_header *r)
{
    enum { LOCAL = 0x20, PROXY = 0x21 };
    if (in.len < FIXED_V2)
        return PROXY_MORE;
    unsigned command = (uint8_t)in.at[12];
    if (command != LOCAL && command != PROXY)
        return bad(r, "its version or command is not known");
    r->len = FIXED_V2 + number16(in.at + 14);
    if (r->len > PROXY_HEADER_MAX)
        return bad(r, "it is longer than 4096 bytes");
    if (in.len < r->len)
        return PROXY_MORE;
    return command == LOCAL ? PROXY_DONE : read_block(slice_head(in, r->len), r);
}

enum proxy_read proxy_header_read(struct slice in, struct proxy_header *r)
{
    *r = (struct proxy_header){.client.family = IP_NONE};
    if (in.len == 0)
        return PROXY_MORE;
    if (begins_with(in, slice_of(signature, sizeof(signature) - 1)))
        return read_v2(in, r);
    if (begins_with(in, SLICE("PROXY ")))
        return read_v1(in, r);
    return bad(r, "there is none");
}
