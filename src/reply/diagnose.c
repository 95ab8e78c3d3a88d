/* Finds the cause. The order of evidence, strongest first: the provider's own code in the text; a
 * phrase; a specific enhanced code, the provider's use of it before the registry's; words that go
 * with several causes; the stage; a generic enhanced code; the reply code. */
#include "reply/catalogue.h"
#include "reply/details.h"
#include "reply/diagnosis.h"
#include "reply/rules.h"

struct cause_facts {
    enum scope scope;
    enum permanence permanence;
    enum fixer fixer;
    enum action action;
};

static const struct cause_facts facts[] = {
#define CAUSE(id, name, scope, permanence, fixer, action, title)                                   \
    [CAUSE_##id] = {SCOPE_##scope, PERMANENCE_##permanence, FIXER_##fixer, ACTION_##action},
#include "reply/cause.def"
#undef CAUSE
};

/* How often an answer of each kind is right; in agreement: text and code say the same; weak: a
 * phrase of a rule that gives way to others. Measured with 474 replies that the rules had not seen
 * when they were judged; many of those were rarer than what people meet, so the figures stand a
 * little above them. bench_confidence prints how well they hold. */
static const float level_confidence[] = {
    [RULE_HINT] = 0.6F,
    [RULE_CODES] = 0.88F,
    [RULE_PHRASE] = 0.92F,
    [RULE_NAMED] = 0.96F,
};
#define CONFIDENCE_AGREED   0.98F
#define CONFIDENCE_WEAK     0.8F
#define CONFIDENCE_SPECIFIC 0.82F
#define CONFIDENCE_STAGE    0.5F
#define CONFIDENCE_BASIC    0.35F
#define CONFIDENCE_GENERIC  0.4F
#define CONFIDENCE_DIGIT    0.35F
#define CONFIDENCE_NOTHING  0.1F

/* Rules of one origin, and what of them the text has. */
struct origin {
    const struct rule_tables *rules;
    struct rule_matches matches;
    uint8_t groups[RULES_MAX];
};
enum { OURS, USERS, ORIGINS };

/* One reply on its way to a diagnosis. */
struct work {
    const struct diagnosis_input *in;
    struct diagnosis *d;
    struct folded folded;
    struct origin *origins;
    size_t origin_count;
    const struct rule_provider *provider; /* NULL: not known */
    const struct rule *best;              /* of the rules with phrases or of codes */
    const struct origin *best_origin;
    uint32_t best_strength; /* 0: there is none */
    uint16_t best_end;
};

static bool codes_hold(const struct rule_tables *t, const struct rule *r, uint16_t code)
{
    for (size_t i = 0; i < r->codes; i++) {
        const struct rule_code *c = &t->codes[r->first_code + i];
        if (code >= c->low && code <= c->high)
            return true;
    }
    return r->codes == 0;
}

static bool enhanced_holds(const struct rule_tables *t, const struct rule *r, struct enhanced e)
{
    for (size_t i = 0; i < r->enhanceds; i++) {
        const struct rule_enhanced *c = &t->enhanceds[r->first_enhanced + i];
        if ((c->class == RULE_ANY || c->class == e.class) &&
            (c->subject == RULE_ANY || c->subject == e.subject) &&
            (c->detail == RULE_ANY || c->detail == e.detail) && e.class != 0)
            return true;
    }
    return r->enhanceds == 0;
}

/* Of each rule the groups of "and" that the text has, or all bits when it has an "unless": all in
 * one walk, since many rules are tried. What is of no rule has no bits. */
static void find_groups(struct origin *o)
{
    size_t owners = o->rules->rule_count > o->rules->provider_count ? o->rules->rule_count
                                                                    : o->rules->provider_count;
    memset(o->groups, 0, owners > STAGE_QUEUE ? owners : STAGE_QUEUE + 1);
    for (size_t i = 0; i < o->matches.count; i++) {
        const struct rule_use *use = &o->rules->uses[o->matches.found[i].use];
        o->groups[use->rule] |= use->bits;
    }
}

/* Providers are the same by their names: a user's rules may speak of one that ours know. */
static bool is_providers(const struct work *w, const struct origin *o, const struct rule *r)
{
    const struct rule_provider *p = r->provider ? &o->rules->providers[r->provider - 1] : NULL;
    return p == w->provider || (p && w->provider && slice_eq(p->name, w->provider->name));
}

static bool rule_holds(const struct work *w, const struct origin *o, const struct rule *r)
{
    const struct reply *reply = &w->in->reply;
    if (r->needs_provider && !is_providers(w, o, r))
        return false;
    if (r->stages && !(r->stages >> w->d->stage & 1))
        return false;
    return codes_hold(o->rules, r, reply->code) && enhanced_holds(o->rules, r, reply->enhanced) &&
           o->groups[r - o->rules->rules] == r->groups;
}

static uint32_t strength_in(const struct work *w, const struct origin *o, uint32_t strength)
{
    return o == &w->origins[USERS] ? strength | RULE_STRENGTH_USERS : strength;
}

static void consider(struct work *w, const struct origin *o, const struct rule *r,
                     uint32_t strength, uint16_t end)
{
    strength = strength_in(w, o, strength);
    if (strength <= w->best_strength || !rule_holds(w, o, r))
        return;
    w->best = r;
    w->best_origin = o;
    w->best_strength = strength;
    w->best_end = end;
}

/* Bit n: a full stop stands n bytes before the end. Most hosts are told apart by this alone. */
static uint64_t dots_of(struct slice host)
{
    uint64_t dots = 0;
    for (size_t n = 1; n <= host.len && n < 64; n++)
        dots |= (uint64_t)(host.at[host.len - n] == '.') << n;
    return dots;
}

static void find_provider_by_host(struct work *w, const struct rule_tables *t)
{
    struct slice remote = w->in->remote;
    uint64_t dots = dots_of(remote);
    for (size_t i = 0; i < t->provider_count && remote.len; i++) {
        const struct rule_provider *p = &t->providers[i];
        for (const struct slice *h = t->hosts + p->first_host;
             h < t->hosts + p->first_host + p->hosts; h++) {
            bool is_other = h->at[0] == '.' && h->len < 64 && !(dots >> h->len & 1);
            if (!is_other && slice_iends(remote, *h))
                w->provider = p;
        }
    }
}

static void find_marks(struct work *w, const struct origin *o)
{
    if (!(o->matches.kinds & (1U << CLAUSE_MARK | 1U << CLAUSE_STAGE)))
        return;
    for (size_t i = 0; i < o->matches.count; i++) {
        const struct rule_use *use = &o->rules->uses[o->matches.found[i].use];
        if (use->kind == CLAUSE_MARK && !w->provider)
            w->provider = &o->rules->providers[use->rule];
        if (use->kind == CLAUSE_STAGE && w->d->stage == STAGE_NONE)
            w->d->stage = (enum stage)use->rule;
    }
}

static void find_rule(struct work *w, const struct origin *o)
{
    const struct rule_tables *t = o->rules;
    for (size_t i = 0; i < o->matches.count; i++) {
        const struct rule_use *use = &t->uses[o->matches.found[i].use];
        if (use->kind == CLAUSE_PHRASE)
            consider(w, o, &t->rules[use->rule], use->strength, o->matches.found[i].end);
    }
    if (w->best && w->best->level > t->code_rule_level)
        return; /* none of them is better */
    for (size_t i = 0; i < t->code_rule_count; i++) {
        const struct rule *r = &t->rules[t->code_rules[i]];
        consider(w, o, r, rule_strength(r, 0), 0);
    }
}

/* The host behind the phrase, as in "blocked using zen.spamhaus.org". */
static struct slice host_behind(const struct work *w)
{
    for (size_t i = 0; i < w->folded.hosts; i++)
        if (w->folded.host[i].at + 2 >= w->best_end)
            return w->folded.host[i].text;
    return (struct slice){"", 0};
}

static float confidence_of(const struct rule *r, struct enhanced e)
{
    const struct catalogue_entry *code = catalogue_enhanced(e);
    if (r->percent)
        return (float)r->percent / 100;
    if (code && code->specific && code->cause == r->cause && r->level >= RULE_PHRASE)
        return CONFIDENCE_AGREED;
    return r->level == RULE_PHRASE && r->priority < 0 ? CONFIDENCE_WEAK
                                                      : level_confidence[r->level];
}

static bool decide_by_rule(struct work *w)
{
    const struct rule *r = w->best;
    if (!r)
        return false;
    w->d->cause = r->cause;
    w->d->rule = r->id;
    w->d->confidence = confidence_of(r, w->in->reply.enhanced);
    w->d->details.blocklist = r->blocklist_is_host ? host_behind(w) : r->blocklist;
    if (r->provider && !w->provider && r->level != RULE_HINT)
        w->provider = &w->best_origin->rules->providers[r->provider - 1];
    return true;
}

static bool decide_by_entry(struct diagnosis *d, const struct catalogue_entry *entry,
                            float confidence)
{
    if (!entry || entry->cause == CAUSE_UNKNOWN)
        return false;
    d->cause = entry->cause;
    d->confidence = confidence;
    d->rule = entry->name;
    return true;
}

static bool decide_by_stage(struct diagnosis *d, enum cause cause)
{
    if (cause == CAUSE_UNKNOWN)
        return false;
    d->cause = cause;
    d->confidence = CONFIDENCE_STAGE;
    d->rule = SLICE("stage");
    return true;
}

/* x.7.1 and x.7.0 name no cause by themselves, and 550 and 554 alone do not either: what was under
 * way when they came tells whom they are about. */
static enum cause refused_at(enum stage stage)
{
    static const enum cause causes[] = {
        [STAGE_NONE] = CAUSE_UNKNOWN,
        [STAGE_CONNECT] = CAUSE_IP_REPUTATION,
        [STAGE_EHLO] = CAUSE_BAD_HELO,
        [STAGE_STARTTLS] = CAUSE_TLS_FAILURE,
        [STAGE_AUTH] = CAUSE_SMTP_AUTH_REQUIRED,
        [STAGE_MAIL] = CAUSE_SENDER_REJECTED,
        [STAGE_RCPT] = CAUSE_RECIPIENT_RESTRICTED,
        [STAGE_DATA] = CAUSE_SPAM_CONTENT,
        [STAGE_END_OF_DATA] = CAUSE_SPAM_CONTENT,
        [STAGE_QUEUE] = CAUSE_UNKNOWN,
    };
    return causes[stage];
}

/* No reply came at all: the session failed at that point. */
static enum cause lost_at(enum stage stage)
{
    if (stage == STAGE_NONE || stage == STAGE_QUEUE)
        return CAUSE_UNKNOWN;
    if (stage == STAGE_STARTTLS)
        return CAUSE_TLS_FAILURE;
    return stage == STAGE_CONNECT ? CAUSE_CONNECTION_FAILED : CAUSE_CONNECTION_LOST;
}

static bool is_about_policy(const struct reply *r)
{
    if (r->enhanced.class)
        return r->enhanced.subject == 7 && r->enhanced.detail <= 1;
    return r->code == 550 || r->code == 554;
}

static bool decide_by_codes(struct work *w)
{
    struct diagnosis *d = w->d;
    const struct reply *r = &w->in->reply;
    const struct catalogue_entry *basic = catalogue_basic(r->code),
                                 *enhanced = catalogue_enhanced(r->enhanced);
    if (enhanced && enhanced->specific && decide_by_entry(d, enhanced, CONFIDENCE_SPECIFIC))
        return true;
    if (w->best)
        return decide_by_rule(w);
    if (r->code == 0 && !enhanced)
        return decide_by_stage(d, lost_at(d->stage));
    if (is_about_policy(r) && decide_by_stage(d, refused_at(d->stage)))
        return true;
    if (basic && basic->specific && decide_by_entry(d, basic, CONFIDENCE_BASIC))
        return true;
    return decide_by_entry(d, enhanced, CONFIDENCE_GENERIC) ||
           decide_by_entry(d, basic, CONFIDENCE_DIGIT);
}

/* The first digit decides (RFC 3463 2, RFC 5321 4.2.1); words only where there is none. */
static enum permanence permanence_of(enum cause cause, const struct reply *r)
{
    unsigned digit = r->enhanced.class ? r->enhanced.class : r->code / 100U;
    if (digit == 5)
        return PERMANENCE_PERMANENT;
    if (digit == 4)
        return PERMANENCE_TRANSIENT;
    return facts[cause].permanence == PERMANENCE_TRANSIENT ? PERMANENCE_TRANSIENT
                                                           : PERMANENCE_PERMANENT;
}

/* A 4yz asks to be tried again whatever the cause; a 5yz is not tried again as it is. */
static enum action action_of(enum cause cause, enum permanence p)
{
    enum action a = facts[cause].action;
    bool gives_up = a == ACTION_SUPPRESS_RECIPIENT || a == ACTION_BOUNCE_NOW ||
                    a == ACTION_BOUNCE_NOW_ALERT_THE_OPERATOR;
    bool tries_again = a == ACTION_RETRY_NORMALLY || a == ACTION_RETRY_NORMALLY_THEN_BOUNCE;
    if (p == PERMANENCE_TRANSIENT && gives_up)
        return ACTION_RETRY_NORMALLY;
    return p == PERMANENCE_PERMANENT && tries_again ? ACTION_BOUNCE_NOW : a;
}

static void fill_facts(struct diagnosis *d, const struct reply *r)
{
    d->scope = facts[d->cause].scope;
    d->fixer = facts[d->cause].fixer;
    d->permanence = permanence_of(d->cause, r);
    d->action = action_of(d->cause, d->permanence);
}

static void begin(struct work *w, const struct diagnosis_input *in, struct diagnosis *d_r)
{
    *d_r = (struct diagnosis){.cause = CAUSE_UNKNOWN,
                              .stage = in->stage,
                              .confidence = CONFIDENCE_NOTHING,
                              .rule = SLICE("nothing known")};
    w->in = in;
    w->d = d_r;
    w->provider = NULL;
    w->best = NULL;
    w->best_strength = 0;
    fold(in->reply.text, &w->folded);
    for (size_t i = 0; i < w->origin_count; i++) {
        rules_match(w->origins[i].rules, &w->folded, &w->origins[i].matches);
        find_groups(&w->origins[i]);
        find_provider_by_host(w, w->origins[i].rules);
    }
    for (size_t i = w->origin_count; i-- > 0;) /* what the user knows, first */
        find_marks(w, &w->origins[i]);
}

static void diagnose_by(struct origin *origins, size_t count, const struct diagnosis_input *in,
                        struct diagnosis *d_r)
{
    struct work w;
    w.origins = origins;
    w.origin_count = count;
    begin(&w, in, d_r);
    if (in->reply.code < 200 || in->reply.code >= 400) {
        for (size_t i = 0; i < w.origin_count; i++)
            find_rule(&w, &w.origins[i]);
        if (!w.best || w.best->level == RULE_HINT)
            (void)decide_by_codes(&w);
        else
            (void)decide_by_rule(&w);
    }
    if (w.provider)
        d_r->provider = w.provider->name;
    details_find(in->reply.text, &w.folded, d_r);
    fill_facts(d_r, &in->reply);
}

void diagnose_with(const struct rule_tables *own, const struct diagnosis_input *in,
                   struct diagnosis *d_r)
{
    struct origin origins[ORIGINS];
    if (!own) {
        diagnose(in, d_r);
        return;
    }
    origins[OURS].rules = &rule_tables;
    origins[USERS].rules = own;
    diagnose_by(origins, ORIGINS, in, d_r);
}

/* Without room for a user's rules: the fewer pages of the stack are touched, the better. */
void diagnose(const struct diagnosis_input *in, struct diagnosis *d_r)
{
    struct origin ours;
    ours.rules = &rule_tables;
    diagnose_by(&ours, 1, in, d_r);
}

bool diagnosis_may_retry(const struct diagnosis *d)
{
    return d->permanence == PERMANENCE_TRANSIENT;
}
