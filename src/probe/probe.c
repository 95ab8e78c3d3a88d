/* The order of things: routing, sessions, then what it comes to. */
#include "probe/probe.h"

#include "deliver/outgoing.h"
#include "net/loop.h"
#include "probe/inside.h"

static bool has_arrived(const struct outcome *o)
{
    return reply_severity(&o->reply) == 2 || (o->reply.code == 0 && o->failure.len == 0);
}

bool probe_goes_on(const struct probe *p, size_t at)
{
    const struct outcome *o = &p->sessions[at].outcome;
    struct decision d;
    bool has_next = at + 1 < p->targets.count;
    if (!has_next || has_arrived(o))
        return false;
    decide(&(struct decide_input){.outcome = o, .rules = p->question->rules, .has_next_host = true},
           &d);
    return d.verdict == VERDICT_NEXT_HOST;
}

/* Which of the hosts the mail would go to, in the agent's way. */
static void judge(struct probe *p)
{
    size_t at = 0;
    while (probe_goes_on(p, at))
        at++;
    const struct outcome *o = &p->sessions[at].outcome;
    p->verdict->outcome = *o;
    p->verdict->session = p->sessions[at].at;
    p->verdict->has_arrived = has_arrived(o);
}

void probe_finish_sessions(struct probe *p)
{
    if (p->sessions)
        judge(p);
    probe_look_at_own_side(p);
}

void probe_finish_own(struct probe *p)
{
    loop_stop(p->loop);
}

/* Another way than the domain's own. */
static void add_smarthost(struct probe *p)
{
    const struct probe_question *q = p->question;
    const struct delivery_login *l = q->login;
    struct finding *f = finding_add(
        p->arena, p->root, FINDING_NOTE, "smarthost",
        "this server sends such mail to the smarthost %.*s (section %.*s)%s%.*s; below is that way",
        SLICE_ARG(q->route.destination), SLICE_ARG(q->section), l ? ", and logs in as " : "",
        SLICE_ARG(l ? l->user : SLICE("")));
    finding_advise(f, "To look at the way to the domain itself: candor probe --direct %.*s",
                   SLICE_ARG(q->recipient.len ? q->recipient : q->domain));
    finding_note(f, "smarthost", q->route.destination);
    finding_note(f, "section", q->section);
    if (l)
        finding_note(f, "user", l->user);
}

/* What holds of this server's own mail. */
static void add_exceptions(struct probe *p)
{
    const struct probe_question *q = p->question;
    if (q->is_host)
        return;
    if (config_domain(q->config, q->domain))
        finding_add(p->arena, p->root, FINDING_NOTE, "local",
                    "%.*s is a domain of this server, which delivers its mail here; below is the "
                    "way that others go",
                    SLICE_ARG(q->domain));
    else if (q->route.is_smarthost)
        add_smarthost(p);
}

static void on_targets(void *ctx)
{
    struct probe *p = ctx;
    probe_finish_routing(p);
    probe_talk(p);
}

static bool open_tools(struct probe *p, struct buf *why)
{
    const struct config *c = p->question->config;
    struct err err = {0};
    const struct resolver_options o = {.nameservers = c->resolver.nameservers.at,
                                       .count = c->resolver.nameservers.count,
                                       .trust_anchor = c->resolver.trust_anchor,
                                       .patience = p->question->dns_timeout};
    p->loop = loop_new();
    if (!p->loop || !(p->tls = outgoing_tls(c, why)))
        return false;
    p->resolver = resolver_new(p->loop, &o, &err);
    if (!p->resolver) {
        buf_addf(why, "the resolver can't be started: %s\n", err.what);
        return false;
    }
    probe_watch_policies(p);
    if (c->relay.mta_sts)
        p->sts = outgoing_sts(c, (struct sts_options){.loop = p->loop,
                                                      .resolver = p->resolver,
                                                      .tls = p->tls,
                                                      .timeout = p->question->reply_timeout,
                                                      .is_guest = true,
                                                      .observer = &p->sts_observer});
    p->options = outgoing_targets(c, p->sts, p->listening);
    return true;
}

static void close_tools(struct probe *p)
{
    probe_free_sessions(p);
    sts_free(p->sts);
    resolver_free(p->resolver);
    tls_context_free(p->tls);
    loop_free(p->loop);
}

struct finding *probe_run(const struct probe_question *q, struct arena *arena,
                          struct probe_verdict *verdict_r, struct buf *why)
{
    struct probe p = {.question = q, .arena = arena, .verdict = verdict_r};
    *verdict_r = (struct probe_verdict){0};
    p.root = finding_add(arena, NULL, FINDING_GOOD, "probe", "%.*s",
                         SLICE_ARG(q->recipient.len ? q->recipient : q->domain));
    if (p.root && open_tools(&p, why)) {
        add_exceptions(&p);
        probe_find_targets(&p, on_targets);
        loop_run(p.loop);
    } else {
        p.root = NULL;
    }
    close_tools(&p);
    return p.root;
}
