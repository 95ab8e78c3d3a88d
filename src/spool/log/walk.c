#include "spool/log/walk.h"

enum { WINDOW = 1 << 20, PAGE = 4096 };

void walk_init(struct walk *w, const struct mem *mem)
{
    *w = (struct walk){0};
    buf_init(&w->window, mem, (size_t)UINT32_MAX); /* more than a segment has */
}

void walk_free(struct walk *w)
{
    buf_free(&w->window);
}

void walk_begin(struct walk *w, const struct segment *s, uint64_t end)
{
    w->segment = s;
    w->end = end;
    w->at = w->window_at = 0;
    w->failed = false;
    w->scan = (struct record_scan){.generation = s->generation};
}

/* Pages that the disk cannot read, and what is past the end of the file, become zeros. */
static void read_pages(const struct segment *s, uint64_t offset, char *to, size_t size)
{
    size_t got;
    if (segment_read(s, offset, to, size, &got) == ERR_OK) {
        memset(to + got, 0, size - got);
        return;
    }
    for (size_t at = 0; at < size; at += PAGE) {
        size_t part = size - at < PAGE ? size - at : PAGE;
        if (segment_read(s, offset + at, to + at, part, &got) != ERR_OK)
            got = 0;
        memset(to + at + got, 0, part - got);
    }
}

/* The next window begins with the first byte that is not gone through; false at the end. A record,
 * or damage, that is longer than the window gets a longer one. */
static bool next_window(struct walk *w)
{
    size_t before = w->scan.bytes.len, size = WINDOW;
    if (w->window_at + before >= w->end)
        return false;
    while (w->scan.at == 0 && size <= before)
        size *= 2;
    uint64_t left = w->end - w->at;
    if (size > left)
        size = (size_t)left;
    buf_clear(&w->window);
    char *to = buf_reserve(&w->window, size);
    w->failed = !to;
    if (!to)
        return false;
    read_pages(w->segment, w->at, to, size);
    w->window.len = size;
    w->window_at = w->at;
    w->scan.bytes = buf_slice(&w->window);
    w->scan.at = 0;
    return true;
}

enum record_found walk_next(struct walk *w, struct record *record_r, uint64_t *offset_r)
{
    size_t at;
    do {
        enum record_found found = record_next(&w->scan, record_r, &at);
        *offset_r = w->window_at + at;
        w->at = w->window_at + w->scan.at;
        if (found != RECORD_LAST)
            return found;
    } while (next_window(w));
    return RECORD_LAST;
}
