/* Numbers in files: little-endian, at any address. */
#ifndef CANDOR_SPOOL_LOG_BYTES_H
#define CANDOR_SPOOL_LOG_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put32(char *to, uint32_t value)
{
    value = htole32(value);
    memcpy(to, &value, sizeof(value));
}

static inline void put64(char *to, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, sizeof(value));
}

static inline uint32_t get32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static inline uint64_t get64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

#endif
