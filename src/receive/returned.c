#include "receive/returned.h"

#include "system/clock.h"

bool returned_admits(struct connection *c, const struct smtp_event *e)
{
    char storage[ADDRESS_MAX + 1];
    struct buf whom;
    struct arena *arena = smtp_server_arena(c->session);
    struct slice address = e->address.text;
    buf_init_fixed(&whom, storage, sizeof(storage));
    switch (reverse_path_read(c->options->reverse, address, clock_unix_ms(), &whom)) {
    case REVERSE_PATH_NONE:
    case REVERSE_PATH_TRACKED: /* its mailbox is that of who sent it */
        return true;
    case REVERSE_PATH_FORWARDED:
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_RCPT_OK, arena, address));
        return false;
    case REVERSE_PATH_FORGED:
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_RETURN_FORGED, arena, address));
        return false;
    case REVERSE_PATH_OLD:
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_RETURN_OLD, arena, address));
        return false;
    }
    return true;
}

bool returned_decode(struct envelope *e, const struct reverse_paths *r, struct arena *arena)
{
    int64_t now = clock_unix_ms();
    struct recipient *list = NULL;
    for (size_t i = 0; r->forwards_at.len && i < e->count; i++) {
        char storage[ADDRESS_MAX + 1];
        struct buf whom;
        buf_init_fixed(&whom, storage, sizeof(storage));
        if (reverse_path_read(r, e->recipients[i].address, now, &whom) != REVERSE_PATH_FORWARDED)
            continue;
        if (!list) {
            list = arena_array(arena, e->count, sizeof(*list));
            if (!list)
                return false;
            memcpy(list, e->recipients, e->count * sizeof(*list));
            e->recipients = list;
        }
        if (whom.failed || !arena_dup(arena, buf_slice(&whom), &list[i].address))
            return false;
    }
    return true;
}
