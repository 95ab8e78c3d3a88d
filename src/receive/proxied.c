/* What a proxy says of the client for whom it speaks: XCLIENT puts him in its place. */
#include <stdlib.h>
#include <string.h>

#include "receive/greeting.h"
#include "receive/inside.h"
#include "receive/screening.h"

static void note(const struct connection *c, const char *event, const struct smtp_claim *claim)
{
    LOG(c->receiver->log, LOG_LEVEL_INFO, event, {"proxy", slice_str(c->client_text)},
        {"client", claim->address}, {"port", claim->port}, {"name", claim->name},
        {"helo", claim->helo}, {"protocol", claim->protocol}, {"user", claim->login},
        {"ident", claim->ident}, {"source", claim->source});
}

void proxied_note(struct connection *c, const struct smtp_event *e)
{
    note(c, "xforward", e->claim);
}

/* An address that the proxy does not know is nobody's: not its own, which may be of the relay
 * networks. */
static struct ip address_of(struct slice text)
{
    static const uint8_t nobody[4] = {0};
    struct ip ip;
    if (ip_parse(slice_from(text, slice_istarts(text, SLICE("IPV6:")) ? 5 : 0), &ip))
        return ip;
    return ip_from_bytes(IP_V4, nobody);
}

static bool set_user(struct connection *c, struct slice login)
{
    free(c->user);
    c->user = login.len ? strndup(login.at, login.len) : NULL;
    return c->user || login.len == 0;
}

void proxied_begin(struct connection *c, const struct smtp_event *e)
{
    const struct smtp_claim *claim = e->claim;
    if (screening_is_awaited(c)) { /* what is asked about the client before him */
        screening_hold(c, e);
        return;
    }
    note(c, "xclient", claim);
    exchange_forget_certificate(c);
    screening_free(c);
    if (!set_user(c, claim->login)) {
        connection_answer(c, e->ticket, reply_plain(SITUATION_LOCAL_ERROR));
        return;
    }
    connection_set_client(c, claim->address.at ? address_of(claim->address) : c->client);
    connection_count(c);
    greeting_begin(c, e);
}
