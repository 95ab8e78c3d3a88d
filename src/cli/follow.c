#include "cli/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"
#include "cli/interrupt.h"

/* Looked at this often whatever inotify says: it is silent about other machines' file systems. */
enum { LOOK_MS = 1000, PATH_BYTES = 4096 };

static void watch(int fd, const char *path)
{
    inotify_add_watch(fd, path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
}

/* The folder tells when another file takes the name. */
static void watch_folder(int fd, const char *path)
{
    char folder[PATH_BYTES];
    struct slice name = slice_str(path);
    size_t slash = slice_rfind(name, '/');
    name = slash == SLICE_NONE ? SLICE(".") : slice_head(name, slash + 1);
    if (slice_cstr(name, folder, sizeof(folder)))
        inotify_add_watch(fd, folder, IN_CREATE | IN_MOVED_TO);
}

void follow_begin(struct follow *f, const char *path)
{
    *f = (struct follow){.path = path, .watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (f->watch >= 0)
        watch_folder(f->watch, path);
}

void follow_end(struct follow *f)
{
    if (f->watch >= 0)
        close(f->watch);
    f->watch = -1;
}

/* Until something happened to the files, or it is time to look; false: time passed. */
static bool wait_for_change(struct follow *f)
{
    char events[PATH_BYTES];
    struct pollfd ready[] = {{.fd = f->watch, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    if (poll(ready, 2, LOOK_MS) <= 0)
        return false;
    /* a quiet log gives nothing to write, so a closed pipe would not be noticed by a write */
    if (ready[1].revents & (POLLERR | POLLHUP))
        f->is_unread = true;
    while (read(f->watch, events, sizeof(events)) > 0)
        continue; /* what happened is seen in the files themselves */
    return true;
}

bool follow_is_over(const struct follow *f)
{
    return f->is_unread || interrupt_came();
}

int follow_open(struct follow *f)
{
    while (!follow_is_over(f)) {
        int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd >= 0 && f->watch >= 0)
            watch(f->watch, f->path);
        if (fd >= 0 || errno != ENOENT)
            return fd;
        wait_for_change(f);
    }
    return -1;
}

enum look { LOOK_MORE, LOOK_NOTHING, LOOK_OTHER, LOOK_CUT };

static enum look look(const struct follow *f, int fd)
{
    struct stat open_one, named;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || fstat(fd, &open_one) != 0)
        return LOOK_CUT; /* no file that grows: a pipe that was closed */
    if (open_one.st_size != at)
        return open_one.st_size > at ? LOOK_MORE : LOOK_CUT;
    if (stat(f->path, &named) != 0 ||
        (named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino))
        return LOOK_NOTHING;
    return LOOK_OTHER;
}

bool follow_wait(struct follow *f, int fd)
{
    bool was_quiet = false;
    while (!follow_is_over(f)) {
        switch (look(f, fd)) {
        case LOOK_MORE:
            return true;
        case LOOK_CUT:
            return false;
        case LOOK_OTHER:
            /* its writer may not know yet that it was renamed, and write some more */
            if (was_quiet)
                return false;
            break;
        case LOOK_NOTHING:
            break;
        }
        was_quiet = !wait_for_change(f);
    }
    return false;
}
