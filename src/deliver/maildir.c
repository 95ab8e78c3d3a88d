#include "deliver/maildir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "deliver/maildir_agent.h"
#include "mail/trace.h"
#include "spool/spool.h"
#include "system/file.h"

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
            int error = file_write_all(fd, slice_of(out, len));
            if (error)
                return error;
            len = 0;
        }
    }
    return file_write_all(fd, slice_of(out, len));
}

static int write_content(int fd, struct delivery *d)
{
    bool is_binary = d->attempt->envelope->body == BODY_BINARYMIME;
    bool last_cr = false;
    struct slice bytes;
    enum err_code code;
    uint64_t offset = 0;
    while ((code = d->spool->ops->read(d->content, offset, &bytes)) == ERR_OK) {
        int error = is_binary ? file_write_all(fd, bytes) : write_lines(fd, bytes, &last_cr);
        if (error)
            return error;
        offset += bytes.len;
    }
    if (code != ERR_NOT_FOUND)
        return EIO;
    return last_cr ? file_write_all(fd, SLICE("\r")) : 0;
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

struct content {
    struct delivery *delivery;
    struct slice address;
};

static int write_message(void *ctx, int fd)
{
    const struct content *c = ctx;
    int error = write_headers(fd, c->delivery, c->address);
    return error ? error : write_content(fd, c->delivery);
}

/* Unique by the message and its recipient, and the same whenever it is tried again: what was
 * delivered before a crash, and not recorded, is found there. */
static int write_name(char *name, size_t size, const struct delivery *d, uint32_t recipient)
{
    char id[SPOOL_ID_TEXT + 1];
    char host[256];
    int64_t at = d->attempt->envelope->received_at;
    spool_id_write(d->attempt->id, id);
    /* what a host name may hold is harmless in a file's name; a slash can't be in it */
    if (!slice_cstr(d->hostname, host, sizeof(host)))
        return ENAMETOOLONG;
    int len = snprintf(name, size, "%lld.M%03lldQ%sR%u.%s", (long long)(at / 1000),
                       (long long)(at % 1000), id, recipient, host);
    return len < 0 || (size_t)len >= size ? ENAMETOOLONG : 0;
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

/* What no time mends, but only who set the path and its rights. */
static bool is_setup(int error)
{
    static const int errors[] = {EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, EROFS};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i] == error)
            return true;
    return false;
}

static struct reply reply_of(struct delivery *d, const struct maildir_box *box,
                             struct slice address, const struct maildir_answer *a)
{
    switch (a->result) {
    case MAILDIR_STORED:
        return reply_plain(SITUATION_DELIVERED_LOCALLY);
    case MAILDIR_TOO_LARGE:
        return REPLY_MAKE(SITUATION_LARGER_THAN_MAILBOX, &d->arena,
                          number(&d->arena, d->spool->ops->size(d->content)),
                          number(&d->arena, a->most), address);
    case MAILDIR_FULL:
        return REPLY_MAKE(box->refuses_full ? SITUATION_MAILBOX_FULL_FOR_GOOD
                                            : SITUATION_MAILBOX_FULL,
                          &d->arena, address);
    case MAILDIR_FAILED:
        break;
    }
    return REPLY_MAKE(is_setup(a->error) ? SITUATION_MAILBOX_MISCONFIGURED
                                         : SITUATION_MAILBOX_WRITE_FAILED,
                      &d->arena, slice_str(strerrordesc_np(a->error)));
}

/* As its owner, by the mailbox agent: what is to be written goes there as a file in memory. */
static struct maildir_answer hand_over(int channel, const struct maildir_box *box, const char *name,
                                       struct content *content, uint64_t bytes)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    int error = fd < 0 ? errno : write_message(content, fd);
    struct maildir_answer a = {.result = MAILDIR_FAILED, .error = error};
    if (!error)
        a = maildir_ask(channel, box->path, slice_str(name), bytes, fd);
    if (fd >= 0)
        close(fd);
    return a;
}

static struct reply deliver_into(const struct maildir_agent *agent, struct delivery *d,
                                 const struct maildir_box *box, uint32_t recipient)
{
    struct slice address = d->attempt->envelope->recipients[recipient].address;
    char name[MAILDIR_FILE_MAX];
    struct content content = {d, address};
    uint64_t bytes = d->spool->ops->size(d->content);
    struct maildir_answer a = {.result = MAILDIR_FAILED,
                               .error = write_name(name, sizeof(name), d, recipient)};
    if (!a.error && box->is_owners && agent->channel > 0)
        a = hand_over(agent->channel, box, name, &content, bytes);
    else if (!a.error)
        a = maildir_put(&(struct maildir_order){box->path.at, name, box->quota, bytes},
                        write_message, &content);
    return reply_of(d, box, address, &a);
}

static void deliver_one(const struct maildir_agent *agent, struct delivery *d, uint32_t recipient)
{
    struct slice address = d->attempt->envelope->recipients[recipient].address;
    struct outcome o = {.recipient = recipient, .stage = STAGE_QUEUE};
    struct maildir_box box = {0};
    if (!agent->find(agent->ctx, address, &d->arena, &box))
        o.reply = REPLY_MAKE(SITUATION_MAILBOX_GONE, &d->arena, address);
    else if (box.is_disabled || box.is_paused)
        o.reply =
            REPLY_MAKE(box.is_disabled ? SITUATION_MAILBOX_DISABLED : SITUATION_MAILBOX_PAUSED,
                       &d->arena, address);
    else
        o.reply = deliver_into(agent, d, &box, recipient);
    delivery_settle(d, &o);
}

void maildir_deliver(const struct maildir_agent *agent, struct delivery *d)
{
    if (delivery_open(d))
        for (size_t i = 0; i < d->attempt->count; i++)
            deliver_one(agent, d, d->attempt->recipients[i]);
    d->done(d);
}
