#include "receive/verdict.h"

/* Where mail for the recipient goes now. */
static struct slice new_address(const struct access_table *t, const struct address *recipient)
{
    const struct access_alias *alias = access_alias(t, recipient);
    return alias ? alias->targets[0] : SLICE("");
}

struct reply verdict_of_access(enum access access, const struct access_table *t,
                               const struct address *recipient, struct slice client,
                               struct arena *arena)
{
    struct slice whom = recipient->text;
    switch (access) {
    case ACCESS_LOCAL:
    case ACCESS_RELAY:
        break;
    case ACCESS_TOLD:
        return REPLY_MAKE(SITUATION_RCPT_FORWARDED, arena, whom, new_address(t, recipient));
    case ACCESS_MOVED:
        return REPLY_MAKE(SITUATION_RCPT_MOVED, arena, whom, new_address(t, recipient));
    case ACCESS_DISABLED:
        return REPLY_MAKE(SITUATION_MAILBOX_DISABLED, arena, whom);
    case ACCESS_PAUSED:
        return REPLY_MAKE(SITUATION_MAILBOX_PAUSED, arena, whom);
    case ACCESS_NO_MAILBOX:
        return REPLY_MAKE(SITUATION_NO_SUCH_MAILBOX, arena, whom);
    case ACCESS_NEVER:
        return REPLY_MAKE(SITUATION_DOMAIN_NEVER_ACCEPTS, arena, whom);
    case ACCESS_DENIED:
        return REPLY_MAKE(SITUATION_RELAY_DENIED, arena, whom, client);
    }
    return REPLY_MAKE(SITUATION_RCPT_OK, arena, whom);
}

struct reply verdict_of_spool(enum err_code code)
{
    return reply_plain(code == ERR_FULL ? SITUATION_SPOOL_FULL : SITUATION_SPOOL_FAILED);
}

struct reply verdict_too_many(const struct clients *clients, struct slice client,
                              struct arena *arena)
{
    char digits[20];
    struct buf most;
    buf_init_fixed(&most, digits, sizeof(digits));
    buf_add_u64(&most, atomic_load(&clients->most));
    return REPLY_MAKE(SITUATION_TOO_MANY_FROM_CLIENT, arena, client, buf_slice(&most));
}

bool verdict_has_room(const struct access_table *t, struct full_boxes *full,
                      const struct address *recipient, uint64_t size, int64_t now,
                      struct arena *arena, struct reply *reply_r)
{
    char storage[400], bytes[24], most[24];
    struct buf name, is, may;
    const struct access_domain *d = access_local_domain(t, recipient);
    buf_init_fixed(&name, storage, sizeof(storage));
    buf_init_fixed(&is, bytes, sizeof(bytes));
    buf_init_fixed(&may, most, sizeof(most));
    if (!d || access_alias(t, recipient))
        return true;
    if (d->quota && size > d->quota) {
        buf_add_u64(&is, size);
        buf_add_u64(&may, d->quota);
        *reply_r = REPLY_MAKE(SITUATION_LARGER_THAN_MAILBOX, arena, buf_slice(&is), buf_slice(&may),
                              recipient->text);
        return false;
    }
    buf_addf(&name, "%.*s@%.*s", SLICE_ARG(access_mailbox_local(d, recipient->local)),
             SLICE_ARG(d->name));
    if (!full || name.failed || !full_boxes_has(full, buf_slice(&name), now))
        return true;
    *reply_r =
        REPLY_MAKE(d->refuses_full ? SITUATION_MAILBOX_FULL_FOR_GOOD : SITUATION_MAILBOX_FULL,
                   arena, recipient->text);
    return false;
}

struct reply verdict_mail_ok(const struct envelope *e, bool is_one_of_ours, struct arena *arena)
{
    char digits[8];
    struct buf number;
    if (is_one_of_ours || e->priority <= 0)
        return REPLY_MAKE(SITUATION_MAIL_OK, arena, e->sender);
    buf_init_fixed(&number, digits, sizeof(digits));
    buf_addf(&number, "%d", e->priority);
    return REPLY_MAKE(SITUATION_MAIL_OK_UNHURRIED, arena, e->sender, buf_slice(&number));
}
