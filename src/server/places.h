/* Where addresses lead, after the configuration: who is local, which Maildir is whose, what goes to
 * which host. Read-only once made: any thread. */
#ifndef CANDOR_SERVER_PLACES_H
#define CANDOR_SERVER_PLACES_H

#include "deliver/delivery.h"
#include "deliver/maildir.h"
#include "policy/access.h"
#include "queue/queue.h"
#include "system/config.h"

/* A way for some of the mail to elsewhere. */
struct places_route {
    const struct config_route *config;
    struct slice smarthost;             /* host:port; empty: the mail exchangers */
    const struct delivery_login *login; /* there; NULL: none */
    uint8_t tls;                        /* of struct route */
    uint8_t pool;
};

struct places {
    const struct config *config;
    struct access_table access;
    struct access_domain *domains;
    struct name_map *aliases;  /* of each domain */
    struct places_route usual; /* as the section relay says; its config is NULL */
    struct places_route *routes;
    size_t route_count;
    struct delivery_login *logins; /* all of them */
    size_t login_count;
    struct arena arena;
};

/* False when memory ends. `config` must outlive it. */
MUST_CHECK bool places_init(struct places *p, const struct config *config, struct hash_key key);
void places_free(struct places *p);

/* Where mail from `sender` to `address` goes. */
void places_route(const struct places *p, struct slice sender, struct slice address,
                  struct route *route_r);
/* Which of the ways to elsewhere it takes. */
const struct places_route *places_way(const struct places *p, struct slice sender,
                                      struct slice domain);
/* The login with the number that a route has as its account; NULL: 0, or there is none any more. */
const struct delivery_login *places_login(const struct places *p, uint64_t account);
/* The message is of our people or the server's own: what leaves may be signed in our name. */
bool places_is_ours(const struct places *p, const struct envelope *e);
/* A maildir_find; ctx: the places. */
bool places_maildir(void *ctx, struct slice address, struct arena *arena,
                    struct maildir_box *box_r);
/* The address of the mailbox that a local address means; nothing for others. */
void places_box_name(const struct places *p, struct slice address, struct buf *out);

#endif
