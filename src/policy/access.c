#include "policy/access.h"

const struct access_domain *access_local_domain(const struct access_table *t,
                                                const struct address *recipient)
{
    if (recipient->domain.len == 0) /* <postmaster>, RFC 5321 4.1.1.3 */
        return t->fallback;
    return name_map_get(&t->domains, recipient->domain);
}

bool access_is_trusted(const struct access_table *t, const struct ip *client)
{
    return client && cidr_list_contains(t->networks, t->count, *client);
}

/* `user` of `user+tag`. */
static struct slice untagged(struct slice local)
{
    return slice_head(local, slice_find(local, '+', 1));
}

struct slice access_mailbox_local(const struct access_domain *d, struct slice local)
{
    return name_map_get(d->mailboxes, local) ? local : untagged(local);
}

const void *access_mailbox(const struct access_domain *d, struct slice local)
{
    const void *own = name_map_get(d->mailboxes, local);
    struct slice plain = untagged(local);
    return own || plain.len == local.len ? own : name_map_get(d->mailboxes, plain);
}

static const struct access_alias *find_alias(const struct access_domain *d, struct slice local)
{
    const struct access_alias *alias = NULL;
    struct slice plain = untagged(local);
    if (!d || !d->aliases)
        return NULL;
    alias = name_map_get(d->aliases, local);
    if (alias || name_map_get(d->mailboxes, local))
        return alias;
    if (plain.len < local.len) {
        alias = name_map_get(d->aliases, plain);
        if (alias || name_map_get(d->mailboxes, plain))
            return alias;
    }
    return name_map_get(d->aliases, SLICE("*"));
}

const struct access_alias *access_alias(const struct access_table *t,
                                        const struct address *recipient)
{
    return find_alias(access_local_domain(t, recipient), recipient->local);
}

enum access access_check(const struct access_table *t, const struct ip *client,
                         const struct address *recipient)
{
    const struct access_domain *domain = access_local_domain(t, recipient);
    const struct access_alias *alias = find_alias(domain, recipient->local);
    if (name_map_get(&t->never, recipient->domain))
        return ACCESS_NEVER;
    if (alias)
        return alias->access;
    if (domain)
        return access_mailbox(domain, recipient->local) ? ACCESS_LOCAL : ACCESS_NO_MAILBOX;
    return access_is_trusted(t, client) ? ACCESS_RELAY : ACCESS_DENIED;
}

/* `local` at a domain of ours is the account's mailbox. */
static bool is_account(struct slice account, const struct access_domain *d, struct slice local)
{
    size_t at = slice_rfind(account, '@');
    return slice_ieq(access_mailbox_local(d, local), slice_head(account, at)) &&
           (at == SLICE_NONE || slice_ieq(slice_from(account, at + 1), d->name));
}

bool access_owns(const struct access_table *t, struct slice account, const struct address *sender)
{
    const struct access_domain *domain = access_local_domain(t, sender);
    if (!domain)
        return slice_ieq(account, sender->text);
    if (is_account(account, domain, sender->local))
        return true;
    const struct access_alias *alias = find_alias(domain, sender->local);
    for (size_t i = 0; alias && i < alias->count; i++) {
        size_t at = slice_rfind(alias->targets[i], '@');
        const struct access_domain *d =
            at == SLICE_NONE ? NULL
                             : name_map_get(&t->domains, slice_from(alias->targets[i], at + 1));
        if (d && is_account(account, d, slice_head(alias->targets[i], at)))
            return true;
    }
    return false;
}
