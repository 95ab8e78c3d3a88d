#include "receive/international.h"

#include "dns/idn.h"
#include "receive/inside.h"

static bool to_ascii(struct slice address, struct arena *arena, struct slice *own_r)
{
    char storage[ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX];
    struct buf own;
    buf_init_fixed(&own, storage, sizeof(storage));
    return idn_add_address(&own, address) && arena_dup(arena, buf_slice(&own), own_r);
}

bool international_take(struct connection *c, const struct smtp_event *e, struct smtp_event *own_r)
{
    struct arena *arena = smtp_server_arena(c->session);
    struct slice own;
    *own_r = *e;
    if (slice_is_ascii(e->address.domain))
        return true;
    if (!to_ascii(e->address.text, arena, &own)) {
        connection_answer(c, e->ticket,
                          REPLY_MAKE(e->kind == SMTP_EVENT_MAIL ? SITUATION_SENDER_SYNTAX
                                                                : SITUATION_RECIPIENT_SYNTAX,
                                     arena, e->address.text,
                                     SLICE("its domain holds what no international name may (RFC "
                                           "5891)")));
        return false;
    }
    own_r->address = address_split(own);
    own_r->address.is_utf8 = !slice_is_ascii(own);
    return true;
}

static bool take_recipients(struct envelope *e, struct arena *arena)
{
    struct recipient *list = arena_array(arena, e->count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < e->count; i++) {
        list[i] = e->recipients[i];
        if (!slice_is_ascii(list[i].address) &&
            !to_ascii(e->recipients[i].address, arena, &list[i].address))
            return false;
    }
    e->recipients = list;
    return true;
}

bool international_envelope(struct envelope *e, bool has_utf8_header, struct arena *arena)
{
    if (!e->smtputf8)
        return true;
    if (!slice_is_ascii(e->sender) && !to_ascii(e->sender, arena, &e->sender))
        return false;
    if (!take_recipients(e, arena))
        return false;
    e->smtputf8 = has_utf8_header || !slice_is_ascii(e->sender);
    for (size_t i = 0; i < e->count && !e->smtputf8; i++)
        e->smtputf8 =
            !slice_is_ascii(e->recipients[i].address) || !slice_is_ascii(e->recipients[i].original);
    return true;
}
