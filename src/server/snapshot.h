/* What the server makes of one reading of the configuration, for all that a reload changes. Holders
 * are the server, each lane, each connection and each attempt; nothing in it changes once it is in
 * use, so that any thread may read it. */
#ifndef CANDOR_SERVER_SNAPSHOT_H
#define CANDOR_SERVER_SNAPSHOT_H

#include "auth/reverse_path.h"
#include "base/shared.h"
#include "receive/connection.h"
#include "reply/words.h"
#include "server/places.h"

/* Addresses that mail leaves from, and pools of them, in the order of the configuration, whose
 * places are the numbers of routes. */
struct source_set {
    struct delivery_source *from;
    struct source_pool *pools;
    struct arena arena;
};

struct snapshot {
    struct shared shared;
    const struct config *config;
    struct config *owned; /* the same, to be freed with this; NULL: the caller's */
    struct config *lent;  /* the same, whose accounts alone end with this; NULL: owned */
    struct places places;
    struct source_set sources;
    struct reverse_paths reverse;
    struct words *words; /* as many as words_all, with the operator's own lines */
    struct arena words_text;
    char mechanisms[SASL_NAMES_MAX]; /* of AUTH */
    size_t mechanisms_len;
    struct token_options tokens;
    struct tls_context *tokens_tls; /* NULL: none are taken */
    struct tls_context *tls;        /* NULL: there is no certificate */
    struct dnsbl *dnsbls;
    struct smtp_server_options *sessions; /* one for each `listen` */
    char farewell[2 * REPLY_LINE_MAX];    /* theirs */
    size_t farewell_len;
    struct receiver_options receiver; /* without what only the running server has */
};

/* NULL with `why` filled. Reads the certificates and their keys. */
struct snapshot *snapshot_new(const struct config *config, struct hash_key key, struct buf *why);

/* sources.c: of the snapshot's configuration; false with `why` filled. */
MUST_CHECK bool sources_read(struct snapshot *s, struct hash_key key, struct buf *why);
void sources_free(struct source_set *s);

static inline struct snapshot *snapshot_hold(struct snapshot *s)
{
    shared_hold(&s->shared);
    return s;
}

/* NULL is let pass. */
static inline void snapshot_drop(struct snapshot *s)
{
    if (s)
        shared_drop(&s->shared);
}

#endif
