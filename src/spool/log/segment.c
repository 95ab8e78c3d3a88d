#include "spool/log/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_name(enum segment_file file, uint64_t number, char out[SEGMENT_NAME])
{
    switch (file) { /* formats are literals, so that the compiler checks them */
    case SEGMENT_HINT:
        snprintf(out, SEGMENT_NAME, "seg-%016" PRIx64 ".hint", number);
        break;
    case SEGMENT_OLD:
        snprintf(out, SEGMENT_NAME, "old-%016" PRIx64 ".log", number);
        break;
    default:
        snprintf(out, SEGMENT_NAME, "seg-%016" PRIx64 ".log", number);
    }
}

void segment_name(uint64_t number, char out[SEGMENT_NAME])
{
    write_name(SEGMENT_LIVE, number, out);
}

void segment_hint_name(uint64_t number, char out[SEGMENT_NAME])
{
    write_name(SEGMENT_HINT, number, out);
}

void segment_old_name(uint64_t number, char out[SEGMENT_NAME])
{
    write_name(SEGMENT_OLD, number, out);
}

bool segment_name_read(const char *name, uint64_t *number_r, enum segment_file *file_r)
{
    enum { DIGITS_AT = 4, DIGITS = 16 };
    struct slice s = slice_str(name);
    char again[SEGMENT_NAME];
    if (s.len < DIGITS_AT + DIGITS)
        return false;
    *number_r = 0;
    for (size_t i = DIGITS_AT; i < DIGITS_AT + DIGITS; i++) {
        size_t digit = slice_find(SLICE("0123456789abcdef"), name[i], 0);
        if (digit == SLICE_NONE)
            return false;
        *number_r = *number_r << 4 | digit;
    }
    for (int file = 0; file < SEGMENT_FILES; file++) {
        *file_r = (enum segment_file)file;
        write_name(*file_r, *number_r, again);
        if (slice_eq(s, slice_str(again)))
            return true;
    }
    return false;
}

enum err_code segment_code_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
}

enum err_code segment_sync_folder(const struct segment_folder *folder)
{
    if (fault_now(folder->fault))
        return ERR_IO;
    if (folder->skip_sync || fsync(folder->fd) == 0)
        return ERR_OK;
    return segment_code_of_errno();
}

enum err_code segment_create(const struct segment_folder *folder, struct segment *s, uint64_t old)
{
    char name[SEGMENT_NAME], old_name[SEGMENT_NAME];
    segment_name(s->number, name);
    if (fault_now(folder->fault))
        return ERR_IO;
    segment_old_name(old, old_name);
    if (old && renameat(folder->fd, old_name, folder->fd, name) != 0)
        return segment_code_of_errno();
    int flags = O_RDWR | O_CLOEXEC | (old ? 0 : O_CREAT | O_EXCL);
    s->fd = openat(folder->fd, name, flags, 0600);
    if (s->fd < 0)
        return segment_code_of_errno();
    enum err_code result = segment_sync_folder(folder);
    if (result != ERR_OK) {
        close(s->fd);
        unlinkat(folder->fd, name, 0);
    }
    return result;
}

/* Moves past `len` bytes that were written. */
static void advance(struct iovec **iov, int *count, size_t len)
{
    while (*count && len >= (*iov)->iov_len) {
        len -= (*iov)->iov_len;
        ++*iov;
        --*count;
    }
    if (*count) {
        (*iov)->iov_base = (char *)(*iov)->iov_base + len;
        (*iov)->iov_len -= len;
    }
}

enum err_code segment_write(const struct segment_folder *folder, struct segment *s,
                            struct iovec *iov, int count)
{
    uint64_t at = s->end;
    while (count) {
        if (fault_now(folder->fault)) {
            errno = ENOSPC;
            return ERR_FULL;
        }
        ssize_t got = pwritev(s->fd, iov, count < IOV_MAX ? count : IOV_MAX, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? segment_code_of_errno() : ERR_IO;
        at += (uint64_t)got;
        advance(&iov, &count, (size_t)got);
        s->is_dirty = true;
    }
    return ERR_OK;
}

enum err_code segment_sync(const struct segment_folder *folder, struct segment *s)
{
    if (fault_now(folder->fault))
        return ERR_IO;
    if (!folder->skip_sync && fdatasync(s->fd) != 0)
        return segment_code_of_errno();
    s->is_dirty = false;
    return ERR_OK;
}

enum err_code segment_cut(const struct segment_folder *folder, struct segment *s)
{
    if (fault_now(folder->fault) || ftruncate(s->fd, (off_t)s->end) != 0)
        return ERR_IO;
    return ERR_OK;
}

enum err_code segment_read(const struct segment *s, uint64_t offset, char *to, size_t size,
                           size_t *got_r)
{
    *got_r = 0;
    while (*got_r < size) {
        ssize_t got = pread(s->fd, to + *got_r, size - *got_r, (off_t)(offset + *got_r));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            break;
        *got_r += (size_t)got;
    }
    return ERR_OK;
}

bool segment_is_there(const struct segment_folder *folder, const struct segment *s)
{
    char name[SEGMENT_NAME];
    struct stat named, open;
    segment_name(s->number, name);
    return fstatat(folder->fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(s->fd, &open) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

enum err_code segment_remove(const struct segment_folder *folder, const struct segment *s,
                             bool is_kept)
{
    char name[SEGMENT_NAME], old_name[SEGMENT_NAME], hint[SEGMENT_NAME];
    segment_name(s->number, name);
    segment_old_name(s->number, old_name);
    segment_hint_name(s->number, hint);
    if (fault_now(folder->fault))
        return ERR_IO;
    (void)unlinkat(folder->fd, hint, 0);
    int result =
        is_kept ? renameat(folder->fd, name, folder->fd, old_name) : unlinkat(folder->fd, name, 0);
    if (result != 0 && errno != ENOENT)
        return ERR_IO;
    return segment_sync_folder(folder);
}
