#include "deliver/outgoing.h"

/* ms, of a policy's fetch; RFC 8461 3.3 has a minute at most */
enum { STS_TIMEOUT = 30 * 1000, FOLDER_MAX = 4096 };

struct tls_context *outgoing_tls(const struct config *c, struct buf *why)
{
    const struct config_relay *relay = &c->relay;
    const struct config_certificate *own = config_certificate(c, relay->certificate);
    struct tls_context *tls = tls_context_new_client();
    if (!tls) {
        buf_add_str(why, "out of memory\n");
        return NULL;
    }
    if (tls_context_trust(tls, relay->authorities, why) &&
        (!own || tls_context_show(tls, &(struct tls_files){own->file, own->key}, why)))
        return tls;
    tls_context_free(tls);
    return NULL;
}

enum target_tls outgoing_target_tls(int configured)
{
    static const enum target_tls tls[] = {[CONFIG_RELAY_TLS_OFF] = TARGET_TLS_OFF,
                                          [CONFIG_RELAY_TLS_MAY] = TARGET_TLS_MAY,
                                          [CONFIG_RELAY_TLS_MUST] = TARGET_TLS_MUST,
                                          [CONFIG_RELAY_TLS_VERIFY] = TARGET_TLS_VERIFY};
    return tls[configured];
}

static size_t add_own(const struct config *c, struct endpoint own[OUTGOING_OWN_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t k = 0; k < c->listens[i].addresses.count && count < OUTGOING_OWN_MAX; k++)
            own[count++] = c->listens[i].addresses.at[k];
    return count;
}

struct targets_options outgoing_targets(const struct config *c, struct sts *sts,
                                        struct endpoint own[OUTGOING_OWN_MAX])
{
    const struct config_relay *relay = &c->relay;
    return (struct targets_options){.port = (uint16_t)relay->port,
                                    .tls = outgoing_target_tls(relay->tls),
                                    .has_dane = relay->dane,
                                    .sts = sts,
                                    .hostname = c->hostname,
                                    .own = own,
                                    .own_count = add_own(c, own)};
}

struct sts *outgoing_sts(const struct config *c, struct sts_options o)
{
    char path[FOLDER_MAX];
    struct buf folder;
    buf_init_fixed(&folder, path, sizeof(path));
    buf_addf(&folder, "%.*s/mta-sts", SLICE_ARG(c->spool.path));
    o.folder = buf_slice(&folder);
    o.port = (uint16_t)c->relay.mta_sts_port;
    if (o.timeout == 0)
        o.timeout = STS_TIMEOUT;
    return folder.failed ? NULL : sts_new(&o);
}
