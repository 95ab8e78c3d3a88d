#include "server/snapshot.h"

#include <stdlib.h>

#include "net/tls.h"
#include "server/own_words.h"
#include "server/server.h"
#include "system/heap.h"

/* Of AUTH; for Dovecot's logins until it says what it knows. */
static void set_mechanisms(struct snapshot *s)
{
    const struct config_login *l = &s->config->login;
    const struct sasl_offer offer = {.verifiers = l->known.count > 0 && l->has_verifiers,
                                     .passwords =
                                         l->known.count > 0 || l->dovecot.len > 0 || l->pam.len > 0,
                                     .tokens = l->tokens.url.len > 0};
    struct buf names;
    buf_init_fixed(&names, s->mechanisms, sizeof(s->mechanisms));
    sasl_names(&offer, &names);
    s->mechanisms_len = names.len;
}

/* Written now, since it is for when there is no memory. */
static void set_farewell(struct snapshot *s)
{
    struct arena words;
    struct buf out;
    arena_init(&words, &heap, sizeof(s->farewell));
    buf_init_fixed(&out, s->farewell, sizeof(s->farewell));
    struct reply r = REPLY_MAKE(SITUATION_LOCAL_FAILURE, &words, s->config->hostname);
    reply_write(&out, &r);
    s->farewell_len = out.len;
    arena_reset(&words);
}

/* What clients may do at each `listen`. */
static bool set_sessions(struct snapshot *s)
{
    const struct config *c = s->config;
    const struct config_limits *l = &c->limits;
    set_mechanisms(s);
    set_farewell(s);
    s->sessions = calloc(c->listen_count + 1, sizeof(*s->sessions));
    for (size_t i = 0; s->sessions && i < c->listen_count; i++)
        s->sessions[i] = (struct smtp_server_options){
            .hostname = c->hostname,
            .farewell = slice_of(s->farewell, s->farewell_len),
            .size_max = l->message_size,
            .recipients_max = (uint32_t)l->recipients,
            .mails_max = (uint32_t)l->messages_per_connection,
            .errors_max = (uint32_t)l->errors,
            .command_timeout = l->command_timeout,
            .data_timeout = l->data_timeout,
            .data_rate = (uint32_t)l->data_rate,
            .hops_max = (uint32_t)l->hops,
            .offers_tls = s->tls && c->listens[i].tls != CONFIG_TLS_OFF,
            .mechanisms = slice_of(s->mechanisms,
                                   c->listens[i].tls == CONFIG_TLS_OFF ? 0 : s->mechanisms_len),
            .normalizes = c->listens[i].line_endings == CONFIG_LINE_ENDINGS_NORMALIZE,
            .requires_auth = c->listens[i].require_login,
            .requires_tls = c->listens[i].require_tls,
            .hold_max = c->listens[i].kind == CONFIG_LISTEN_SUBMISSION ? l->hold_most : 0,
            .offers_priority = c->listens[i].kind == CONFIG_LISTEN_SUBMISSION,
            .offers_etrn = c->listens[i].etrn,
            .clients_in_turn = c->listens[i].clients_in_turn,
            .offers_by = c->listens[i].deliver_by,
            .offers_verp = c->reverse_path.offers_verp,
            .by_least = l->deliver_by_least,
            .domains_max = (uint32_t)l->recipient_domains};
    return s->sessions != NULL;
}

