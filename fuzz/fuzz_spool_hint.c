/* A hint file of any bytes: what is called right lies within its bounds, in order, and each entry
 * is found again. With an odd first byte the checksum is put right first, as a hint written by a
 * program with an error in it would have it. */
#include "base/crc32c.h"
#include "spool/log/hint.h"
#include "system/heap.h"

enum { CRC_AT = 48 };

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

static void check_entries(const struct hint *h, const struct hint_head *head)
{
    uint64_t end = 0;
    size_t near = 0, wrong = hint_count(h) / 2;
    for (size_t i = 0; i < hint_count(h); i++) {
        struct hint_entry e = hint_entry(h, i), found;
        struct body body;
        need(e.offset >= end && e.offset % RECORD_ALIGN == 0);
        end = e.offset + record_size(e.length);
        need(end <= head->end && e.id != 0 && e.id <= head->last_id);
        need(is_inside(e.text, buf_slice(&h->texts)) && e.text.len <= e.length);
        need(hint_find(h, e.offset, &near, &found) && found.id == e.id);
        need(hint_find(h, e.offset, &wrong, &found) && found.id == e.id);
        wrong = hint_count(h) / 2;
        need(!hint_find(h, e.offset + 1, &wrong, &found));
        if (e.type == RECORD_MESSAGE)
            need(body_read(e.text, &body) && body.content.len == 0);
    }
}

static void put_crc_right(char head[HINT_HEAD], const struct hint *h)
{
    uint32_t crc = crc32c(0, slice_of(head, CRC_AT));
    crc = crc32c(crc32c(crc, buf_slice(&h->entries)), buf_slice(&h->texts));
    for (int i = 0; i < 4; i++)
        head[CRC_AT + i] = (char)(crc >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char bytes[HINT_HEAD];
    struct hint_head head;
    struct hint h;
    struct slice in = slice_from(slice_of((const char *)data, size), 1);
    if (in.len < HINT_HEAD)
        return 0;
    memcpy(bytes, in.at, HINT_HEAD);
    if (!hint_head_read(bytes, &head))
        return 0;
    struct slice rest = slice_from(in, HINT_HEAD);
    hint_init(&h, &heap, in.len);
    buf_add(&h.entries, slice_head(rest, (size_t)head.entries * HINT_ENTRY));
    buf_add(&h.texts, slice_from(rest, h.entries.len));
    if (data[0] & 1)
        put_crc_right(bytes, &h);
    if (hint_is_right(&h, bytes, &head))
        check_entries(&h, &head);
    hint_free(&h);
    return 0;
}
