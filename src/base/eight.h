/* Eight bytes of a text at a time, for loops that look for the end of what is usual. A mask has the
 * top bit of a byte set where the byte is meant; above the first one that is, it may err. */
#ifndef CANDOR_BASE_EIGHT_H
#define CANDOR_BASE_EIGHT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EIGHT_ONES (UINT64_MAX / 255)
#define EIGHT_TOPS (EIGHT_ONES << 7)

/* The first byte is the lowest, whatever the machine's order is. */
static inline uint64_t eight_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Masks of the bytes under `c` (up to 0x80) and of those that are `c` (ASCII), both perhaps with
 * some over 0x7f. */
static inline uint64_t eight_under(uint64_t word, unsigned char c)
{
    return (word - EIGHT_ONES * c) & EIGHT_TOPS;
}

static inline uint64_t eight_equal(uint64_t word, unsigned char c)
{
    return ((word ^ EIGHT_ONES * c) - EIGHT_ONES) & EIGHT_TOPS;
}

/* The mask of bytes that are neither printable ASCII nor a space. */
static inline uint64_t eight_unprintable(uint64_t word)
{
    return ((word | (word + EIGHT_ONES)) & EIGHT_TOPS) | eight_under(word, ' ');
}

/* The mask of bytes that are no letters of ASCII. */
static inline uint64_t eight_no_letters(uint64_t word)
{
    uint64_t lower = word | EIGHT_ONES * 0x20;
    uint64_t from_a = lower + EIGHT_ONES * (0x80 - 'a'),
             behind_z = lower + EIGHT_ONES * (0x7f - 'z');
    return (word | ~from_a | behind_z) & EIGHT_TOPS;
}

/* The same bytes with the letters of ASCII in lower case. */
static inline uint64_t eight_lower(uint64_t word)
{
    uint64_t low = word & ~EIGHT_TOPS;
    uint64_t from_a = low + EIGHT_ONES * (0x80 - 'A'), behind_z = low + EIGHT_ONES * (0x7f - 'Z');
    return word | (from_a & ~behind_z & ~word & EIGHT_TOPS) >> 2;
}

/* The mask of bytes that are no letters, no digits and no spaces of ASCII. */
static inline uint64_t eight_no_words(uint64_t word)
{
    uint64_t from_0 = word + EIGHT_ONES * (0x80 - '0'), behind_9 = word + EIGHT_ONES * (0x7f - '9');
    /* Without a borrow from one byte to the next: spaces stand in front of what is looked for. */
    uint64_t no_space = ((word ^ EIGHT_ONES * ' ') & ~EIGHT_TOPS) + EIGHT_ONES * 0x7f;
    return eight_no_letters(word) & ~(((from_0 & ~behind_9) | ~no_space) & ~word);
}

/* Which byte a mask that is not 0 means first. */
static inline size_t eight_first(uint64_t mask)
{
    return (size_t)__builtin_ctzll(mask) / 8;
}

#endif
