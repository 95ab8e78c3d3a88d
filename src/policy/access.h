/* Who may send to whom: local mailboxes for all, other domains for trusted networks only. Pure
 * tables, built once and then read by any thread. */
#ifndef CANDOR_POLICY_ACCESS_H
#define CANDOR_POLICY_ACCESS_H

#include "base/ip.h"
#include "base/map.h"
#include "mail/address.h"

enum access {
    ACCESS_LOCAL,      /* a mailbox or an alias of ours */
    ACCESS_RELAY,      /* elsewhere, and the client may */
    ACCESS_TOLD,       /* an alias of ours whose new address may be told */
    ACCESS_MOVED,      /* ours once; only told where it is now */
    ACCESS_DISABLED,   /* a mailbox that the operator closed */
    ACCESS_PAUSED,     /* one that he closed for now */
    ACCESS_NO_MAILBOX, /* our domain, no such mailbox */
    ACCESS_NEVER,      /* a domain that takes no mail at all */
    ACCESS_DENIED      /* elsewhere, and the client may not */
};

struct access_alias {
    enum access access;          /* LOCAL, TOLD, MOVED, DISABLED or PAUSED */
    const struct slice *targets; /* addresses; at least one, but for the last two */
    size_t count;
};

struct access_domain {
    struct slice name;
    uint64_t quota;                   /* bytes of a mailbox; 0: not known here */
    struct slice lmtp;                /* where its mail is handed to; empty: into Maildirs */
    bool refuses_full;                /* what is full is so for good */
    bool is_owners;                   /* each mailbox is written by who owns it */
    const struct name_map *mailboxes; /* local part -> anything but NULL */
    const struct name_map *aliases;   /* local part, or `*` -> struct access_alias; NULL: none */
};

struct access_table {
    struct name_map domains; /* name -> struct access_domain */
    struct name_map never;   /* names of domains that take no mail -> anything but NULL */
    const struct cidr *networks;
    size_t count;
    struct access_domain *fallback; /* where <postmaster> without a domain goes; NULL: nowhere */
};

/* Local parts are compared without regard to case, as nearly every receiver does, though RFC 5321
 * 2.4 leaves it to each. `user+tag` is `user` unless it has an entry of its own. `client` NULL: no
 * network's. */
enum access access_check(const struct access_table *t, const struct ip *client,
                         const struct address *recipient);
/* The local domain of an address; NULL: it is not ours. */
const struct access_domain *access_local_domain(const struct access_table *t,
                                                const struct address *recipient);
/* The alias that a recipient is; NULL: none. Aliases go before mailboxes, `*` behind them. */
const struct access_alias *access_alias(const struct access_table *t,
                                        const struct address *recipient);
/* The mailbox of a local part, as it stands in the domain's map; NULL: none. */
const void *access_mailbox(const struct access_domain *d, struct slice local);
/* The local part under which the mailbox has its entry. */
struct slice access_mailbox_local(const struct access_domain *d, struct slice local);
/* Whether a sender's address is the account's: a mailbox of that name, or an alias that leads to
 * it. An account is named as a local part, then it has that in all our domains, or as an address.
 */
bool access_owns(const struct access_table *t, struct slice account, const struct address *sender);
bool access_is_trusted(const struct access_table *t, const struct ip *client);

#endif
