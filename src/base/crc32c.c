#include "base/crc32c.h"

static const uint32_t nibble_table[16] = {
    /* the reflected polynomial 0x82f63b78, a half byte at a time: 64 bytes of table, no set-up */
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc_portable(uint32_t crc, const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)at[i];
        crc = crc >> 4 ^ nibble_table[crc & 15];
        crc = crc >> 4 ^ nibble_table[crc & 15];
    }
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const char *at,
                                                            size_t len)
{
    uint64_t wide = crc;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len; at++, len--)
        crc = __builtin_ia32_crc32qi(crc, (unsigned char)*at);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, struct slice s)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc_sse42(~crc, s.at, s.len);
#endif
    return ~crc_portable(~crc, s.at, s.len);
}