static bool set_receiver(struct snapshot *s)
{
    const struct config *c = s->config;
    s->dnsbls = calloc(c->dnsbl_count + 1, sizeof(*s->dnsbls));
    for (size_t i = 0; s->dnsbls && i < c->dnsbl_count; i++)
        s->dnsbls[i] = (struct dnsbl){.zone = c->dnsbls[i].zone,
                                      .url = c->dnsbls[i].url,
                                      .codes = c->dnsbls[i].codes.at,
                                      .count = c->dnsbls[i].codes.count};
    s->reverse = (struct reverse_paths){.secret = c->reverse_path.secret,
                                        .forwards_at = c->reverse_path.forwards_at,
                                        .tracked = c->reverse_path.tracked.at,
                                        .tracked_count = c->reverse_path.tracked.count,
                                        .age = c->reverse_path.age};
    s->receiver =
        (struct receiver_options){.owner = &s->shared,
                                  .reverse = &s->reverse,
                                  .campaigns = &c->queue.campaign_fields,
                                  .hostname = c->hostname,
                                  .access = &s->places.access,
                                  .accounts.users = &c->login.known,
                                  .accounts.has_verifiers = c->login.has_verifiers,
                                  .accounts.dovecot = c->login.dovecot,
                                  .accounts.tokens = c->login.tokens.url.len ? &s->tokens : NULL,
                                  .owns_senders = c->login.senders == CONFIG_SENDERS_OWN,
                                  .screening = {.lists = s->dnsbls,
                                                .list_count = c->dnsbl_count,
                                                .reverse = c->checks.reverse_dns,
                                                .sender_domain = c->checks.sender_domain,
                                                .timeout = c->checks.dns_timeout},
                                  .login_delay = c->limits.login_delay,
                                  .overload_delay = c->limits.overload_delay,
                                  .greeting_delay = c->checks.greeting_delay,
                                  .connections_max = (uint32_t)c->limits.connections,
                                  .held_max = (size_t)c->limits.held_messages};
    return s->dnsbls != NULL;
}

static bool load_certificates(struct snapshot *s, struct buf *why)
{
    const struct config *c = s->config;
    struct tls_files *files = calloc(c->certificate_count + 1, sizeof(*files));
    for (size_t i = 0; files && i < c->certificate_count; i++)
        files[i] = (struct tls_files){c->certificates[i].file, c->certificates[i].key};
    if (files && c->certificate_count > 0)
        s->tls = tls_context_new_server(files, c->certificate_count, why);
    free(files);
    if (s->tls && c->login.certificates.len > 0 &&
        !tls_context_ask(s->tls, c->login.certificates, why))
        return false;
    return files && (s->tls || c->certificate_count == 0);
}

static bool load_tokens(struct snapshot *s, struct buf *why)
{
    const struct config_tokens *t = &s->config->login.tokens;
    if (t->url.len == 0)
        return true;
    s->tokens_tls = tls_context_new_client();
    s->tokens = (struct token_options){.user = t->user,
                                       .password = t->password,
                                       .name = t->name,
                                       .scope = t->scope,
                                       .tls = s->tokens_tls};
    return s->tokens_tls && https_url_read(t->url, &s->tokens.at) &&
           tls_context_trust(s->tokens_tls, t->authorities, why);
}

static bool load_words(struct snapshot *s, struct buf *why)
{
    s->words = calloc(words_all_count, sizeof(*s->words));
    return s->words && own_words_load(s->words, s->config->notices.folder, &s->words_text, why);
}

static void free_snapshot(struct shared *shared)
{
    struct snapshot *s = LIST_ITEM(shared, struct snapshot, shared);
    free(s->sessions);
    free(s->dnsbls);
    tls_context_free(s->tls);
    tls_context_free(s->tokens_tls);
    sources_free(&s->sources);
    places_free(&s->places);
    free(s->words);
    arena_reset(&s->words_text);
    if (s->lent)
        config_forget_accounts(s->lent);
    config_free(&s->owned);
    free(s);
}

bool server_test(const struct config *config, struct buf *why)
{
    struct snapshot *s = snapshot_new(config, (struct hash_key){0}, why);
    snapshot_drop(s);
    return s != NULL;
}

struct snapshot *snapshot_new(const struct config *config, struct hash_key key, struct buf *why)
{
    struct snapshot *s = calloc(1, sizeof(*s));
    size_t said = why->len;
    if (!s || !places_init(&s->places, config, key)) {
        free(s);
        buf_add_str(why, "out of memory\n");
        return NULL;
    }
    shared_init(&s->shared, free_snapshot);
    s->config = config;
    arena_init(&s->words_text, &heap, OWN_WORDS_MOST);
    if (sources_read(s, key, why) && load_certificates(s, why) && load_tokens(s, why) &&
        load_words(s, why) && set_sessions(s) && set_receiver(s))
        return s;
    if (why->len == said)
        buf_add_str(why, "out of memory\n");
    snapshot_drop(s);
    return NULL;
}
