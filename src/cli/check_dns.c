/* Whether our name leads to addresses, and they back to it: other servers ask that of a sender. */
#include "cli/check_look.h"
#include "dns/record.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/timer.h"
#include "receive/reverse_check.h"

enum { WAIT_MS = 3000, ADDRESSES_MAX = 8, TYPES = 2 };

struct asking {
    struct looking *looking;
    struct loop *loop;
    struct resolver *resolver;
    struct timer timer;
    size_t pending;
    bool is_absent; /* the name has no address: said by answers, not by their lack */
    struct reverse_check checks[ADDRESSES_MAX];
    size_t count;
};

static void settle(struct asking *a)
{
    if (--a->pending == 0)
        loop_stop(a->loop);
}

static void on_reverse(void *ctx)
{
    settle(ctx);
}

static void ask_reverse(struct asking *a, struct ip ip)
{
    struct cidr loopback = {.ip = {IP_V4, {127}}, .prefix = 8};
    if (a->count == ADDRESSES_MAX || cidr_contains(loopback, ip))
        return;
    struct reverse_check *check = &a->checks[a->count++];
    *check = (struct reverse_check){
        .resolver = a->resolver, .loop = a->loop, .client = ip, .done = on_reverse, .ctx = a};
    a->pending++;
    reverse_check_begin(check);
}

static bool is_absent(enum dns_status status)
{
    return status == DNS_NO_DATA || status == DNS_NO_NAME;
}

static void on_addresses(void *ctx, const struct dns_answer *answer)
{
    struct asking *a = ctx;
    a->is_absent = a->is_absent && is_absent(answer->status);
    for (size_t i = 0; i < answer->count; i++) {
        size_t len = answer->records[i].len;
        if (len == 4 || len == 16)
            ask_reverse(
                a, ip_from_bytes(len == 4 ? IP_V4 : IP_V6, (const uint8_t *)answer->records[i].at));
    }
    settle(a);
}

static void on_timer(void *ctx)
{
    struct asking *a = ctx;
    loop_stop(a->loop);
}

static void say(struct asking *a)
{
    struct slice hostname = a->looking->config->hostname;
    if (a->is_absent)
        looking_warn(a->looking,
                     "hostname: %.*s has no address in the DNS, so other servers may refuse it; "
                     "enter an A or AAAA record, or change hostname",
                     SLICE_ARG(hostname));
    for (size_t i = 0; i < a->count; i++) {
        const struct reverse_check *check = &a->checks[i];
        char storage[IP_TEXT];
        struct buf ip;
        buf_init_fixed(&ip, storage, sizeof(storage));
        ip_write(&ip, check->client);
        if (check->verdict == REVERSE_ABSENT)
            looking_warn(a->looking,
                         "hostname: the address %.*s of %.*s has no name in the DNS (PTR), so many "
                         "servers will refuse its mail; have whoever gave you the address enter it",
                         SLICE_ARG(buf_slice(&ip)), SLICE_ARG(hostname));
        else if (check->verdict == REVERSE_UNCONFIRMED)
            looking_warn(a->looking,
                         "hostname: the address %.*s of %.*s has the name %s in the DNS (PTR), "
                         "which does not lead back to it; have whoever gave you the address enter "
                         "%.*s",
                         SLICE_ARG(buf_slice(&ip)), SLICE_ARG(hostname), check->name,
                         SLICE_ARG(hostname));
    }
}

static void ask(struct asking *a)
{
    struct slice hostname = a->looking->config->hostname;
    timer_init(&a->timer, a->loop, on_timer, a);
    timer_set(&a->timer, WAIT_MS);
    a->pending = TYPES;
    resolver_ask(a->resolver, hostname, DNS_A, on_addresses, a);
    resolver_ask(a->resolver, hostname, DNS_AAAA, on_addresses, a);
    if (a->pending)
        loop_run(a->loop);
    timer_stop(&a->timer);
    if (a->pending == 0)
        say(a);
}

struct resolver *looking_resolver(const struct looking *l, struct loop *loop)
{
    const struct config_resolver *from = &l->config->resolver;
    struct err err;
    struct resolver_options o = {.nameservers = from->nameservers.at,
                                 .count = from->nameservers.count,
                                 .trust_anchor = from->trust_anchor};
    return resolver_new(loop, &o, &err);
}

void check_dns(struct looking *l)
{
    struct asking a = {.looking = l, .is_absent = true, .loop = loop_new()};
    if (a.loop && (a.resolver = looking_resolver(l, a.loop))) {
        ask(&a);
        resolver_free(a.resolver);
    }
    loop_free(a.loop);
}
