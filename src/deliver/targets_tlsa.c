/* TLSA records of mail exchangers (RFC 7672): where they are asked for, and what follows from them.
 */
#include "deliver/targets_inside.h"

/* Of a name in the DNS as text, with a prefix (RFC 1035 2.3.4). */
enum { ASCII_NAME_MAX = 300 };

/* What cannot be used still says that there must be TLS (RFC 7672 2.2). */
static bool use_records(struct search *s, struct exchanger *e, const struct dns_answer *answer)
{
    struct target_security *security = arena_take(s->arena, sizeof(*security));
    struct tlsa *records = arena_array(s->arena, answer->count + 1, sizeof(*records));
    if (!security || !records)
        return false;
    *security = *s->security;
    for (size_t i = 0; i < answer->count; i++) {
        struct tlsa *t = &records[security->tlsa_count];
        if (tlsa_read(answer->records[i], t) && arena_dup(s->arena, t->data, &t->data))
            security->tlsa_count++;
    }
    security->tlsa = records;
    security->base = e->base;
    security->rule = "DANE (RFC 7672)";
    security->policy = TLS_POLICY_TLSA;
    if (security->tlsa_count)
        security->tls = TARGET_TLS_DANE;
    else if (security->tls < TARGET_TLS_MUST)
        security->tls = TARGET_TLS_MUST;
    e->security = security;
    return true;
}

static void on_tlsa(void *ctx, const struct dns_answer *answer);

static void ask_at(struct exchanger *e, struct slice base)
{
    char text[ASCII_NAME_MAX];
    struct buf name;
    e->base = base;
    buf_init_fixed(&name, text, sizeof(text));
    tlsa_write_name(&name, base, e->search->port);
    resolver_ask(e->search->resolver, buf_slice(&name), DNS_TLSA, on_tlsa, e);
}

static void end(struct exchanger *e)
{
    if (--e->search->pending == 0)
        targets_settle(e->search);
}

static void on_tlsa(void *ctx, const struct dns_answer *answer)
{
    struct exchanger *e = ctx;
    char text[ASCII_NAME_MAX];
    struct buf name;
    buf_init_fixed(&name, text, sizeof(text));
    tlsa_write_name(&name, e->base, e->search->port);
    targets_show(e->search, buf_slice(&name), DNS_TLSA, answer);
    bool is_proven = answer->status == DNS_OK && answer->is_secure;
    if (dns_status_is_failure(answer->status)) {
        e->is_unproven = true; /* an attacker can make it so: no reason to be satisfied with less */
    } else if (is_proven) {
        e->is_unproven = !use_records(e->search, e, answer);
    } else if (e->alias.len && slice_eq(e->base, e->alias)) {
        ask_at(e, e->mx.host); /* RFC 7672 2.2.2: without records there, the name as it was */
        return;
    }
    end(e);
}

/* The addresses are not proven, but that the name stands for another may be: then the records of
 * the name itself still say who answers for it (RFC 7672 2.1.3, 2.2.2). */
static void on_cname(void *ctx, const struct dns_answer *answer)
{
    struct exchanger *e = ctx;
    targets_show(e->search, e->mx.host, DNS_CNAME, answer);
    if (dns_status_is_failure(answer->status)) {
        e->is_unproven = true;
    } else if (answer->status == DNS_OK && answer->is_secure) {
        ask_at(e, e->mx.host);
        return;
    } else {
        e->dane = EXCHANGER_DANE_HOST_INSECURE;
    }
    end(e);
}

/* Records prove something only where everything that led to them is proven (RFC 7672 2.2.1). */
static enum exchanger_dane may_have_records(const struct search *s, const struct exchanger *e)
{
    if (!s->options->has_dane || s->ignores_rules || s->security->tls == TARGET_TLS_OFF)
        return EXCHANGER_DANE_OFF;
    if (!s->is_secure)
        return EXCHANGER_DANE_DOMAIN_INSECURE;
    return (e->is_insecure && !e->alias.len) || e->a_count + e->aaaa_count == 0
               ? EXCHANGER_DANE_HOST_INSECURE
               : EXCHANGER_DANE_ASKED;
}

static void ask(struct exchanger *e)
{
    if (e->is_insecure)
        resolver_ask(e->search->resolver, e->mx.host, DNS_CNAME, on_cname, e);
    else
        ask_at(e, e->alias.len ? e->alias : e->mx.host);
}

void targets_ask_tlsa(struct search *s)
{
    struct exchanger *asked[TARGETS_HOSTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct exchanger *e = &s->exchangers[i];
        e->dane = may_have_records(s, e);
        if (e->dane == EXCHANGER_DANE_ASKED)
            asked[count++] = e;
    }
    s->pending = count;
    if (count == 0)
        targets_settle(s);
    for (size_t i = 0; i < count; i++) /* with the last answer `s` goes */
        ask(asked[i]);
}
