/* The hint files: read when the spool opens; written unsynced when a segment is sealed, a part in
 * each round of the committer, so that no batch waits for a whole one. A hint that the disk lost or
 * kept a part of is not right, and its segment is scanned. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/log/parts.h"

enum {
    PART = 256 * 1024, /* written at once */
    WORTH = 4,         /* past a fourth of a segment, of entries or of texts, a scan is as quick */
};

void hints_begin(struct log *log, uint64_t number)
{
    hint_clear(&log->building, log->segment_size / WORTH);
    log->building_number = number;
}

static void end_writing(struct log *log, bool is_whole)
{
    struct hint_writing *w = &log->writing;
    char name[SEGMENT_NAME];
    if (w->number == 0)
        return;
    close(w->fd);
    segment_hint_name(w->number, name);
    if (!is_whole)
        (void)unlinkat(log->folder.fd, name, 0);
    hint_free(&w->hint);
    w->number = 0;
}

bool hints_are_pending(const struct log *log)
{
    return log->writing.number != 0;
}

/* The part of the file that begins at `at`. */
static struct slice part_at(const struct hint_writing *w, size_t at)
{
    const struct slice parts[] = {slice_of(w->head, HINT_HEAD), buf_slice(&w->hint.entries),
                                  buf_slice(&w->hint.texts)};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (at < parts[i].len)
            return slice_from(parts[i], at);
        at -= parts[i].len;
    }
    return SLICE("");
}

void hints_step(struct log *log)
{
    struct hint_writing *w = &log->writing;
    struct slice part = w->number ? slice_head(part_at(w, w->done), PART) : SLICE("");
    if (part.len == 0) {
        end_writing(log, true);
        return;
    }
    ssize_t got = -1;
    if (!fault_now(log->folder.fault))
        got = pwrite(w->fd, part.at, part.len, (off_t)w->done);
    if (got <= 0)
        end_writing(log, false);
    else
        w->done += (size_t)got;
}

void hints_finish(struct log *log)
{
    while (hints_are_pending(log))
        hints_step(log);
}

/* Takes the hint that was built. */
static void begin_writing(struct log *log, const struct segment *s)
{
    struct hint_writing *w = &log->writing;
    struct hint_head head = {s->generation, s->number, s->end, log->last_id, 0, 0};
    char name[SEGMENT_NAME];
    if (hint_has_failed(&log->building) || fault_now(log->folder.fault))
        return;
    segment_hint_name(s->number, name);
    w->fd = openat(log->folder.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (w->fd < 0)
        return;
    hint_head_write(w->head, &head, &log->building);
    w->number = s->number;
    w->done = 0;
    w->hint = log->building;
    hint_init(&log->building, log->mem, 0);
}

void hints_seal(struct log *log, const struct segment *s)
{
    hints_finish(log);
    if (log->building_number == s->number)
        begin_writing(log, s);
    log->building_number = 0;
}

void hints_cancel(struct log *log, const struct segment *s)
{
    if (log->writing.number == s->number)
        end_writing(log, false);
}

void hints_free(struct log *log)
{
    end_writing(log, false);
    hint_free(&log->building);
}

/* `size` bytes of the file into the buffer. */
static bool read_part(int fd, size_t at, struct buf *into, size_t size)
{
    char *to = size ? buf_reserve(into, size) : NULL;
    if (size && (!to || pread(fd, to, size, (off_t)at) != (ssize_t)size))
        return false;
    into->len = size;
    return true;
}

/* The header of the last record that the hint knows stands in the segment as it says. */
static bool knows_last(const struct segment *s, const struct hint *h)
{
    char bytes[RECORD_HEADER];
    size_t got;
    if (hint_count(h) == 0)
        return true;
    struct hint_entry e = hint_entry(h, hint_count(h) - 1);
    struct record r = {.type = e.type, .generation = s->generation, .id = e.id, .crc = e.crc};
    return segment_read(s, e.offset, bytes, sizeof(bytes), &got) == ERR_OK &&
           got == sizeof(bytes) && record_header_is(bytes, &r, e.length);
}

static bool read_file(const struct segment *s, int fd, struct hint *h, struct hint_head *head_r)
{
    char bytes[HINT_HEAD];
    struct stat st, segment;
    if (fstat(fd, &st) != 0 || fstat(s->fd, &segment) != 0 ||
        pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
        !hint_head_read(bytes, head_r))
        return false;
    size_t entries = (size_t)head_r->entries * HINT_ENTRY;
    if ((uint64_t)st.st_size != HINT_HEAD + entries + head_r->texts ||
        head_r->number != s->number || head_r->generation != s->generation ||
        (s->end && s->end != head_r->end) || (uint64_t)segment.st_size < head_r->end)
        return false;
    return read_part(fd, HINT_HEAD, &h->entries, entries) &&
           read_part(fd, HINT_HEAD + entries, &h->texts, head_r->texts) &&
           hint_is_right(h, bytes, head_r) && knows_last(s, h);
}

bool hints_load(const struct log *log, const struct segment *s, struct hint *into,
                struct hint_head *head_r)
{
    char name[SEGMENT_NAME];
    if (!s->has_head || !s->has_hint)
        return false;
    segment_hint_name(s->number, name);
    int fd = openat(log->folder.fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    hint_clear(into, HINT_MOST);
    bool is_right = read_file(s, fd, into, head_r);
    close(fd);
    return is_right;
}
