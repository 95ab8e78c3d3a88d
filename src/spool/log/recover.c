/* Opening: every segment is read in order and what it says is put into the index. A record that was
 * not whole when the power went is the normal end of a segment; anything else that cannot be read
 * is damage, is reported, and costs no more than the records it lies in. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/log/parts.h"
#include "spool/log/salt.h"

enum {
    PAGE = 4096,
    ID_GAP = 1 << 16, /* ids left out when the last ones given may stand in what is lost */
};

static bool add_segment(struct log *log, uint64_t number, const char *name)
{
    struct segment **at = &log->segments;
    struct segment *s = mem_take(log->mem, sizeof(*s));
    if (!s)
        return false;
    int fd = openat(log->folder.fd, name, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        mem_give(log->mem, s, sizeof(*s));
        return false;
    }
    while (*at && (*at)->number < number)
        at = &(*at)->next;
    *s = (struct segment){
        .number = number, .fd = fd, .oldest = number, .origin = number, .next = *at};
    *at = s;
    if (number > log->last_number)
        log->last_number = number;
    return true;
}

static void add_old(struct log *log, uint64_t number, const char *name)
{
    if (log->pool_count < log->pool_size)
        log->pool[log->pool_count++] = number;
    else
        (void)unlinkat(log->folder.fd, name, 0);
    if (number > log->last_number)
        log->last_number = number;
}

