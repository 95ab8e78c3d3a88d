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
    for (size_t i = 0; client && i < t->count; i++)
        if (cidr_contains(t->networks[i], *client))
            return true;
    return false;
}

enum access access_check(const struct access_table *t, const struct ip *client,
                         const struct address *recipient)
{
    const struct access_domain *domain = access_local_domain(t, recipient);
    if (domain)
        return name_map_get(domain->mailboxes, recipient->local) ? ACCESS_LOCAL : ACCESS_NO_MAILBOX;
    return access_is_trusted(t, client) ? ACCESS_RELAY : ACCESS_DENIED;
}
