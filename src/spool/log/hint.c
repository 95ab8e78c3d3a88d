#include "spool/log/hint.h"

#include "base/crc32c.h"
#include "spool/log/bytes.h"

enum { HINT_MAGIC = 0x48646e43, HINT_FORMAT = 1, HINT_CRC_AT = 48 };

void hint_init(struct hint *h, const struct mem *mem, size_t limit)
{
    buf_init(&h->entries, mem, limit);
    buf_init(&h->texts, mem, limit);
}

void hint_free(struct hint *h)
{
    buf_free(&h->entries);
    buf_free(&h->texts);
}

void hint_clear(struct hint *h, size_t limit)
{
    buf_clear(&h->entries);
    buf_clear(&h->texts);
    h->entries.limit = h->texts.limit = limit;
}

/* The body of a message as it would be with no content. */
static void add_message_text(struct buf *texts, struct slice bytes)
{
    struct body body;
    char prefix[BODY_PREFIX];
    if (!body_read(bytes, &body)) {
        texts->failed = true;
        return;
    }
    body_prefix(prefix, 0, body.chunk_count, body.size);
    buf_add(texts, slice_of(prefix, sizeof(prefix)));
    buf_add(texts, body.chunks);
    buf_add(texts, body.envelope);
}

void hint_add(struct hint *h, const struct record *r, uint32_t offset)
{
    char entry[HINT_ENTRY];
    size_t at = h->texts.len;
    if (hint_has_failed(h) || r->type == RECORD_CHUNK || r->type == RECORD_SEGMENT)
        return;
    if (r->type == RECORD_MESSAGE)
        add_message_text(&h->texts, r->body);
    else
        buf_add(&h->texts, r->body);
    put32(entry, r->type);
    put32(entry + 4, offset);
    put32(entry + 8, (uint32_t)r->body.len);
    put32(entry + 12, r->crc);
    put64(entry + 16, r->id);
    put32(entry + 24, (uint32_t)at);
    put32(entry + 28, (uint32_t)(h->texts.len - at));
    buf_add(&h->entries, slice_of(entry, sizeof(entry)));
}

struct hint_entry hint_entry(const struct hint *h, size_t i)
{
    const char *at = h->entries.at + i * HINT_ENTRY;
    return (struct hint_entry){
        .type = (enum record_type)get32(at),
        .offset = get32(at + 4),
        .length = get32(at + 8),
        .crc = get32(at + 12),
        .id = get64(at + 16),
        .text = slice_head(slice_from(buf_slice(&h->texts), get32(at + 24)), get32(at + 28))};
}

static uint32_t offset_of(const struct hint *h, size_t i)
{
    return get32(h->entries.at + i * HINT_ENTRY + 4);
}

bool hint_find(const struct hint *h, uint32_t offset, size_t *near, struct hint_entry *e_r)
{
    size_t first = 0, last = hint_count(h); /* it is in [first, last) if anywhere */
    if (*near < last && offset_of(h, *near) == offset)
        first = *near;
    else
        while (last - first > 1) {
            size_t middle = first + (last - first) / 2;
            if (offset_of(h, middle) <= offset)
                first = middle;
            else
                last = middle;
        }
    if (first >= hint_count(h) || offset_of(h, first) != offset)
        return false;
    *e_r = hint_entry(h, first);
    *near = first + 1;
    return true;
}

static uint32_t crc_of(const char head[HINT_CRC_AT], const struct hint *h)
{
    uint32_t crc = crc32c(0, slice_of(head, HINT_CRC_AT));
    return crc32c(crc32c(crc, buf_slice(&h->entries)), buf_slice(&h->texts));
}

void hint_head_write(char out[HINT_HEAD], const struct hint_head *head, const struct hint *h)
{
    put32(out, HINT_MAGIC);
    put32(out + 4, HINT_FORMAT);
    put64(out + 8, head->generation);
    put64(out + 16, head->number);
    put64(out + 24, head->end);
    put64(out + 32, head->last_id);
    put32(out + 40, (uint32_t)hint_count(h));
    put32(out + 44, (uint32_t)h->texts.len);
    put32(out + HINT_CRC_AT, crc_of(out, h));
    put32(out + HINT_CRC_AT + 4, 0);
}

bool hint_head_read(const char bytes[HINT_HEAD], struct hint_head *head_r)
{
    if (get32(bytes) != HINT_MAGIC || get32(bytes + 4) != HINT_FORMAT ||
        get32(bytes + HINT_CRC_AT + 4) != 0)
        return false;
    *head_r = (struct hint_head){get64(bytes + 8),  get64(bytes + 16), get64(bytes + 24),
                                 get64(bytes + 32), get32(bytes + 40), get32(bytes + 44)};
    /* a record's header is as long as an entry, and no text is longer than its record's body */
    return (uint64_t)head_r->entries * HINT_ENTRY + head_r->texts <= head_r->end;
}

/* How long a text must be for its record. */
static bool text_fits(const struct hint_entry *e)
{
    struct body body;
    if (e->type == RECORD_STATE)
        return e->text.len == e->length;
    if (e->type == RECORD_END)
        return e->text.len == 0 && e->length == 0;
    return e->type == RECORD_MESSAGE && e->text.len <= e->length && body_read(e->text, &body) &&
           body.content.len == 0;
}

bool hint_is_right(const struct hint *h, const char bytes[HINT_HEAD], const struct hint_head *head)
{
    uint64_t free_from = record_size(SEGMENT_BODY), texts = 0;
    if (h->entries.len != (size_t)head->entries * HINT_ENTRY || h->texts.len != head->texts ||
        get32(bytes + HINT_CRC_AT) != crc_of(bytes, h))
        return false;
    for (size_t i = 0; i < head->entries; i++) {
        struct hint_entry e = hint_entry(h, i);
        if (e.offset < free_from || e.offset % RECORD_ALIGN || e.length > RECORD_BODY_MAX ||
            e.id == 0 || e.id > head->last_id ||
            get32(h->entries.at + i * HINT_ENTRY + 24) != texts || !text_fits(&e))
            return false;
        free_from = e.offset + record_size(e.length);
        texts += get32(h->entries.at + i * HINT_ENTRY + 28);
        if (free_from > head->end || texts > head->texts)
            return false;
    }
    return texts == head->texts;
}
