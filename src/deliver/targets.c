#include <stdlib.h>

#include "base/ip.h"
#include "deliver/targets_inside.h"

static void finish(struct search *s)
{
    targets_found *found = s->found;
    void *ctx = s->ctx;
    free(s);
    found(ctx);
}

static void fail(struct search *s, enum situation id, struct slice name, struct slice detail)
{
    s->targets->count = 0;
    s->targets->failure = REPLY_MAKE(id, s->arena, name, detail);
    finish(s);
}

static int by_preference(const void *left, const void *right)
{
    const struct exchanger *a = left, *b = right;
    if (a->mx.preference != b->mx.preference)
        return a->mx.preference < b->mx.preference ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static void add_target(struct search *s, const struct exchanger *e, struct slice record, int family)
{
    if (s->targets->count == TARGETS_MAX)
        return;
    struct target *t = &s->targets->list[s->targets->count++];
    t->host = e->mx.host;
    t->preference = e->mx.preference;
    t->security = e->security ? e->security : s->security;
    net_address_from_bytes(&t->address, family, record.at, s->port);
}

/* The families in turn, IPv6 first: where one of them is dead, the second try is of the other (RFC
 * 8305 4). */
static void add_targets(struct search *s, const struct exchanger *e)
{
    for (size_t i = 0; i < e->aaaa_count || i < e->a_count; i++) {
        if (i < e->aaaa_count)
            add_target(s, e, e->aaaa[i], AF_INET6);
        if (i < e->a_count)
            add_target(s, e, e->a[i], AF_INET);
    }
}

/* TLSA records prove more than the policy asks for (RFC 8461 2). */
static bool is_named(const struct search *s, const struct exchanger *e)
{
    return !s->policy || (e->security && e->security->tls == TARGET_TLS_DANE) ||
           sts_policy_names(s->policy, e->mx.host);
}

static enum exchanger_state state_of(const struct search *s, const struct exchanger *e)
{
    if (e->mx.preference >= s->own_preference)
        return EXCHANGER_OURS;
    if (e->is_unproven)
        return EXCHANGER_UNPROVEN;
    if (!is_named(s, e))
        return EXCHANGER_UNNAMED;
    return e->a_count + e->aaaa_count ? EXCHANGER_USED : EXCHANGER_WITHOUT_ADDRESS;
}

/* ---- who looks on ---- */

void targets_show(const struct search *s, struct slice name, enum dns_type type,
                  const struct dns_answer *answer)
{
    const struct targets_observer *o = s->options->observer;
    if (o)
        o->answer(o->ctx, name, type, answer);
}

static void show_exchangers(const struct search *s)
{
    const struct targets_observer *o = s->options->observer;
    for (size_t i = 0; o && i < s->count; i++) {
        const struct exchanger *e = &s->exchangers[i];
        o->exchanger(o->ctx, &(struct targets_exchanger){.host = e->mx.host,
                                                         .preference = e->mx.preference,
                                                         .is_implicit = s->is_implicit,
                                                         .state = state_of(s, e),
                                                         .dane = e->dane,
                                                         .alias = e->alias,
                                                         .base = e->base,
                                                         .security = e->security ? e->security
                                                                                 : s->security});
    }
}

/* ---- ourselves ---- */

/* Who listens at any address listens at each that this machine has. */
static bool is_listening_at(struct endpoint own, struct endpoint there)
{
    struct net_address a;
    if (endpoint_eq(own, there))
        return true;
    if (!ip_is_any(own.ip) || own.port != there.port ||
        (own.ip.family == IP_V4 && there.ip.family == IP_V6))
        return false;
    net_address_from_bytes(&a, there.ip.family == IP_V4 ? AF_INET : AF_INET6,
                           (const char *)there.ip.bytes, 0);
    return net_address_flaw(&a) == NULL;
}

static bool is_own_address(const struct search *s, enum ip_family family, struct slice record)
{
    struct endpoint there = {ip_from_bytes(family, (const uint8_t *)record.at), s->port};
    for (size_t i = 0; i < s->options->own_count; i++)
        if (is_listening_at(s->options->own[i], there))
            return true;
    return false;
}

static bool is_this_server(const struct search *s, const struct exchanger *e)
{
    if (slice_ieq(e->mx.host, s->options->hostname))
        return true;
    for (size_t i = 0; i < e->a_count; i++)
        if (is_own_address(s, IP_V4, e->a[i]))
            return true;
    for (size_t i = 0; i < e->aaaa_count; i++)
        if (is_own_address(s, IP_V6, e->aaaa[i]))
            return true;
    return false;
}

/* RFC 5321 5.1: what is no more preferred than we are would send it back to us. */
static void find_ourselves(struct search *s)
{
    for (size_t i = 0; i < s->count && !s->is_smarthost; i++) {
        const struct exchanger *e = &s->exchangers[i];
        if (e->mx.preference < s->own_preference && is_this_server(s, e))
            s->own_preference = e->mx.preference;
    }
}

/* ---- the end ---- */

void targets_settle(struct search *s)
{
    find_ourselves(s);
    show_exchangers(s);
    const struct exchanger *unproven = NULL, *unnamed = NULL, *ours = NULL;
    if (s->needs_proof && !s->is_secure && !s->policy) {
        fail(s, SITUATION_EXCHANGERS_NOT_PROVEN, s->domain, SLICE(""));
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct exchanger *e = &s->exchangers[i];
        enum exchanger_state state = state_of(s, e);
        if (state == EXCHANGER_UNPROVEN)
            unproven = e;
        else if (state == EXCHANGER_UNNAMED)
            unnamed = e;
        else if (state == EXCHANGER_OURS)
            ours = e;
        if (state == EXCHANGER_USED)
            add_targets(s, e);
    }
    if (s->targets->count)
        finish(s);
    else if (ours)
        fail(s, SITUATION_EXCHANGERS_LEAD_BACK, s->domain, ours->mx.host);
    else if (unproven)
        fail(s, SITUATION_TLSA_FAILED, unproven->mx.host, SLICE(""));
    else if (unnamed)
        fail(s, SITUATION_STS_NOT_NAMED, s->domain, unnamed->mx.host);
    else if (dns_status_is_failure(s->status))
        fail(s, SITUATION_DNS_FAILED, s->domain, slice_str(dns_status_text(s->status)));
    else if (s->is_implicit)
        fail(s, SITUATION_DOMAIN_WITHOUT_MAIL, s->domain, SLICE(""));
    else
        fail(s, SITUATION_EXCHANGERS_WITHOUT_ADDRESS, s->domain, s->exchangers[0].mx.host);
}

/* ---- addresses ---- */

static size_t keep_records(struct search *s, const struct dns_answer *answer, size_t size,
                           struct slice *records)
{
    size_t kept = 0;
    for (size_t i = 0; i < answer->count && kept < TARGETS_MAX / 2; i++)
        if (answer->records[i].len == size &&
            arena_dup(s->arena, answer->records[i], &records[kept]))
            kept++;
    return kept;
}

/* Where the name is another one's, that one (RFC 7672 2.2.2). */
static void note_alias(struct exchanger *e, const struct dns_answer *answer)
{
    struct slice name;
    if (dns_host_clean(answer->canonical, &name) && !slice_ieq(name, e->mx.host) &&
        !arena_dup(e->search->arena, name, &e->alias))
        e->is_insecure = true; /* without memory nothing is proven */
}

static void note_answer(struct exchanger *e, const struct dns_answer *answer)
{
    struct search *s = e->search;
    if (answer->status == DNS_OK)
        note_alias(e, answer);
    if (answer->status == DNS_OK && !answer->is_secure)
        e->is_insecure = true;
    if (dns_status_is_failure(answer->status))
        s->status = answer->status;
    if (--s->pending > 0)
        return;
    qsort(s->exchangers, s->count, sizeof(*s->exchangers), by_preference);
    targets_ask_tlsa(s);
}

static void on_a(void *ctx, const struct dns_answer *answer)
{
    struct exchanger *e = ctx;
    targets_show(e->search, e->mx.host, DNS_A, answer);
    e->a_count = keep_records(e->search, answer, 4, e->a);
    note_answer(e, answer);
}

static void on_aaaa(void *ctx, const struct dns_answer *answer)
{
    struct exchanger *e = ctx;
    targets_show(e->search, e->mx.host, DNS_AAAA, answer);
    e->aaaa_count = keep_records(e->search, answer, 16, e->aaaa);
    note_answer(e, answer);
}

static void ask_addresses(struct search *s)
{
    /* an answer may come at once, and with the last one `s` goes */
    struct resolver *resolver = s->resolver;
    size_t count = s->count;
    s->pending = count * 2;
    for (size_t i = 0; i < count; i++) {
        struct exchanger *e = &s->exchangers[i];
        resolver_ask(resolver, e->mx.host, DNS_A, on_a, e);
        resolver_ask(resolver, e->mx.host, DNS_AAAA, on_aaaa, e);
    }
}

static void add_exchanger(struct search *s, struct dns_mx mx)
{
    s->exchangers[s->count++] = (struct exchanger){.search = s, .mx = mx, .order = arc4random()};
}

/* RFC 5321 5.1: no MX record means that the domain's own address takes its mail. */
static void use_domain_itself(struct search *s)
{
    s->is_implicit = true;
    add_exchanger(s, (struct dns_mx){.host = s->domain});
    ask_addresses(s);
}

/* The most preferred exchangers of an answer that may hold more than we try. */
static void keep_exchanger(struct search *s, struct dns_mx mx)
{
    size_t worst = 0;
    if (s->count < TARGETS_HOSTS_MAX) {
        add_exchanger(s, mx);
        return;
    }
    for (size_t i = 1; i < s->count; i++)
        if (s->exchangers[i].mx.preference > s->exchangers[worst].mx.preference)
            worst = i;
    if (mx.preference < s->exchangers[worst].mx.preference)
        s->exchangers[worst].mx = mx;
}

static void use_exchangers(struct search *s, const struct dns_answer *answer)
{
    struct dns_mx mx;
    for (size_t i = 0; i < answer->count; i++) {
        if (!dns_mx_read(answer->records[i], s->arena, &mx))
            continue;
        if (mx.host.len == 0 && answer->count == 1) { /* null MX, RFC 7505 3 */
            fail(s, SITUATION_NULL_MX, s->domain, SLICE(""));
            return;
        }
        if (mx.host.len)
            keep_exchanger(s, mx);
    }
    if (s->count)
        ask_addresses(s);
    else
        fail(s, SITUATION_EXCHANGERS_WITHOUT_ADDRESS, s->domain,
             SLICE("a name that can't be a host's"));
}

static void on_mx(void *ctx, const struct dns_answer *answer)
{
    struct search *s = ctx;
    targets_show(s, s->domain, DNS_MX, answer);
    s->is_secure = answer->is_secure;
    switch (answer->status) {
    case DNS_OK:
        use_exchangers(s, answer);
        return;
    case DNS_NO_DATA:
        use_domain_itself(s);
        return;
    case DNS_NO_NAME:
        fail(s, SITUATION_NO_SUCH_DOMAIN, s->domain, SLICE(""));
        return;
    case DNS_BOGUS:
    case DNS_FAILED:
    case DNS_TIMED_OUT:
        break;
    }
    fail(s, SITUATION_DNS_FAILED, s->domain, slice_str(dns_status_text(answer->status)));
}

/* `host:port`, `[2001:db8::1]:port`, `192.0.2.1:port`; without a port: 25. False: it is a name, and
 * the search goes on; else it is over. */
static bool use_literal(struct search *s, struct slice host)
{
    struct target *t = &s->targets->list[0];
    struct ip ip;
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = slice_of(host.at + 1, host.len - 2);
    if (slice_istarts(host, SLICE("IPv6:")))
        host = slice_from(host, 5);
    if (!net_address_parse(host, s->port, &t->address) || !ip_parse(host, &ip))
        return false;
    t->host = host;
    t->security = s->security;
    s->targets->count = 1;
    /* RFC 5321 5.1, for who needs no exchanger to come back to us */
    if (!s->is_smarthost && is_own_address(s, ip.family, slice_of((const char *)ip.bytes, 16)))
        fail(s, SITUATION_EXCHANGERS_LEAD_BACK, s->domain, host);
    else
        finish(s);
    return true;
}

/* The path of a socket on this host. */
static void use_socket(struct search *s, struct slice path)
{
    struct target *t = &s->targets->list[0];
    *t = (struct target){.security = s->security};
    if (net_address_from_path(&t->address, path) && arena_dup(s->arena, path, &t->host))
        s->targets->count = 1;
}

static struct slice split_port(struct slice smarthost, uint16_t *port)
{
    size_t colon = slice_rfind(smarthost, ':');
    if (colon == SLICE_NONE || !port_parse(slice_from(smarthost, colon + 1), port))
        return smarthost;
    return slice_head(smarthost, colon);
}

/* A policy that is to be kept to asks for certificates of all exchangers (RFC 8461 5). */
static void on_policy(void *ctx, const struct sts_policy *policy)
{
    struct search *s = ctx;
    if (policy && policy->mode != STS_NONE)
        s->security->policy = TLS_POLICY_STS;
    if (policy && policy->mode == STS_ENFORCE) {
        s->policy = sts_policy_dup(policy, s->arena);
        if (!s->policy) {
            s->targets->count = 0;
            finish(s);
            return;
        }
        s->security->rule = "MTA-STS (RFC 8461)";
        if (s->security->tls < TARGET_TLS_VERIFY)
            s->security->tls = TARGET_TLS_VERIFY;
    }
    resolver_ask(s->resolver, s->domain, DNS_MX, on_mx, s);
}

/* What holds where no record says more. */
static struct target_security *usual_security(const struct targets_options *o,
                                              const struct targets_question *q, struct arena *arena)
{
    struct target_security *security = arena_take(arena, sizeof(*security));
    struct slice name;
    if (!security || !arena_dup(arena, q->route->destination, &name))
        return NULL;
    *security = (struct target_security){
        .tls = o->tls, .rule = "`tls` in the section relay", .next_hop = name.at};
    if (q->route->tls) {
        security->tls = (enum target_tls)(q->route->tls - 1);
        security->rule = "`tls` in the section route";
    }
    if (q->needs_proof && security->tls < TARGET_TLS_VERIFY) {
        security->tls = TARGET_TLS_VERIFY;
        security->rule = "REQUIRETLS (RFC 8689)";
    }
    return security;
}

void targets_find(struct resolver *r, const struct targets_question *q,
                  const struct targets_options *o, struct arena *arena, struct targets *t,
                  targets_found *found, void *ctx)
{
    const struct route *route = q->route;
    struct search *s = calloc(1, sizeof(*s));
    struct target_security *security = usual_security(o, q, arena);
    *t = (struct targets){.failure = reply_plain(SITUATION_LOCAL_ERROR)};
    if (!s || !security) {
        free(s);
        found(ctx);
        return;
    }
    *s = (struct search){.resolver = r,
                         .arena = arena,
                         .targets = t,
                         .found = found,
                         .ctx = ctx,
                         .options = o,
                         .port = o->port,
                         .security = security,
                         .needs_proof = q->needs_proof,
                         .ignores_rules = q->ignores_rules,
                         .own_preference = UINT32_MAX,
                         .is_smarthost = route->is_smarthost,
                         .is_secure = route->is_smarthost};
    if (route->destination.len && route->destination.at[0] == '/') {
        use_socket(s, route->destination);
        finish(s);
        return;
    }
    s->domain = route->is_smarthost ? split_port(route->destination, &s->port) : route->destination;
    if (use_literal(s, s->domain))
        return;
    if (route->is_smarthost)
        use_domain_itself(s);
    else if (o->sts && !q->ignores_rules && security->tls != TARGET_TLS_OFF)
        sts_find(o->sts, s->domain, on_policy, s);
    else
        resolver_ask(r, s->domain, DNS_MX, on_mx, s);
}
