/* The commands of a transaction (RFC 5321 3.3) with the parameters that the peer offered. */
#include "mail/address.h"
#include "mail/envelope_text.h"
#include "smtp/client/inside.h"

/* For SIZE= (RFC 1870 5): our own trace header goes in front of the stored content. */
enum { TRACE_HEADER_SIZE = 1024 };
/* Far above what an address may have; quoted pairs make it no longer than twice. */
enum { PATH_MAX_BYTES = 1024 };

/* Whatever is stored, only a valid path goes on the wire: a line end or `>` in an address would
 * write commands and parameters of its own. */
static bool path_is_fit(struct slice address, bool null_ok)
{
    char storage[PATH_MAX_BYTES];
    struct buf path;
    struct address parsed;
    struct err err = {0};
    size_t used;
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.at[i] < 0x20 || address.at[i] == 0x7F)
            return false;
    buf_init_fixed(&path, storage, sizeof(storage));
    buf_add_char(&path, '<');
    buf_add(&path, address);
    buf_add_char(&path, '>');
    return !path.failed && address_parse_path(buf_slice(&path), null_ok, &used, &parsed, &err) &&
           used == path.len;
}

/* ENVID and ORCPT are stored as they came, in xtext, of visible characters (RFC 3461 4), or with
 * UTF-8 in it (RFC 6533 3). */
static bool value_is_fit(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] <= 0x20 || value.at[i] == 0x7F)
            return false;
    return true;
}

static struct slice sender_of(const struct smtp_client_message *m)
{
    return m->sender.len ? m->sender : m->envelope->sender;
}

bool client_sender_is_fit(const struct smtp_client_message *m)
{
    return path_is_fit(sender_of(m), true) && value_is_fit(m->envelope->envid);
}

bool client_recipient_is_fit(const struct recipient *r)
{
    return path_is_fit(r->address, false) && value_is_fit(r->original);
}

static bool offers(const struct smtp_client *c, enum client_offer offer)
{
    return (c->offers & (unsigned)offer) != 0;
}

/* 8-bit content goes also to a peer that does not offer 8BITMIME, as it is: a conversion would
 * break the signatures in it (RFC 6376 5.3), and practically every server is 8-bit clean. */
void client_write_mail(struct smtp_client *c, const struct smtp_client_message *m)
{
    const struct envelope *e = m->envelope;
    buf_add_str(&c->out, "MAIL FROM:<");
    buf_add(&c->out, sender_of(m));
    buf_add_char(&c->out, '>');
    if (offers(c, OFFER_SIZE)) {
        buf_add_str(&c->out, " SIZE=");
        buf_add_u64(&c->out, e->size + TRACE_HEADER_SIZE);
    }
    if (offers(c, OFFER_8BITMIME) && e->body == BODY_8BITMIME)
        buf_add_str(&c->out, " BODY=8BITMIME");
    if (client_is_binary(m))
        buf_add_str(&c->out, " BODY=BINARYMIME");
    if (e->smtputf8)
        buf_add_str(&c->out, " SMTPUTF8");
    if (e->requires_tls && !c->options.lmtp)
        buf_add_str(&c->out, " REQUIRETLS");
    if (offers(c, OFFER_PRIORITY) && e->priority)
        buf_addf(&c->out, " MT-PRIORITY=%d", e->priority);
    if (offers(c, OFFER_DELIVERBY) && e->by_mode) {
        buf_addf(&c->out, " BY=%lld", (long long)m->by_left);
        envelope_text_by(&c->out, e);
    }
    if (offers(c, OFFER_DSN))
        envelope_text_return(&c->out, e);
    buf_add_str(&c->out, "\r\n");
}

void client_write_rcpt(struct smtp_client *c, const struct recipient *r)
{
    buf_add_str(&c->out, "RCPT TO:<");
    buf_add(&c->out, r->address);
    buf_add_char(&c->out, '>');
    if (offers(c, OFFER_DSN))
        envelope_text_notify(&c->out, r);
    buf_add_str(&c->out, "\r\n");
}