static bool find_segments(struct log *log, struct err *err_r)
{
    int fd = openat(log->folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return err_set(err_r, ERR_IO, 0, "the spool's folder cannot be listed");
    bool is_good = true;
    uint64_t number;
    bool is_old;
    for (const struct dirent *e; is_good && (e = readdir(dir));)
        if (!segment_name_read(e->d_name, &number, &is_old))
            continue;
        else if (is_old)
            add_old(log, number, e->d_name);
        else
            is_good = add_segment(log, number, e->d_name);
    closedir(dir);
    return is_good || err_set(err_r, ERR_IO, 0, "a segment of the spool cannot be opened");
}

/* What the heads say: each segment's generation, and where the one before it ended. */
static size_t read_heads(struct log *log)
{
    size_t found = 0;
    for (struct segment *s = log->segments; s; s = s->next) {
        struct segment *before;
        char bytes[RECORD_HEADER + SEGMENT_BODY];
        struct segment_head head;
        struct record r;
        size_t got;
        if (segment_read(s, 0, bytes, sizeof(bytes), &got) != ERR_OK ||
            !segment_head_read(slice_of(bytes, got), &head, &r) || head.number != s->number)
            continue;
        found++;
        log->salt = head.salt;
        s->generation = r.generation;
        before = segments_find(log, head.before); /* not its neighbour after a failed creation */
        if (before)
            before->end = head.before_end;
    }
    return found;
}

/* Reads a file whole; pages that the disk cannot read stay zero, and so become damage. */
static void read_pages(const struct segment *s, char *to, size_t size)
{
    size_t got;
    if (segment_read(s, 0, to, size, &got) == ERR_OK) {
        memset(to + got, 0, size - got);
        return;
    }
    for (size_t at = 0; at < size; at += PAGE) {
        size_t part = size - at < PAGE ? size - at : PAGE;
        if (segment_read(s, at, to + at, part, &got) != ERR_OK)
            got = 0;
        memset(to + at + got, 0, part - got);
    }
}

static size_t file_size(const struct segment *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
}

/* Whether any segment holds a whole record, of whatever generation. */
static bool has_records(struct log *log)
{
    bool found = false;
    for (const struct segment *s = log->segments; s && !found; s = s->next) {
        uint64_t generation;
        size_t size = file_size(s);
        char *bytes = mem_take(log->mem, size + 1);
        if (!bytes)
            return true;
        read_pages(s, bytes, size);
        found = record_guess(slice_of(bytes, size), &generation);
        mem_give(log->mem, bytes, size + 1);
    }
    return found;
}

/* The heads know it; else the file `salt` does; a new spool gets one, and it must be durable before
 * there is a segment. */
static bool choose_salt(struct log *log, struct err *err_r)
{
    uint64_t kept = 0;
    bool is_kept = salt_read(&log->folder, &kept);
    if (read_heads(log) > 0) {
        if (!is_kept || kept != log->salt)
            (void)salt_write(&log->folder, log->salt); /* a spare; the next start tries again */
        return true;
    }
    log->salt = kept;
    if (is_kept)
        return true;
    if (has_records(log))
        return err_set(err_r, ERR_CORRUPT, 0,
                       "it holds mail, but no segment has a readable head and the file \"salt\" is "
                       "missing or damaged: put that file back from a backup of the spool");
    if (getrandom(&log->salt, sizeof(log->salt), 0) != (ssize_t)sizeof(log->salt))
        return err_set(err_r, ERR_IO, 0, "no random number for the spool");
    enum err_code result = salt_write(&log->folder, log->salt);
    return result == ERR_OK ||
           err_set(err_r, result, 0, "the spool's file \"salt\" can't be written");
}

static void choose_generations(struct log *log)
{
    for (struct segment *s = log->segments; s; s = s->next)
        if (!s->generation)
            s->generation = log->salt ^ s->number;
}

static bool add_chunks(struct log *log, struct message *m, const struct body *body)
{
    for (uint32_t i = 0; i < body->chunk_count; i++) {
        struct chunk_ref ref = chunk_ref_read(body->chunks.at + (size_t)i * CHUNK_REF);
        struct place place = {segments_find(log, ref.segment), ref.offset, ref.length};
        struct chunks *more =
            chunks_add(log->mem, m->chunks, (struct chunk){.place = place, .crc = ref.crc});
        if (!more)
            return false;
        m->chunks = more;
    }
    return true;
}

static bool apply_message(struct log *log, const struct record *r, struct place place)
{
    struct body body;
    struct message *m = index_find(&log->index, r->id);
    struct segment *s = place.segment;
    if (!body_read(r->body, &body)) {
        log_damage(log, s->number, place.offset, "a message's parts do not fit together");
        return true;
    }
    if (!m)
        m = index_add(&log->index, r->id);
    else if (m->record.segment->origin < s->origin)
        s->origin = m->record.segment->origin;
    if (!m)
        return false;
    segments_widen(s, r->id);
    place_set(&m->record, place);
    chunks_drop(log->mem, m->chunks);
    m->chunks = NULL;
    return add_chunks(log, m, &body);
}

static bool apply(struct log *log, const struct record *r, struct place place)
{
    struct message *m = index_find(&log->index, r->id);
    struct segment *s = place.segment;
    if (r->id > log->last_id)
        log->last_id = r->id;
    if (r->type == RECORD_MESSAGE)
        return apply_message(log, r, place);
    if (!m)
        return true;
    if (r->type == RECORD_STATE) {
        place_set(&m->state, place);
    } else if (r->type == RECORD_END) {
        if (m->record.segment->origin < s->oldest)
            s->oldest = m->record.segment->origin;
        index_remove(&log->index, r->id);
    }
    return true;
}

static bool scan(struct log *log, struct segment *s, struct slice bytes)
{
    struct record_scan scan = {.bytes = bytes, .generation = s->generation};
    struct record r;
    size_t at;
    for (enum record_found found; (found = record_next(&scan, &r, &at)) != RECORD_LAST;) {
        struct place place = {s, (uint32_t)at, (uint32_t)r.body.len};
        if (found == RECORD_DAMAGE) {
            log_damage(log, s->number, at, "damaged; what follows is whole again");
            log->last_id += ID_GAP;
        } else if (!apply(log, &r, place)) {
            return false;
        }
    }
    if (s->end && scan.at < s->end)
        log_damage(log, s->number, scan.at, "damaged up to the end");
    if (scan.at < bytes.len)
        log->last_id += ID_GAP;
    if (!s->end)
        s->end = scan.at;
    return true;
}

static bool scan_file(struct log *log, struct segment *s, struct err *err_r)
{
    size_t size = file_size(s);
    if (s->end && s->end < size)
        size = (size_t)s->end; /* what came later was never acknowledged */
    char *bytes = mem_take(log->mem, size + 1);
    if (!bytes)
        return err_set(err_r, ERR_MEMORY, 0, "no memory to read the spool");
    read_pages(s, bytes, size);
    bool is_good = scan(log, s, slice_of(bytes, size));
    mem_give(log->mem, bytes, size + 1);
    return is_good || err_set(err_r, ERR_MEMORY, 0, "no memory for the spool's index");
}

/* Messages whose chunks are gone with their file. Only now, as the end of a message may come long
 * after its chunks went. */
static void drop_headless(struct log *log)
{
    struct message *m;
    size_t at = 0;
    while ((m = id_map_next(&log->index.messages, &at))) {
        bool is_whole = true;
        for (uint32_t i = 0; m->chunks && i < m->chunks->count; i++)
            is_whole &= m->chunks->items[i].place.segment != NULL;
        if (is_whole)
            continue;
        log_damage(log, m->record.segment->number, m->record.offset,
                   "the file with a part of this message is gone");
        index_remove(&log->index, m->id);
        at = 0; /* the map has changed */
    }
}

bool recover(struct log *log, struct err *err_r)
{
    if (!find_segments(log, err_r) || !choose_salt(log, err_r))
        return false;
    choose_generations(log);
    for (struct segment *s = log->segments; s; s = s->next) {
        if (!scan_file(log, s, err_r))
            return false;
        log->current = s;
    }
    if (log->current)
        log->current->is_dirty = true; /* what a killed process left may not be on the disk yet */
    drop_headless(log);
    atomic_store(&log->may_be_dead, true);
    return true;
}
