/* Whether the sender's domain lets our addresses send its mail. */
#include "auth/spf.h"

#include "probe/inside.h"

struct probe_spf {
    struct probe *probe;
    struct spf spf;
};

static void ask_next(struct probe_spf *s);

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct probe_spf *s = ctx;
    spf_tell(&s->spf, answer);
    ask_next(s);
}

static void ask_next(struct probe_spf *s)
{
    struct slice name;
    enum dns_type type;
    if (spf_ask(&s->spf, &name, &type))
        resolver_ask(s->probe->resolver, name, type, on_answer, s);
    else
        probe_own_answered(s->probe);
}

void probe_ask_spf(struct probe *p)
{
    struct slice sender = p->question->sender;
    size_t at = slice_rfind(sender, '@');
    p->spf = arena_array(p->arena, p->own_count + 1, sizeof(*p->spf));
    for (size_t i = 0; p->spf && i < p->own_count; i++) {
        struct probe_spf *s = &p->spf[i];
        const struct spf_input in = {.client = p->own[i],
                                     .local = at == SLICE_NONE ? SLICE("") : slice_head(sender, at),
                                     .domain = probe_sender_domain(p),
                                     .helo = p->question->helo};
        s->probe = p;
        p->own_open++;
        spf_begin(&s->spf, &in, p->arena);
        ask_next(s);
    }
}

static const struct {
    enum finding_mark mark;
    const char *means;
} meanings[] = {
    [SPF_NONE] = {FINDING_DOUBT, "the domain does not say who may send its mail"},
    [SPF_NEUTRAL] = {FINDING_DOUBT, "the domain does not say whether it may send"},
    [SPF_PASS] = {FINDING_GOOD, "it may send the domain's mail"},
    [SPF_FAIL] = {FINDING_DOUBT, "it may not send the domain's mail"},
    [SPF_SOFTFAIL] = {FINDING_DOUBT, "it should not send the domain's mail"},
    [SPF_TEMPERROR] = {FINDING_NOTE, "it can't be told now"},
    [SPF_PERMERROR] = {FINDING_DOUBT, "the domain's record is wrong, and counts for nothing"},
};

static void advise(struct finding *f, const struct spf *s)
{
    char storage[IP_TEXT];
    struct buf ip;
    buf_init_fixed(&ip, storage, sizeof(storage));
    ip_write(&ip, s->in.client);
    const char *family = s->in.client.family == IP_V4 ? "ip4" : "ip6";
    if (s->result == SPF_NONE)
        finding_advise(f,
                       "Large providers want a record: enter the TXT record \"v=spf1 %s:%.*s "
                       "~all\" at %.*s, with all other hosts that send its mail.",
                       family, SLICE_ARG(buf_slice(&ip)), SLICE_ARG(s->in.domain));
    else if (f && f->mark == FINDING_DOUBT && s->result != SPF_PERMERROR)
        finding_advise(f,
                       "Many servers refuse such mail (550 5.7.23). Whoever runs the DNS of "
                       "%.*s has to add %s:%.*s to its record, in front of `all`.",
                       SLICE_ARG(s->in.domain), family, SLICE_ARG(buf_slice(&ip)));
    else if (s->result == SPF_PERMERROR)
        finding_advise(f,
                       "Whoever runs the DNS of %.*s has to mend it; receivers take it as if "
                       "there were none, or refuse the mail (550 5.7.24).",
                       SLICE_ARG(s->in.domain));
}

void probe_show_spf(struct probe *p, struct finding *at)
{
    for (size_t i = 0; p->spf && i < p->own_count; i++) {
        const struct spf *s = &p->spf[i].spf;
        char storage[IP_TEXT];
        struct buf ip;
        struct slice why = s->matched.len ? s->matched : slice_str(s->why);
        buf_init_fixed(&ip, storage, sizeof(storage));
        ip_write(&ip, s->in.client);
        struct finding *f = finding_add(
            p->arena, at, meanings[s->result].mark, "spf", "SPF of %.*s for %.*s: %s, %s (%.*s)",
            SLICE_ARG(s->in.domain), SLICE_ARG(buf_slice(&ip)), spf_result_name(s->result),
            meanings[s->result].means, SLICE_ARG(why));
        advise(f, s);
        finding_note(f, "result", slice_str(spf_result_name(s->result)));
        finding_note(f, "record", s->record);
        finding_note(f, "matched", s->matched);
    }
}
