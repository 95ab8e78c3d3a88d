/* CRC-32C (Castagnoli, RFC 3720 B.4), by the processor's instruction where it has one. */
#ifndef CANDOR_BASE_CRC32C_H
#define CANDOR_BASE_CRC32C_H

#include "base/slice.h"

/* Continue a checksum over more bytes; start with 0. */
uint32_t crc32c(uint32_t crc, struct slice s);

#endif
