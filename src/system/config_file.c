#include "system/config_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "system/file.h"

static bool read_all(int fd, size_t most, struct buf *out, const char **why)
{
    for (;;) {
        if (out->len > most) {
            *why = "it is too large";
            return false;
        }
        char *room = buf_reserve(out, 4096);
        ssize_t got = room ? read(fd, room, 4096) : -1;
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
    /* O_NONBLOCK: opening a pipe must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *why = strerror(errno);
        return false;
    }
    struct stat about;
    bool is_file = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    *why = "it is not a regular file";
    bool done = is_file && read_all(fd, most, out, why);
    close(fd);
    return done;
}

bool config_file_is_there(const char *path, const char **why)
{
    if (access(path, R_OK) == 0)
        return true;
    *why = errno == ENOENT ? "there is no such file or folder" : strerror(errno);
    return false;
}
