#include "deliver/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver/maildir_quota.h"
#include "mail/trace.h"
#include "spool/spool.h"
#include "system/clock.h"

enum { MAILDIR_PATH_MAX = 4096 };

static const char *const folders[] = {"", "/tmp", "/new", "/cur"};

/* The Maildir and its three folders, made if they are missing; 0 or errno. Parents must exist but
 * for the last: a mistyped path in the configuration should fail, not grow a tree. */
static int make_maildir(const char *path)
{
    char folder[MAILDIR_PATH_MAX];
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        if (snprintf(folder, sizeof(folder), "%s%s", path, folders[i]) >= (int)sizeof(folder))
            return ENAMETOOLONG;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return errno;
    }
    return 0;
}

static int write_all(int fd, struct slice s)
{
    while (s.len) {
        ssize_t n = write(fd, s.at, s.len);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0)
            s = slice_from(s, (size_t)n);
    }
    return 0;
}

/* Maildir keeps lines as the system does: CR LF becomes LF. `last_cr`: the piece before ended in
 * CR. */
static int write_lines(int fd, struct slice in, bool *last_cr)
{
    char out[16 * 1024];
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (*last_cr && in.at[i] != '\n')
            out[len++] = '\r';
        *last_cr = in.at[i] == '\r';
        if (!*last_cr)
            out[len++] = in.at[i];
        if (len + 2 >= sizeof(out)) {
            int error = write_all(fd, slice_of(out, len));
            if (error)
                return error;
            len = 0;
        }
    }
    return write_all(fd, slice_of(out, len));
}

static int write_content(int fd, struct delivery *d)
{
    bool is_binary = d->attempt->envelope->body == BODY_BINARYMIME;
    bool last_cr = false;
    struct slice bytes;
    enum err_code code;
    uint64_t offset = 0;
    while ((code = d->spool->ops->read(d->content, offset, &bytes)) == ERR_OK) {
        int error = is_binary ? write_all(fd, bytes) : write_lines(fd, bytes, &last_cr);
        if (error)
            return error;
        offset += bytes.len;
    }
    if (code != ERR_NOT_FOUND)
        return EIO;
    return last_cr ? write_all(fd, SLICE("\r")) : 0;
}

static int write_headers(int fd, struct delivery *d, struct slice address)
{
    char storage[TRACE_MAX];
    struct buf out;
    bool last_cr = false;
    buf_init_fixed(&out, storage, sizeof(storage));
    trace_write_return_path(&out, d->attempt->envelope);
    buf_addf(&out, "Delivered-To: %.*s\r\n", SLICE_ARG(address));
    int error = write_lines(fd, buf_slice(&out), &last_cr);
    return error ? error : write_lines(fd, delivery_trace(d), &last_cr);
}

static int write_message(int fd, struct delivery *d, struct slice address)
{
    int error = write_headers(fd, d, address);
    if (!error)
        error = write_content(fd, d);
    if (!error && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && !error)
        error = errno;
    return error;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error;
}

/* Unique by queue id, time, process and a counter: two deliveries never share a name. */
static int write_name(char *name, size_t size, struct delivery *d)
{
    static atomic_uint counter;
    char id[SPOOL_ID_TEXT + 1];
    char host[256];
    int64_t now = clock_unix_ms();
    spool_id_write(d->attempt->id, id);
    /* what a host name may hold is harmless in a file's name; a slash can't be in it */
    if (!slice_cstr(d->hostname, host, sizeof(host)))
        return ENAMETOOLONG;
    int len =
        snprintf(name, size, "%lld.M%03lldP%dQ%sN%u.%s", (long long)(now / 1000),
                 (long long)(now % 1000), (int)getpid(), id, atomic_fetch_add(&counter, 1), host);
    return len < 0 || (size_t)len >= size ? ENAMETOOLONG : 0;
}

/* Into new/, with its size in its name as Maildir++ has it. */
static int publish(const char *maildir, const char *from, const char *name)
{
    char to[MAILDIR_PATH_MAX];
    struct stat about;
    if (stat(from, &about) != 0)
        return errno;
    if (snprintf(to, sizeof(to), "%s/new/%s,S=%lld", maildir, name, (long long)about.st_size) >=
        (int)sizeof(to))
        return ENAMETOOLONG;
    if (rename(from, to) != 0)
        return errno;
    maildir_quota_add(maildir, (uint64_t)about.st_size);
    return 0;
}

static int store(struct delivery *d, const char *maildir, struct slice address)
{
    char name[512], from[MAILDIR_PATH_MAX], folder[MAILDIR_PATH_MAX];
    int error = write_name(name, sizeof(name), d);
    if (error)
        return error;
    if (snprintf(from, sizeof(from), "%s/tmp/%s", maildir, name) >= (int)sizeof(from) ||
        snprintf(folder, sizeof(folder), "%s/new", maildir) >= (int)sizeof(folder))
        return ENAMETOOLONG;
    int fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    error = write_message(fd, d, address);
    if (!error)
        error = publish(maildir, from, name);
    if (error) {
        unlink(from);
        return error;
    }
    return sync_folder(folder);
}

static struct slice number(struct arena *arena, uint64_t value)
{
    char digits[24];
    struct buf out;
    struct slice kept;
    buf_init_fixed(&out, digits, sizeof(digits));
    buf_add_u64(&out, value);
    return arena_dup(arena, buf_slice(&out), &kept) ? kept : SLICE("");
}

/* False: the mailbox does not hold as much, and *reply_r says so. */
static bool has_room(struct delivery *d, const struct maildir_box *box, struct slice address,
                     struct reply *reply_r)
{
    struct maildirsize size;
    uint64_t bytes = d->spool->ops->size(d->content);
    maildir_quota_count(box->path.at, box->quota, &size);
    if (maildir_quota_fits(&size, bytes))
        return true;
    if (size.bytes_most && bytes > size.bytes_most)
        *reply_r = REPLY_MAKE(SITUATION_LARGER_THAN_MAILBOX, &d->arena, number(&d->arena, bytes),
                              number(&d->arena, size.bytes_most), address);
    else
        *reply_r =
            REPLY_MAKE(box->refuses_full ? SITUATION_MAILBOX_FULL_FOR_GOOD : SITUATION_MAILBOX_FULL,
                       &d->arena, address);
    return false;
}

static struct reply deliver_into(struct delivery *d, const struct maildir_box *box,
                                 struct slice address)
{
    struct reply reply;
    int error = make_maildir(box->path.at);
    if (!error && !has_room(d, box, address, &reply))
        return reply;
    if (!error)
        error = store(d, box->path.at, address);
    return error ? REPLY_MAKE(SITUATION_MAILBOX_WRITE_FAILED, &d->arena,
                              slice_str(strerrordesc_np(error)))
                 : reply_plain(SITUATION_DELIVERED_LOCALLY);
}

static void deliver_one(const struct maildir_agent *agent, struct delivery *d, uint32_t recipient)
{
    struct slice address = d->attempt->envelope->recipients[recipient].address;
    struct outcome o = {.recipient = recipient, .stage = STAGE_QUEUE};
    struct maildir_box box;
    if (agent->find(agent->ctx, address, &d->arena, &box))
        o.reply = deliver_into(d, &box, address);
    else
        o.reply = REPLY_MAKE(SITUATION_MAILBOX_GONE, &d->arena, address);
    delivery_settle(d, &o);
}

void maildir_deliver(const struct maildir_agent *agent, struct delivery *d)
{
    if (delivery_open(d))
        for (size_t i = 0; i < d->attempt->count; i++)
            deliver_one(agent, d, d->attempt->recipients[i]);
    d->done(d);
}
