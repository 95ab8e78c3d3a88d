/* What holds of all connections that the server makes. */
#include "net/tls.h"
#include "server/inside.h"

bool outgoing_make(struct server *s)
{
    const struct config_relay *relay = &s->config->relay;
    const struct config_certificate *own = config_certificate(s->config, relay->certificate);
    s->tls_out = tls_context_new_client();
    if (!s->tls_out) {
        buf_add_str(s->why, "out of memory\n");
        return false;
    }
    return tls_context_trust(s->tls_out, relay->authorities, s->why) &&
           (!own || tls_context_show(s->tls_out, &(struct tls_files){own->file, own->key}, s->why));
}
