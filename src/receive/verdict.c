#include "receive/verdict.h"

struct reply verdict_of_access(enum access access, const struct access_alias *alias,
                               struct slice recipient, struct slice client, struct arena *arena)
{
    switch (access) {
    case ACCESS_LOCAL:
    case ACCESS_RELAY:
        break;
    case ACCESS_TOLD:
        return REPLY_MAKE(SITUATION_RCPT_FORWARDED, arena, recipient, alias->targets[0]);
    case ACCESS_MOVED:
        return REPLY_MAKE(SITUATION_RCPT_MOVED, arena, recipient, alias->targets[0]);
    case ACCESS_NO_MAILBOX:
        return REPLY_MAKE(SITUATION_NO_SUCH_MAILBOX, arena, recipient);
    case ACCESS_DENIED:
        return REPLY_MAKE(SITUATION_RELAY_DENIED, arena, recipient, client);
    }
    return REPLY_MAKE(SITUATION_RCPT_OK, arena, recipient);
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
