/* A hint: what a scan of a sealed segment finds, without the content of the messages, so that a
 * start need not read the segment. Beside `seg-N.log` it is the file `seg-N.hint`; it is never
 * needed, and what is not right about it makes the start scan the segment. Pure: bytes in, bytes
 * out.
 *
 *   0  u32 magic, u32 format     24 u64 end of the segment     44 u32 bytes of texts
 *   8  u64 generation            32 u64 last id                48 u32 CRC-32C of what stands
 * before, 16 u64 number                40 u32 entries                   the entries and the texts
 *
 * After 56 bytes come the entries, in the order of the segment:
 *
 *   0  u32 type      8  u32 length of the body    16 u64 id              28 u32 length of its text
 *   4  u32 offset    12 u32 CRC of the record     24 u32 where its text stands among the texts
 *
 * and then the texts: of a message its body with no content, of a state its body. */
#ifndef CANDOR_SPOOL_LOG_HINT_H
#define CANDOR_SPOOL_LOG_HINT_H

#include "base/buf.h"
#include "spool/log/record.h"

enum { HINT_HEAD = 56, HINT_ENTRY = 32 };

struct hint {
    struct buf entries;
    struct buf texts;
};

struct hint_head {
    uint64_t generation;
    uint64_t number;
    uint64_t end;
    uint64_t last_id; /* the largest that was given out when the segment was sealed */
    uint32_t entries; /* count */
    uint32_t texts;   /* bytes */
};

struct hint_entry {
    enum record_type type;
    uint32_t offset;
    uint32_t length;
    uint32_t crc;
    uint64_t id;
    struct slice text; /* in the hint */
};

/* At most `limit` bytes of either part; beyond it the hint has failed. */
void hint_init(struct hint *h, const struct mem *mem, size_t limit);
void hint_free(struct hint *h);
/* Empty, with another limit, the memory kept. */
void hint_clear(struct hint *h, size_t limit);
static inline bool hint_has_failed(const struct hint *h)
{
    return h->entries.failed || h->texts.failed;
}
static inline size_t hint_count(const struct hint *h)
{
    return h->entries.len / HINT_ENTRY;
}

/* The next record of the segment; those that no hint keeps (chunks, the head) are passed over. */
void hint_add(struct hint *h, const struct record *r, uint32_t offset);
struct hint_entry hint_entry(const struct hint *h, size_t i);
/* The entry of the record at `offset`; looks at *near first and leaves there where to look next. */
MUST_CHECK bool hint_find(const struct hint *h, uint32_t offset, size_t *near,
                          struct hint_entry *e_r);

/* `entries` and `texts` are taken from the hint. */
void hint_head_write(char out[HINT_HEAD], const struct hint_head *head, const struct hint *h);
/* False when this is no head, or one that cannot be right: sizes past the segment's end. */
MUST_CHECK bool hint_head_read(const char bytes[HINT_HEAD], struct hint_head *head_r);
/* Whether entries and texts are those the head was written for, and each entry may be believed. */
MUST_CHECK bool hint_is_right(const struct hint *h, const char bytes[HINT_HEAD],
                              const struct hint_head *head);

#endif
