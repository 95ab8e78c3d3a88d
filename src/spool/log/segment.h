/* Segments: the files of the log. Only the committer writes; whoever keeps a use of a segment may
 * read it. Every call that writes, syncs or makes a file can be made to fail by a test. */
#ifndef CANDOR_SPOOL_LOG_SEGMENT_H
#define CANDOR_SPOOL_LOG_SEGMENT_H

#include <sys/uio.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/mem.h"
#include "spool/log/record.h"

struct segment_folder {
    int fd;
    bool only_look; /* nothing in it is changed */
    struct fault *fault;
    bool skip_sync;
};

struct segment {
    uint64_t number;
    uint64_t generation;
    int fd;
    uint64_t end;         /* bytes that count; the committer appends here */
    uint64_t oldest;      /* number of the oldest segment that an end record in here refers to */
    uint64_t origin;      /* the oldest that messages were moved from to here */
    uint64_t id_first;    /* ids of the message records in here lie between these; */
    uint64_t id_last;     /* 0: there are none */
    unsigned long uses;   /* live records, and contents that read here; under log->lock */
    unsigned long chunks; /* of them, chunks; under log->lock */
    uint64_t used_bytes;  /* what `uses` take up; under log->lock */
    unsigned list_loads;  /* by `each` */
    bool has_head;        /* it could be read when the spool was opened */
    bool has_hint;        /* there was a file */
    bool is_compacted;    /* was gone through once */
    bool is_dirty;        /* written since the last sync */
    bool has_failed;      /* never written or synced again */
    struct segment *next; /* newer */
};

enum { SEGMENT_NAME = 26 };
void segment_name(uint64_t number, char out[SEGMENT_NAME]);
/* What stands in it, beside it (hint.h). */
void segment_hint_name(uint64_t number, char out[SEGMENT_NAME]);
/* A dead one's file, kept to be written over: its blocks are there already, so a sync has less to
 * do. What it holds is of a generation that never comes again. */
void segment_old_name(uint64_t number, char out[SEGMENT_NAME]);
enum segment_file { SEGMENT_LIVE, SEGMENT_HINT, SEGMENT_OLD, SEGMENT_FILES };
/* False when `name` is none of these. */
MUST_CHECK bool segment_name_read(const char *name, uint64_t *number_r, enum segment_file *file_r);

/* Makes the file, durably findable: empty, or out of the old file with number `old`, if not 0. */
enum err_code segment_create(const struct segment_folder *folder, struct segment *s, uint64_t old);
/* Appends at s->end without moving it; on error some of it may have been written. Uses up iov. */
enum err_code segment_write(const struct segment_folder *folder, struct segment *s,
                            struct iovec *iov, int count);
enum err_code segment_sync(const struct segment_folder *folder, struct segment *s);
/* Takes back what was written after s->end. */
enum err_code segment_cut(const struct segment_folder *folder, struct segment *s);
/* Reads up to `size` bytes; fewer at the end of the file. */
enum err_code segment_read(const struct segment *s, uint64_t offset, char *to, size_t size,
                           size_t *got_r);
/* Whether the file still has its name: without our lock it may be written over by now. */
bool segment_is_there(const struct segment_folder *folder, const struct segment *s);
/* Unlinks the file, for good, or makes it an old one; its hint goes first. */
enum err_code segment_remove(const struct segment_folder *folder, const struct segment *s,
                             bool is_kept);
/* What was made, renamed or removed in the folder is so for good. */
enum err_code segment_sync_folder(const struct segment_folder *folder);
/* What errno means for a file of the spool: ERR_FULL or ERR_IO. */
enum err_code segment_code_of_errno(void);

#endif
