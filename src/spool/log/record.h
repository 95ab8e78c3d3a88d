/* Records, the only thing segments hold: a header of 32 bytes, a body, zeros up to a multiple of 8.
 * All numbers are little-endian. Pure: bytes in, bytes out.
 *
 *   0  u32 magic            8  u64 generation of the segment     20  u32 type
 *   4  u32 CRC-32C of       16 u32 length of the body            24  u64 id
 *      body, then header from 8 on
 *
 * The generation is the spool's salt (random) XOR the segment's number: bytes that a hostile
 * message carries, or that an earlier use of the file left, are never taken for a record. */
#ifndef CANDOR_SPOOL_LOG_RECORD_H
#define CANDOR_SPOOL_LOG_RECORD_H

#include "base/slice.h"

enum {
    RECORD_HEADER = 32,
    RECORD_ALIGN = 8,
    RECORD_BODY_MAX = 64 << 20,
    BODY_PREFIX = 16, /* of message and chunk: u32 bytes of content, u32 chunks, u64 size in all */
    CHUNK_REF = 24,   /* u64 segment, u32 offset, u32 body length, u32 CRC, u32 zero */
    CHUNK_SIZE = 256 * 1024, /* content in every chunk; the rest stands in the message record */
    SEGMENT_BODY = 40, /* u64 format, number, salt, number of the segment before, where it ended */
};

enum record_type {
    RECORD_SEGMENT = 1, /* first in every segment; the id is the last that was given out */
    RECORD_CHUNK,       /* content of a message whose record comes later */
    RECORD_MESSAGE,     /* prefix, content, chunk references, envelope */
    RECORD_STATE,
    RECORD_END,
};

struct record {
    enum record_type type;
    uint64_t generation;
    uint64_t id;
    uint32_t crc;
    struct slice body;
};

/* Bytes in the file for a body of `length`. */
size_t record_size(size_t length);
/* The checksum of a body, the start of a record's. */
uint32_t record_body_crc(struct slice body);
/* Writes the header; the CRC is made from r->crc, that of the body alone, and put there. */
void record_header(char out[RECORD_HEADER], struct record *r);
/* The record at the start of `bytes`; false unless all of it is there and right. */
MUST_CHECK bool record_read(struct slice bytes, uint64_t generation, struct record *record_r);

/* Whether a header is that of this record, `length` being its body's; the body is not looked at. */
MUST_CHECK bool record_header_is(const char header[RECORD_HEADER], const struct record *r,
                                 uint32_t length);

enum record_found { RECORD_GOOD, RECORD_DAMAGE, RECORD_LAST };

struct record_scan {
    struct slice bytes; /* a segment's, from its start */
    uint64_t generation;
    size_t at; /* what comes next */
};

/* Steps over one record (given at *offset_r), or over damage up to the next good record (which
 * begins at scan->at), or finds that nothing good follows; then scan->at stays at the end of what
 * is good. */
enum record_found record_next(struct record_scan *scan, struct record *record_r, size_t *offset_r);

/* The generation of the first whole record of any: there are records here, though nobody knows yet
 * whose. */
MUST_CHECK bool record_guess(struct slice bytes, uint64_t *generation_r);

struct body {
    struct slice content;
    struct slice chunks; /* CHUNK_REF bytes each */
    uint32_t chunk_count;
    uint64_t size; /* of the whole message */
    struct slice envelope;
};

void body_prefix(char out[BODY_PREFIX], uint32_t content, uint32_t chunks, uint64_t size);
/* False when the lengths do not fit together. */
MUST_CHECK bool body_read(struct slice bytes, struct body *body_r);

struct chunk_ref {
    uint64_t segment; /* number */
    uint32_t offset;
    uint32_t length; /* of the record's body */
    uint32_t crc;    /* of the record */
};

void chunk_ref_write(char out[CHUNK_REF], const struct chunk_ref *ref);
struct chunk_ref chunk_ref_read(const char at[CHUNK_REF]);

struct segment_head {
    uint64_t number;
    uint64_t salt;
    uint64_t before;     /* number of the segment written before this one, 0 if none */
    uint64_t before_end; /* bytes of it that count */
};

void segment_head_write(char out[SEGMENT_BODY], const struct segment_head *head);
/* Reads the first record of a segment, whose generation is not known yet. */
MUST_CHECK bool segment_head_read(struct slice bytes, struct segment_head *head_r,
                                  struct record *record_r);

#endif
