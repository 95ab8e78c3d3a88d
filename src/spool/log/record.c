#include "spool/log/record.h"

#include "base/crc32c.h"
#include "spool/log/bytes.h"

enum { MAGIC = 0x4c646e43, FORMAT = 1 };

size_t record_size(size_t length)
{
    return RECORD_HEADER + (length + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

uint32_t record_body_crc(struct slice body)
{
    return crc32c(0, body);
}

void record_header(char out[RECORD_HEADER], struct record *r)
{
    put32(out, MAGIC);
    put64(out + 8, r->generation);
    put32(out + 16, (uint32_t)r->body.len);
    put32(out + 20, r->type);
    put64(out + 24, r->id);
    r->crc = crc32c(r->crc, slice_of(out + 8, RECORD_HEADER - 8));
    put32(out + 4, r->crc);
}

bool record_read(struct slice bytes, uint64_t generation, struct record *record_r)
{
    if (bytes.len < RECORD_HEADER || get32(bytes.at) != MAGIC || get64(bytes.at + 8) != generation)
        return false;
    uint32_t length = get32(bytes.at + 16);
    uint32_t type = get32(bytes.at + 20);
    if (length > RECORD_BODY_MAX || record_size(length) > bytes.len || type < RECORD_SEGMENT ||
        type > RECORD_END)
        return false;
    struct slice body = slice_of(bytes.at + RECORD_HEADER, length);
    uint32_t crc = crc32c(record_body_crc(body), slice_of(bytes.at + 8, RECORD_HEADER - 8));
    if (crc != get32(bytes.at + 4))
        return false;
    *record_r = (struct record){.type = (enum record_type)type,
                                .generation = generation,
                                .id = get64(bytes.at + 24),
                                .crc = crc,
                                .body = body};
    return true;
}

bool record_header_is(const char header[RECORD_HEADER], const struct record *r, uint32_t length)
{
    return get32(header) == MAGIC && get32(header + 4) == r->crc &&
           get64(header + 8) == r->generation && get32(header + 16) == length &&
           get32(header + 20) == r->type && get64(header + 24) == r->id;
}

/* Where the next good record begins, or the length of the bytes. */
static size_t resync(const struct record_scan *scan, size_t from, struct record *record_r)
{
    from = (from + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
    for (size_t at = from; at + RECORD_HEADER <= scan->bytes.len; at += RECORD_ALIGN)
        if (get32(scan->bytes.at + at) == MAGIC &&
            record_read(slice_from(scan->bytes, at), scan->generation, record_r))
            return at;
    return scan->bytes.len;
}

enum record_found record_next(struct record_scan *scan, struct record *record_r, size_t *offset_r)
{
    *offset_r = scan->at;
    if (record_read(slice_from(scan->bytes, scan->at), scan->generation, record_r)) {
        scan->at += record_size(record_r->body.len);
        return RECORD_GOOD;
    }
    size_t next = resync(scan, scan->at + 1, record_r);
    if (next >= scan->bytes.len)
        return RECORD_LAST;
    scan->at = next;
    return RECORD_DAMAGE;
}

bool record_guess(struct slice bytes, uint64_t *generation_r)
{
    struct record r;
    for (size_t at = 0; at + RECORD_HEADER <= bytes.len; at += RECORD_ALIGN) {
        if (get32(bytes.at + at) != MAGIC)
            continue;
        *generation_r = get64(bytes.at + at + 8);
        if (record_read(slice_from(bytes, at), *generation_r, &r))
            return true;
    }
    return false;
}

void body_prefix(char out[BODY_PREFIX], uint32_t content, uint32_t chunks, uint64_t size)
{
    put32(out, content);
    put32(out + 4, chunks);
    put64(out + 8, size);
}

bool body_read(struct slice bytes, struct body *body_r)
{
    if (bytes.len < BODY_PREFIX)
        return false;
    uint32_t content = get32(bytes.at);
    uint32_t chunks = get32(bytes.at + 4);
    struct slice rest = slice_from(bytes, BODY_PREFIX);
    if (content > rest.len || (rest.len - content) / CHUNK_REF < chunks)
        return false;
    *body_r =
        (struct body){.content = slice_head(rest, content),
                      .chunks = slice_head(slice_from(rest, content), (size_t)chunks * CHUNK_REF),
                      .chunk_count = chunks,
                      .size = get64(bytes.at + 8)};
    body_r->envelope = slice_from(rest, content + body_r->chunks.len);
    return true;
}

void chunk_ref_write(char out[CHUNK_REF], const struct chunk_ref *ref)
{
    put64(out, ref->segment);
    put32(out + 8, ref->offset);
    put32(out + 12, ref->length);
    put32(out + 16, ref->crc);
    put32(out + 20, 0);
}

struct chunk_ref chunk_ref_read(const char at[CHUNK_REF])
{
    return (struct chunk_ref){get64(at), get32(at + 8), get32(at + 12), get32(at + 16)};
}

void segment_head_write(char out[SEGMENT_BODY], const struct segment_head *head)
{
    put64(out, FORMAT);
    put64(out + 8, head->number);
    put64(out + 16, head->salt);
    put64(out + 24, head->before);
    put64(out + 32, head->before_end);
}

bool segment_head_read(struct slice bytes, struct segment_head *head_r, struct record *record_r)
{
    if (bytes.len < RECORD_HEADER || !record_read(bytes, get64(bytes.at + 8), record_r))
        return false;
    const char *at = record_r->body.at;
    if (record_r->type != RECORD_SEGMENT || record_r->body.len != SEGMENT_BODY ||
        get64(at) != FORMAT)
        return false;
    *head_r = (struct segment_head){get64(at + 8), get64(at + 16), get64(at + 24), get64(at + 32)};
    return (head_r->salt ^ head_r->number) == record_r->generation;
}
