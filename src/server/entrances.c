/* What clients find at each `listen` of the configuration: the session's options, and TLS. */
#include <stdlib.h>

#include "net/tls.h"
#include "server/inside.h"

/* What clients may do at each `listen`. */
static bool set_sessions(struct server *s)
{
    const struct config *c = s->config;
    const struct config_limits *l = &c->limits;
    s->sessions = calloc(c->listen_count + 1, sizeof(*s->sessions));
    for (size_t i = 0; s->sessions && i < c->listen_count; i++)
        s->sessions[i] = (struct smtp_server_options){
            .hostname = c->hostname,
            .size_max = l->message_size,
            .recipients_max = (uint32_t)l->recipients,
            .errors_max = (uint32_t)l->errors,
            .command_timeout = l->command_timeout,
            .data_timeout = l->data_timeout,
            .hops_max = (uint32_t)l->hops,
            .offers_tls = s->tls && c->listens[i].tls != CONFIG_TLS_OFF,
            .mechanisms = c->login.known.count > 0 && c->listens[i].tls != CONFIG_TLS_OFF
                              ? sasl_names()
                              : SLICE(""),
            .requires_auth = c->listens[i].require_login,
            .requires_tls = c->listens[i].require_tls};
    return s->sessions != NULL;
}

static bool set_screening(struct server *s)
{
    const struct config *c = s->config;
    s->dnsbls = calloc(c->dnsbl_count + 1, sizeof(*s->dnsbls));
    for (size_t i = 0; s->dnsbls && i < c->dnsbl_count; i++)
        s->dnsbls[i] = (struct dnsbl){.zone = c->dnsbls[i].zone,
                                      .url = c->dnsbls[i].url,
                                      .codes = c->dnsbls[i].codes.at,
                                      .count = c->dnsbls[i].codes.count};
    s->receiver_options.screening =
        (struct screening_options){.lists = s->dnsbls,
                                   .list_count = c->dnsbl_count,
                                   .reverse = c->checks.reverse_dns,
                                   .sender_domain = c->checks.sender_domain,
                                   .timeout = c->checks.dns_timeout};
    return s->dnsbls != NULL;
}

/* The keys are read here, while we may be root. */
static bool load_certificates(struct server *s)
{
    const struct config *c = s->config;
    struct tls_files *files = calloc(c->certificate_count + 1, sizeof(*files));
    for (size_t i = 0; files && i < c->certificate_count; i++)
        files[i] = (struct tls_files){c->certificates[i].file, c->certificates[i].key};
    if (files && c->certificate_count > 0)
        s->tls = tls_context_new_server(files, c->certificate_count, s->why);
    free(files);
    return files && (s->tls || c->certificate_count == 0);
}

/* What holds of connections that we make. */
static bool make_client(struct server *s)
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

bool entrances_make(struct server *s)
{
    if (!load_certificates(s) || !make_client(s))
        return false;
    if (set_sessions(s) && set_screening(s))
        return true;
    buf_add_str(s->why, "out of memory\n");
    return false;
}

void entrances_free(struct server *s)
{
    free(s->sessions);
    free(s->dnsbls);
    tls_context_free(s->tls);
    tls_context_free(s->tls_out);
}
