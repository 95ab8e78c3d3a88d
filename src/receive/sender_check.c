#include "receive/sender_check.h"

#include <stdlib.h>

#include "net/resolver.h"
#include "net/timer.h"
#include "policy/sender_domain.h"
#include "receive/inside.h"
#include "receive/verdict.h"

struct sender_check {
    struct connection *connection;
    uint32_t ticket;
    enum dns_type type;
    bool is_answered; /* it took too long; the look-up still comes back */
    struct timer timer;
    const struct envelope *envelope; /* lives as long as its verdict is awaited */
    struct address sender; /* lives until the transaction ends, which waits for the answer */
    char domain[ADDRESS_DOMAIN_MAX + 1];
};

static void ask(struct sender_check *s, enum dns_type type);

static struct reply reply_of(const struct sender_check *s, enum sender_domain verdict,
                             struct slice why, struct arena *arena)
{
    struct slice domain = slice_str(s->domain);
    switch (verdict) {
    case SENDER_DOMAIN_ABSENT:
        return REPLY_MAKE(SITUATION_SENDER_NO_DOMAIN, arena, domain);
    case SENDER_DOMAIN_WITHOUT_MAIL:
        return REPLY_MAKE(SITUATION_SENDER_DOMAIN_WITHOUT_MAIL, arena, domain);
    case SENDER_DOMAIN_NULL_MX:
        return REPLY_MAKE(SITUATION_SENDER_NULL_MX, arena, domain);
    case SENDER_DOMAIN_UNKNOWN:
        return REPLY_MAKE(SITUATION_SENDER_DNS_FAILED, arena, domain, why);
    case SENDER_DOMAIN_ASKING:
    case SENDER_DOMAIN_FINE:
        break;
    }
    return verdict_mail_ok(s->envelope, false, arena);
}

static void answer(struct sender_check *s, enum sender_domain verdict, struct slice why)
{
    struct connection *c = s->connection;
    s->is_answered = true;
    timer_stop(&s->timer);
    connection_answer(c, s->ticket, reply_of(s, verdict, why, smtp_server_arena(c->session)));
}

static void on_timeout(void *ctx)
{
    struct sender_check *s = ctx;
    answer(s, SENDER_DOMAIN_UNKNOWN, SLICE("its name servers did not answer in time"));
    connection_go_on(s->connection);
}

static void on_answer(void *ctx, const struct dns_answer *found)
{
    struct sender_check *s = ctx;
    struct connection *c = s->connection;
    enum dns_type next;
    enum sender_domain verdict = sender_domain_judge(s->type, found, &next);
    if (verdict == SENDER_DOMAIN_ASKING && !s->is_answered && !c->is_gone) {
        ask(s, next);
        return;
    }
    if (!s->is_answered)
        answer(s, verdict, slice_str(dns_status_text(found->status)));
    c->sender_checks--;
    free(s);
    connection_go_on(c);
}

static void ask(struct sender_check *s, enum dns_type type)
{
    s->type = type;
    resolver_ask_from(s->connection->options->screening.resolver, s->connection->receiver->loop,
                      slice_str(s->domain), type, on_answer, s);
}

/* Ours and our own people's are known; an address literal has no domain. */
static bool is_to_be_checked(const struct connection *c, const struct address *sender)
{
    const struct receiver_options *o = c->options;
    return o->screening.sender_domain && !c->is_trusted && !c->user && !sender->is_literal &&
           sender->domain.len > 0 && !access_local_domain(o->access, sender);
}

bool sender_check_begin(struct connection *c, const struct smtp_event *e)
{
    if (!is_to_be_checked(c, &e->address))
        return false;
    struct sender_check *s = calloc(1, sizeof(*s));
    if (!s || !slice_cstr(e->address.domain, s->domain, sizeof(s->domain))) {
        free(s);
        return false;
    }
    s->connection = c;
    s->ticket = e->ticket;
    s->sender = e->address;
    s->envelope = e->envelope;
    timer_init(&s->timer, c->receiver->loop, on_timeout, s);
    timer_set(&s->timer, c->options->screening.timeout);
    c->sender_checks++;
    ask(s, DNS_MX);
    return true;
}
