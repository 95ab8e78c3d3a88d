#include "deliver/maildir_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver/maildir_quota.h"
#include "system/file.h"

enum { PATH_MOST = 4096 };

static const char *const folders[] = {"", "/tmp", "/new", "/cur"};

/* The Maildir and its three folders, made if they are missing; 0 or errno. Parents must exist but
 * for the last: a mistyped path in the configuration should fail, not grow a tree. */
static int make_maildir(const char *path)
{
    char folder[PATH_MOST];
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        if (snprintf(folder, sizeof(folder), "%s%s", path, folders[i]) >= (int)sizeof(folder))
            return ENAMETOOLONG;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return errno;
    }
    return 0;
}

/* Into new/, with its size in its name as Maildir++ has it. What is there under that name is this
 * message, from before a crash; what a reader moved into cur/ since then comes once more. */
static int publish(const char *maildir, const char *from, const char *name)
{
    char to[PATH_MOST];
    struct stat about;
    if (stat(from, &about) != 0)
        return errno;
    if (snprintf(to, sizeof(to), "%s/new/%s,S=%lld", maildir, name, (long long)about.st_size) >=
        (int)sizeof(to))
        return ENAMETOOLONG;
    if (stat(to, &about) == 0)
        return unlink(from) == 0 ? 0 : errno;
    if (rename(from, to) != 0)
        return errno;
    maildir_quota_add(maildir, (uint64_t)about.st_size);
    return 0;
}

static int write_file(const char *path, maildir_source *source, void *ctx)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    return file_finish(fd, source(ctx, fd));
}

static int store(const struct maildir_order *o, maildir_source *source, void *ctx)
{
    static atomic_uint counter; /* with the process: what a crash left behind is in nobody's way */
    char from[PATH_MOST], folder[PATH_MOST];
    if (snprintf(from, sizeof(from), "%s/tmp/%s.P%dN%u", o->path, o->name, (int)getpid(),
                 atomic_fetch_add(&counter, 1)) >= (int)sizeof(from) ||
        snprintf(folder, sizeof(folder), "%s/new", o->path) >= (int)sizeof(folder))
        return ENAMETOOLONG;
    int error = write_file(from, source, ctx);
    if (!error)
        error = publish(o->path, from, o->name);
    if (error) {
        unlink(from);
        return error;
    }
    return file_sync_folder(folder);
}

/* False: the mailbox does not hold as much, and *a_r says so. */
static bool has_room(const struct maildir_order *o, struct maildir_answer *a_r)
{
    struct maildirsize size;
    maildir_quota_count(o->path, o->quota, &size);
    if (maildir_quota_fits(&size, o->bytes))
        return true;
    bool is_too_large = size.bytes_most && o->bytes > size.bytes_most;
    *a_r = (struct maildir_answer){.result = is_too_large ? MAILDIR_TOO_LARGE : MAILDIR_FULL,
                                   .most = size.bytes_most};
    return false;
}

struct maildir_answer maildir_put(const struct maildir_order *o, maildir_source *source, void *ctx)
{
    struct maildir_answer a = {.result = MAILDIR_STORED};
    int error = make_maildir(o->path);
    if (!error && !has_room(o, &a))
        return a;
    if (!error)
        error = store(o, source, ctx);
    if (error)
        a = (struct maildir_answer){.result = MAILDIR_FAILED, .error = error};
    return a;
}
