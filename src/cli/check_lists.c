/* Whether the blocklists answer as blocklists do: each has 127.0.0.2 on it and never 127.0.0.1 (RFC
 * 5782 5). */
#include <stdlib.h>

#include "cli/check_look.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/timer.h"
#include "policy/dnsbl.h"

enum { WAIT_MS = 3000, NEVER_LISTED = 1, ALWAYS_LISTED = 2, PER_LIST = 2 };

struct probing;

struct probe {
    struct probing *probing;
    struct dnsbl list;
    bool is_answered;
    enum dnsbl_verdict verdict;
    struct ip code;
};

struct probing {
    struct looking *looking;
    struct loop *loop;
    struct resolver *resolver;
    struct timer timer;
    size_t pending;
    struct probe *probes; /* for each list: 127.0.0.1, then 127.0.0.2 */
};

static void on_timer(void *ctx)
{
    loop_stop(((struct probing *)ctx)->loop);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct probe *p = ctx;
    p->is_answered = true;
    p->verdict = dnsbl_judge(&p->list, answer, &p->code);
    if (--p->probing->pending == 0)
        loop_stop(p->probing->loop);
}

static void ask(struct probing *b, size_t number, const struct config_dnsbl *list)
{
    struct probe *p = &b->probes[number];
    struct ip client = {IP_V4, {127, 0, 0, number % PER_LIST ? ALWAYS_LISTED : NEVER_LISTED}};
    char name[DNSBL_NAME_MAX];
    struct buf question;
    buf_init_fixed(&question, name, sizeof(name));
    *p = (struct probe){
        .probing = b,
        .list = {.zone = list->zone, .codes = list->codes.at, .count = list->codes.count}};
    dnsbl_question(&p->list, client, &question);
    resolver_ask(b->resolver, buf_slice(&question), DNS_A, on_answer, p);
}

static void say_unusable(struct looking *l, const struct probe *p)
{
    char storage[IP_TEXT];
    struct buf code;
    buf_init_fixed(&code, storage, sizeof(storage));
    ip_write(&code, p->code);
    looking_warn(l,
                 "dnsbl %.*s: it answers %.*s, which is no listing: it is gone, or refuses to be "
                 "asked by this name server; ask it through a resolver of your own (resolver { "
                 "nameserver }), as its documentation says",
                 SLICE_ARG(p->list.zone), SLICE_ARG(buf_slice(&code)));
}

static void say(struct looking *l, const struct probe *never, const struct probe *always)
{
    struct slice zone = always->list.zone;
    if (!always->is_answered || always->verdict == DNSBL_UNKNOWN)
        looking_warn(l,
                     "dnsbl %.*s: its name servers do not answer now; until they do, nobody is "
                     "refused by it",
                     SLICE_ARG(zone));
    else if (always->verdict == DNSBL_UNUSABLE)
        say_unusable(l, always);
    else if (always->verdict == DNSBL_ABSENT)
        looking_warn(l,
                     "dnsbl %.*s: 127.0.0.2 is not on it, as it is on every blocklist (RFC 5782 "
                     "5): the name is mistyped, the list is gone, or `codes` leaves out its answer",
                     SLICE_ARG(zone));
    if (never->is_answered && never->verdict == DNSBL_LISTED)
        looking_warn(l,
                     "dnsbl %.*s: it lists 127.0.0.1, as no blocklist may (RFC 5782 5): it lists "
                     "everybody; take it out of the configuration",
                     SLICE_ARG(zone));
}

static void probe_all(struct probing *b)
{
    const struct config *c = b->looking->config;
    timer_init(&b->timer, b->loop, on_timer, b);
    timer_set(&b->timer, WAIT_MS);
    b->pending = c->dnsbl_count * PER_LIST;
    for (size_t i = 0; i < c->dnsbl_count * PER_LIST; i++)
        ask(b, i, &c->dnsbls[i / PER_LIST]);
    if (b->pending)
        loop_run(b->loop);
    timer_stop(&b->timer);
    for (size_t i = 0; i < c->dnsbl_count; i++)
        say(b->looking, &b->probes[i * PER_LIST], &b->probes[i * PER_LIST + 1]);
}

void check_lists(struct looking *l)
{
    size_t count = l->config->dnsbl_count;
    if (count == 0)
        return;
    struct probing b = {
        .looking = l, .loop = loop_new(), .probes = calloc(count * PER_LIST, sizeof(*b.probes))};
    b.resolver = b.loop && b.probes ? looking_resolver(l, b.loop) : NULL;
    if (b.resolver)
        probe_all(&b);
    resolver_free(b.resolver);
    loop_free(b.loop);
    free(b.probes);
}
