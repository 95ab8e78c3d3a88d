/* What the mail process may ask of its parent. It is taken for an intruder: it gets the files that
 * the configuration names, as the parent reads it, to read, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/parent.h"
#include "server/ports.h"
#include "server/reach.h"
#include "system/keeper.h"
#include "system/service.h"

enum { TEST_SECONDS = 60, SAID_MAX = KEEPER_MESSAGE_MAX - 1 };

/* ---- files ---- */

struct wanted {
    struct slice path;
    bool is_named;
};

static void compare(void *ctx, struct slice file)
{
    struct wanted *w = ctx;
    w->is_named = w->is_named || (file.len && slice_eq(file, w->path));
}

static bool is_named(const char *file, const struct config *c, struct slice path)
{
    struct wanted w = {path, false};
    reach_each_file(file, c, compare, &w);
    for (size_t i = 0; !w.is_named && i < c->dkim_count; i++)
        for (size_t k = 0; k < c->dkims[i].selectors.count; k++) {
            char key[PATH_MAX];
            struct buf out;
            buf_init_fixed(&out, key, sizeof(key));
            config_dkim_path(&c->dkims[i], c->dkims[i].selectors.at[k], &out);
            if (!out.failed)
                compare(&w, buf_slice(&out));
        }
    return w.is_named;
}

/* By the file as it is now: a reload may just have read another than that of the start. */
static bool is_named_now(const struct parent *p, struct slice path)
{
    struct config *c = config_glance(p->file);
    bool good = c && is_named(p->file, c, path);
    config_free(&c);
    return good;
}

static void give_file(struct parent *p, struct slice path)
{
    char name[PATH_MAX];
    struct stat about;
    int fd = -1;
    if (slice_cstr(path, name, sizeof(name)) && is_named_now(p, path))
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        LOG(p->log, LOG_LEVEL_WARNING, "file-not-given", {"path", path});
        keeper_answer(p->holds.channel, KEEPER_REFUSED, SLICE("the parent does not open it"), -1);
        return;
    }
    keeper_answer(p->holds.channel, KEEPER_GIVEN, SLICE(""), fd);
    close(fd);
}

/* ---- the service manager ---- */

/* One process's end is not ours, and its successor's start is no news once the manager knows us. */
static void pass_on(struct parent *p, struct slice note)
{
    enum service_state state;
    if (note.len != 1 || !service_read(note.at[0], &state) ||
        (state == SERVICE_STOPPING && p->is_replacing))
        return;
    if (state == SERVICE_READY && !p->is_ready && p->was_ready)
        LOG(p->log, LOG_LEVEL_INFO, "mail-process-ready", {"file", slice_str(p->file)});
    if (state == SERVICE_READY)
        p->is_ready = p->was_ready = true;
    service_tell(state);
}

/* ---- another program ---- */

/* What the new program says of the configuration; empty when nothing is wrong. */
static void hear(int from, struct buf *said)
{
    char *room;
    ssize_t got;
    while ((room = buf_reserve(said, 256)) &&
           ((got = read(from, room, 256)) > 0 || (got < 0 && errno == EINTR)))
        said->len += got > 0 ? (size_t)got : 0;
    while ((got = read(from, (char[256]){0}, 256)) > 0 || (got < 0 && errno == EINTR))
        ; /* there is no room for the rest */
}

static _Noreturn void become_test(const struct parent *p, int to)
{
    const char *const arguments[] = {"candor", "serve", "--test", "-c", p->file, NULL};
    (void)dup2(to, STDERR_FILENO);
    alarm(TEST_SECONDS); /* it goes through exec */
    parent_become(p->program, arguments);
}

/* Whether the program that lies there now could serve with the configuration as it is now. */
static bool is_good(const struct parent *p, struct buf *why)
{
    int ends[2], status = -1;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        buf_addf(why, "no pipe: %s\n", strerror(errno));
        return false;
    }
    pid_t child = fork();
    if (child == 0)
        become_test(p, ends[1]);
    close(ends[1]);
    if (child > 0) {
        hear(ends[0], why);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    if (status != 0 && why->len == 0)
        buf_addf(why, "%s can't be run\n", p->program);
    return status == 0;
}

/* Ports that the new configuration has more are opened by now, since afterwards it would be too
 * late to say that one can't be. */
static bool add_ports(struct parent *p, struct buf *why)
{
    struct config *c = config_glance(p->file);
    bool good = c && ports_add(c, &p->holds, why);
    config_free(&c);
    return good;
}

bool parent_can_upgrade(struct parent *p, struct buf *why)
{
    if (p->is_replacing || (p->mail && !p->is_ready)) {
        buf_add_str(why, "the server is being started or changed already; try again when it is "
                         "ready\n");
        return false;
    }
    return is_good(p, why) && add_ports(p, why);
}

void parent_refuse_upgrade(const struct parent *p, const struct buf *why)
{
    LOG(p->log, LOG_LEVEL_ERROR, "not-upgraded", {"reason", slice_trim(buf_slice(why))});
}

void parent_upgrade(struct parent *p)
{
    const char *const arguments[] = {"candor", "serve", "-c", p->file, NULL};
    p->holds.role = HANDOVER_PARENT;
    p->holds.mail = p->mail;
    service_tell(SERVICE_RELOADING);
    if (p->mailboxes > 0) /* it ends with what it has; the new program has its own */
        (void)kill(p->mailboxes, SIGTERM);
    if (handover_leave(&p->holds))
        execv(p->program, (char *const *)(uintptr_t)arguments);
    LOG(p->log, LOG_LEVEL_ERROR, "not-upgraded", {"reason", slice_str(strerror(errno))});
    handover_keep(&p->holds);
    service_tell(SERVICE_READY);
}

static void upgrade(struct parent *p)
{
    char storage[SAID_MAX];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    if (parent_can_upgrade(p, &why)) {
        keeper_answer(p->holds.channel, KEEPER_DONE, SLICE(""), -1);
        parent_upgrade(p);
    } else {
        parent_refuse_upgrade(p, &why);
        keeper_answer(p->holds.channel, KEEPER_REFUSED, buf_slice(&why), -1);
    }
}

bool parent_answer(struct parent *p)
{
    char message[KEEPER_MESSAGE_MAX];
    ssize_t got = recv(p->holds.channel, message, sizeof(message), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return p->mail != 0;
    if (got <= 0)
        return false;
    struct slice text = slice_of(message + 1, (size_t)got - 1);
    if (message[0] == (char)KEEPER_OPEN)
        give_file(p, text);
    else if (message[0] == (char)KEEPER_NOTE)
        pass_on(p, text);
    else if (message[0] == (char)KEEPER_UPGRADE)
        upgrade(p);
    return true;
}
