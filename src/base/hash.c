#include "base/hash.h"

#include "base/eight.h"

/* After the paper "SipHash: a fast short-input PRF" (Aumasson, Bernstein 2012), one round per word
 * and three to finish. */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void round_once(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline uint64_t hash(const struct hash_key *key, struct slice in, bool fold)
{
    struct sip s = {key->k0 ^ 0x736f6d6570736575U, key->k1 ^ 0x646f72616e646f6dU,
                    key->k0 ^ 0x6c7967656e657261U, key->k1 ^ 0x7465646279746573U};
    size_t at = 0;
    for (; in.len - at >= 8; at += 8) {
        uint64_t word = eight_load(in.at + at);
        if (fold)
            word = eight_lower(word);
        s.v3 ^= word;
        round_once(&s);
        s.v0 ^= word;
    }
    char rest[8] = {0};
    if (in.len > at)
        memcpy(rest, in.at + at, in.len - at);
    uint64_t last = eight_load(rest);
    if (fold)
        last = eight_lower(last);
    last |= (uint64_t)in.len << 56;
    s.v3 ^= last;
    round_once(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        round_once(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_slice(const struct hash_key *key, struct slice s)
{
    return hash(key, s, false);
}

uint64_t hash_slice_nocase(const struct hash_key *key, struct slice s)
{
    return hash(key, s, true);
}
