/* Opening: every segment is read in order, or its hint in its place, and what it says is put into
 * the index. A record that was not whole when the power went is the normal end of a segment;
 * anything else that cannot be read is damage, is reported, and costs no more than the records it
 * lies in. Behind a hint damage shows when the record is read. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/log/parts.h"
#include "spool/log/salt.h"
#include "spool/log/walk.h"

enum {
    ID_GAP = 1 << 16, /* ids left out when the last ones given may stand in what is lost */
};

static bool add_segment(struct log *log, uint64_t number, const char *name)
{
    struct segment **at = &log->segments;
    struct segment *s = mem_take(log->mem, sizeof(*s));
    if (!s)
        return false;
    int how = log->folder.only_look ? O_RDONLY : O_RDWR;
    int fd = openat(log->folder.fd, name, how | O_CLOEXEC);
    if (fd < 0) {
        log->is_stale = log->folder.only_look && errno == ENOENT; /* gone since it was listed */
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
    if (log->folder.only_look)
        return;
    if (log->pool_count < log->pool_size)
        log->pool[log->pool_count++] = number;
    else
        (void)unlinkat(log->folder.fd, name, 0);
    if (number > log->last_number)
        log->last_number = number;
}

/* A hint without its segment is of no use, but its number must not come again. */
static void add_hint(struct log *log, uint64_t number, const char *name)
{
    struct segment *s = segments_find(log, number);
    if (s)
        s->has_hint = true;
    else if (!log->folder.only_look)
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
    enum segment_file file;
    for (const struct dirent *e; is_good && (e = readdir(dir));)
        if (!segment_name_read(e->d_name, &number, &file))
            continue;
        else if (file == SEGMENT_OLD)
            add_old(log, number, e->d_name);
        else if (file == SEGMENT_LIVE)
            is_good = add_segment(log, number, e->d_name);
    rewinddir(dir); /* now that all segments are known */
    for (const struct dirent *e; is_good && (e = readdir(dir));)
        if (segment_name_read(e->d_name, &number, &file) && file == SEGMENT_HINT)
            add_hint(log, number, e->d_name);
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
        s->has_head = true;
        log->salt = head.salt;
        s->generation = r.generation;
        before = segments_find(log, head.before); /* not its neighbour after a failed creation */
        if (before)
            before->end = head.before_end;
    }
    return found;
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
        size_t size = file_size(s), got;
        char *bytes = mem_take(log->mem, size + 1);
        if (!bytes || segment_read(s, 0, bytes, size, &got) != ERR_OK)
            found = true; /* who knows */
        else
            found = record_guess(slice_of(bytes, got), &generation);
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
        if (!log->folder.only_look && (!is_kept || kept != log->salt))
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
    if (log->folder.only_look)
        return true; /* empty as it is */
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

/* Of a message read from a hint the body has no content; the place is that of the whole record. */
static bool apply_message(struct log *log, const struct record *r, struct place place)
{
    struct body body;
    struct message *m = index_find(&log->index, r->id);
    struct segment *s = place.segment;
    if (!body_read(r->body, &body)) {
        log_damaged_record(log, place, "a message's parts do not fit together");
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
    if (r->id > log->newest_id)
        log->newest_id = r->id;
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

/* One record of a scan; false when memory ends. */
static bool take(struct log *log, struct segment *s, const struct record *r, uint64_t at)
{
    hint_add(&log->building, r, (uint32_t)at);
    return apply(log, r, (struct place){s, (uint32_t)at, (uint32_t)r->body.len});
}

/* Damage is told when the next message is met: then we know which may have stood there. */
static void tell(struct log *log, const struct segment *s, struct spool_damaged *d, spool_id next)
{
    if (!d->what)
        return;
    d->lost_before = next > d->lost_after ? next : 0;
    log_damage(log, s->number, d);
    *d = (struct spool_damaged){0};
}

/* False when memory ends, or (only looking) the file is another's by now. */
static bool meet_damage(struct log *log, const struct segment *s, uint64_t at, uint64_t end,
                        struct spool_damaged *d)
{
    if (log_has_lost(log, s))
        return false;
    tell(log, s, d, 0);
    *d = (struct spool_damaged){.offset = at, .length = end - at, .lost_after = log->newest_id};
    d->what = end == s->end ? "damaged up to the end" : "damaged; what follows is whole again";
    log->last_id += ID_GAP;
    log->building_number = 0; /* no hint hides it from the next start */
    return true;
}

/* Reads the records into the index, and builds the hint. */
static bool scan(struct log *log, struct segment *s, struct walk *w)
{
    struct record r;
    struct spool_damaged damaged = {0};
    uint64_t at;
    for (enum record_found found; (found = walk_next(w, &r, &at)) != RECORD_LAST;) {
        if (found == RECORD_DAMAGE && !meet_damage(log, s, at, w->at, &damaged))
            return false;
        if (found == RECORD_DAMAGE)
            continue;
        if (r.type == RECORD_MESSAGE && r.id > log->newest_id)
            tell(log, s, &damaged, r.id);
        if (!take(log, s, &r, at))
            return false;
    }
    if (s->end && w->at < s->end && !meet_damage(log, s, w->at, s->end, &damaged))
        return false;
    tell(log, s, &damaged, 0);
    if (w->at < w->end)
        log->last_id += ID_GAP;
    if (!s->end)
        s->end = w->at;
    return !w->failed;
}

/* Where the newest segment ends that a server writes to while we look: what is being written may
 * seem damaged, once. */
static uint64_t look_for_end(const struct segment *s, struct walk *w, uint64_t size)
{
    enum { LOOKS = 4 };
    struct record r;
    uint64_t at;
    for (int i = 0; i < LOOKS; i++) {
        enum record_found found;
        walk_begin(w, s, size);
        while ((found = walk_next(w, &r, &at)) == RECORD_GOOD)
            continue;
        if (found == RECORD_LAST)
            return w->at;
    }
    return size;
}

/* What comes after the end in the file was never acknowledged. */
static bool scan_segment(struct log *log, struct segment *s, struct walk *w)
{
    bool is_sealed = s->end != 0;
    uint64_t end = file_size(s);
    if (is_sealed && s->end < end)
        end = s->end;
    if (!is_sealed && log->folder.only_look)
        end = look_for_end(s, w, end);
    walk_begin(w, s, end);
    hints_begin(log, s->number);
    if (!scan(log, s, w))
        return false;
    if (is_sealed && !log->folder.only_look) {
        hints_seal(log, s);
        hints_finish(log);
    }
    return true;
}

static bool apply_hint(struct log *log, struct segment *s, const struct hint_head *head)
{
    const struct hint *h = &log->building;
    for (size_t i = 0; i < hint_count(h); i++) {
        struct hint_entry e = hint_entry(h, i);
        struct record r = {.type = e.type, .id = e.id, .body = e.text};
        if (!apply(log, &r, (struct place){s, e.offset, e.length}))
            return false;
    }
    s->end = head->end;
    if (head->last_id > log->last_id)
        log->last_id = head->last_id;
    return true;
}

static bool read_segments(struct log *log)
{
    struct walk walk;
    bool is_good = true;
    uint64_t done = 0, all = 0;
    for (const struct segment *s = log->segments; s; s = s->next)
        all += s->end ? s->end : file_size(s);
    walk_init(&walk, log->mem);
    for (struct segment *s = log->segments; s && is_good; s = s->next) {
        struct hint_head head;
        log->building_number = 0;
        if (!log->read_all && hints_load(log, s, &log->building, &head))
            is_good = apply_hint(log, s, &head);
        else
            is_good = scan_segment(log, s, &walk);
        log->current = s;
        done += s->end;
        if (log->progress)
            log->progress(log->progress_ctx, done, all < done ? done : all);
    }
    walk_free(&walk);
    return is_good;
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
        log_damage(log, m->record.segment->number,
                   &(struct spool_damaged){.offset = m->record.offset,
                                           .what = "the file with a part of this message is gone",
                                           .lost_after = m->id - 1,
                                           .lost_before = m->id + 1});
        index_remove(&log->index, m->id);
        at = 0; /* the map has changed */
    }
}

bool recover(struct log *log, struct err *err_r)
{
    if (!find_segments(log, err_r) || !choose_salt(log, err_r))
        return false;
    choose_generations(log);
    if (!read_segments(log))
        return err_set(err_r, ERR_MEMORY, 0, "no memory for the spool's index");
    if (log->current)
        log->current->is_dirty = true; /* what a killed process left may not be on the disk yet */
    drop_headless(log);
    atomic_store(&log->may_be_dead, true);
    return true;
}
