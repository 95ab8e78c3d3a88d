/* A segment of any bytes: the scan stays inside them, moves on, and what it calls whole has a right
 * checksum and parts inside its body. With an odd first byte the input is a recipe instead: records
 * are made as it says, a stretch is overwritten, and every record outside the stretch, and none
 * that was not made, must be found. */
#include "base/crc32c.h"
#include "spool/log/record.h"

enum { RECIPE_RECORDS = 40, RECIPE_BYTES = RECIPE_RECORDS * (RECORD_HEADER + 256) };

static void need(bool is_true)
{
    if (!is_true)
        __builtin_trap();
}

static bool is_inside(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.at >= whole.at && part.len <= whole.len &&
                             (size_t)(part.at - whole.at) <= whole.len - part.len);
}

static void check_record(const struct record *r, struct slice all, size_t at, uint64_t generation)
{
    struct body body;
    need(at % RECORD_ALIGN == 0 && at + record_size(r->body.len) <= all.len);
    need(r->body.at == all.at + at + RECORD_HEADER && r->generation == generation);
    uint32_t crc = crc32c(crc32c(0, r->body), slice_of(all.at + at + 8, RECORD_HEADER - 8));
    need(crc == r->crc && memcmp(all.at + at + 4, &crc, sizeof(crc)) == 0);
    if (!body_read(r->body, &body))
        return;
    need(is_inside(body.content, r->body) && is_inside(body.chunks, r->body) &&
         is_inside(body.envelope, r->body));
    need(body.chunks.len == (size_t)body.chunk_count * CHUNK_REF);
}

static void scan_anything(struct slice in)
{
    uint64_t generation = 0;
    struct segment_head head;
    struct record r;
    if (segment_head_read(in, &head, &r))
        generation = r.generation;
    else if (!record_guess(in, &generation) && in.len >= 16)
        memcpy(&generation, in.at + 8, sizeof(generation));
    struct record_scan scan = {.bytes = in, .generation = generation};
    size_t at, before = 0;
    for (enum record_found found; (found = record_next(&scan, &r, &at)) != RECORD_LAST;) {
        need(scan.at > before && scan.at <= in.len);
        before = scan.at;
        if (found == RECORD_GOOD)
            check_record(&r, in, at, generation);
        else
            need(record_read(slice_from(in, scan.at), generation, &r));
    }
    need(scan.at <= in.len);
}

struct made {
    size_t at[RECIPE_RECORDS], end[RECIPE_RECORDS];
    size_t count;
    size_t len;
    char bytes[RECIPE_BYTES];
};

/* Two bytes of the recipe a record: type and length; the bodies hold the recipe itself, over and
 * over. */
static void make(struct made *m, struct slice recipe, uint64_t generation)
{
    memset(m, 0, sizeof(*m));
    for (size_t i = 0; i + 1 < recipe.len && m->count < RECIPE_RECORDS; i += 2) {
        char *at = m->bytes + m->len;
        size_t length = (unsigned char)recipe.at[i + 1];
        for (size_t j = 0; j < length; j++)
            at[RECORD_HEADER + j] = recipe.at[(i + j) % recipe.len];
        struct slice body = slice_of(at + RECORD_HEADER, length);
        struct record r = {.type = RECORD_SEGMENT + (unsigned char)recipe.at[i] % RECORD_END,
                           .generation = generation,
                           .id = m->count + 1,
                           .crc = record_body_crc(body),
                           .body = body};
        record_header(at, &r);
        m->at[m->count] = m->len;
        m->len += record_size(length);
        m->end[m->count++] = m->len;
    }
}

static void damage_and_scan(struct slice in)
{
    static struct made m;
    const uint64_t generation = 0x5a17edb17e5e7777;
    if (in.len < 5)
        return;
    const unsigned char *from = (const unsigned char *)in.at;
    make(&m, slice_from(in, 4), generation);
    size_t start = m.len ? (size_t)(from[0] | from[1] << 8) % m.len : 0;
    size_t length = from[2] < m.len - start ? from[2] : m.len - start;
    for (size_t i = 0; i < length; i++)
        m.bytes[start + i] = (char)(m.bytes[start + i] ^ (from[3] | 1));
    struct record_scan scan = {.bytes = slice_of(m.bytes, m.len), .generation = generation};
    struct record r;
    size_t at, seen = 0;
    for (enum record_found found; (found = record_next(&scan, &r, &at)) != RECORD_LAST;) {
        if (found != RECORD_GOOD)
            continue;
        for (; seen < m.count && m.at[seen] != at; seen++)
            need(start < m.end[seen] && start + length > m.at[seen]);
        need(seen < m.count && r.id == seen + 1);
        seen++;
    }
    for (; seen < m.count; seen++)
        need(start < m.end[seen] && start + length > m.at[seen]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    if (size && (data[0] & 1))
        damage_and_scan(slice_from(in, 1));
    else
        scan_anything(slice_from(in, size ? 8 : 0));
    return 0;
}
