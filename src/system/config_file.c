#include "system/config_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "system/file.h"
#include "system/keeper.h"

enum { READ_AT_ONCE = 4096 };

/* What only root may read comes from the parent, if there is one. O_NONBLOCK: opening a pipe must
 * not wait for its writer. */
static int open_to_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 && errno == EACCES && keeper_is_there() ? keeper_open(path) : fd;
}

static bool read_all(int fd, size_t most, struct buf *out, const char **why)
{
    for (;;) {
        if (out->len > most) {
            *why = "it is too large";
            return false;
        }
        char *room = buf_reserve(out, READ_AT_ONCE);
        ssize_t got = room ? read(fd, room, READ_AT_ONCE) : -1;
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            *why = room ? strerror(errno) : err_text(ERR_MEMORY);
            return false;
        }
        out->len += (size_t)got;
    }
}

bool file_read(const char *path, size_t most, struct buf *out, const char **why)
{
    int fd = open_to_read(path);
    if (fd < 0) {
        *why = strerror(errno);
        return false;
    }
    struct stat about;
    bool is_file = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    *why = "it is not a regular file";
    /* room at once: a buffer that grows leaves copies of a secret behind */
    if (is_file && (uintmax_t)about.st_size <= most)
        (void)buf_reserve(out, (size_t)about.st_size + READ_AT_ONCE);
    bool done = is_file && read_all(fd, most, out, why);
    close(fd);
    return done;
}

void file_forget(struct buf *secret)
{
    if (secret->at)
        explicit_bzero(secret->at, secret->size);
    buf_free(secret);
}

bool config_file_is_there(const char *path, const char **why)
{
    int fd = -1;
    if (access(path, R_OK) == 0)
        return true;
    if (errno == EACCES && keeper_is_there() && (fd = keeper_open(path)) >= 0)
        close(fd);
    if (fd >= 0)
        return true;
    *why = errno == ENOENT ? "there is no such file or folder" : strerror(errno);
    return false;
}
