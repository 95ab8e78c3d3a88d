/* The secret behind what SCRAM is answered for names that are not there. It is kept in the spool's
 * folder: if it changed with a restart, such names would be those whose salt changes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "server/inside.h"
#include "system/file.h"
#include "system/heap.h"

static bool read_secret(struct server *s, const char *path)
{
    struct buf text;
    const char *why;
    buf_init(&text, &heap, sizeof(s->login_secret) + 8192); /* file_read reads in pieces */
    bool good = file_read(path, sizeof(s->login_secret), &text, &why) &&
                text.len == sizeof(s->login_secret);
    if (good)
        memcpy(s->login_secret, text.at, text.len);
    buf_free(&text);
    return good;
}

static bool write_secret(const struct server *s, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good =
        fd >= 0 &&
        write(fd, s->login_secret, sizeof(s->login_secret)) == (ssize_t)sizeof(s->login_secret) &&
        fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return good;
}

bool login_secret_load(struct server *s)
{
    char path[PATH_MAX];
    struct buf name;
    buf_init_fixed(&name, path, sizeof(path) - 1);
    buf_addf(&name, "%.*s/login-secret", SLICE_ARG(s->config->spool.path));
    path[name.len] = '\0';
    if (!name.failed && read_secret(s, path))
        return true;
    if (getrandom(s->login_secret, sizeof(s->login_secret), 0) ==
            (ssize_t)sizeof(s->login_secret) &&
        !name.failed && write_secret(s, path))
        return true;
    buf_addf(s->why, "%s can't be made: %s; the server needs to write into the spool's folder\n",
             path, name.failed ? "its path is too long" : strerror(errno));
    return false;
}
