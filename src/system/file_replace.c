#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int file_write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t sent = write(fd, bytes.at, bytes.len);
        if (sent < 0 && errno != EINTR)
            return errno;
        bytes = slice_from(bytes, sent > 0 ? (size_t)sent : 0);
    }
    return 0;
}

int file_finish(int fd, int error)
{
    if (!error && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && !error)
        error = errno;
    return error;
}

int file_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? errno : file_finish(fd, 0);
}

static int write_synced(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? errno : file_finish(fd, file_write_all(fd, bytes));
}

int file_replace(const char *folder, const char *name, struct slice bytes)
{
    char live[PATH_MAX], part[PATH_MAX];
    if (snprintf(live, sizeof(live), "%s/%s", folder, name) >= (int)sizeof(live) ||
        snprintf(part, sizeof(part), "%s/.new-%s", folder, name) >= (int)sizeof(part))
        return ENAMETOOLONG;
    int error = write_synced(part, bytes);
    if (!error && rename(part, live) != 0)
        error = errno;
    if (!error)
        return file_sync_folder(folder);
    unlink(part);
    return error;
}
