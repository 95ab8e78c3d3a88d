#include "queue/provider.h"

static const struct provider providers[] = {
#define PROVIDER(name, suffix, connections, messages)                                              \
    {SLICE_INIT(name), SLICE_INIT(suffix), connections, messages},
#include "queue/providers.def"
#undef PROVIDER
};

const struct provider *provider_of(struct slice host)
{
    for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++)
        if (slice_iends(host, providers[i].suffix))
            return &providers[i];
    return NULL;
}

static void sort(struct slice *hosts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && slice_cmp(hosts[k], hosts[k - 1]) < 0; k--) {
            struct slice later = hosts[k - 1];
            hosts[k - 1] = hosts[k];
            hosts[k] = later;
        }
}

/* That all of them are of; NULL: there is none. */
static const struct provider *provider_of_all(const struct slice *hosts, size_t count)
{
    const struct provider *p = count ? provider_of(hosts[0]) : NULL;
    for (size_t i = 1; i < count && p; i++) {
        const struct provider *other = provider_of(hosts[i]);
        if (!other || !slice_eq(other->name, p->name))
            return NULL;
    }
    return p;
}

uint32_t site_write_name(struct buf *out, struct slice *hosts, size_t count)
{
    const struct provider *p = provider_of_all(hosts, count);
    if (p) {
        buf_add(out, p->name);
        return p->connections;
    }
    sort(hosts, count);
    for (size_t i = 0; i < count; i++) {
        if (i && slice_eq(hosts[i], hosts[i - 1]))
            continue;
        buf_add_str(out, i ? "," : "");
        buf_add(out, hosts[i]);
    }
    return 0;
}
