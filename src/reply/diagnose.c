#include "reply/catalogue.h"
#include "reply/diagnosis.h"

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

/* What has been found, and how firmly: what is found first stays. */
static bool decide(struct diagnosis *d, const struct catalogue_entry *entry, float confidence)
{
    if (!entry || entry->cause == CAUSE_UNKNOWN)
        return false;
    d->cause = entry->cause;
    d->confidence = confidence;
    d->rule = entry->name;
    return true;
}

/* x.7.1 and x.7.0 name no cause: at MAIL they are about the sender, at RCPT about the recipient,
 * after the content about the content. */
static bool decide_by_stage(struct diagnosis *d, const struct reply *r)
{
    static const enum cause causes[] = {
        [STAGE_CONNECT] = CAUSE_IP_REPUTATION, [STAGE_EHLO] = CAUSE_BAD_HELO,
        [STAGE_STARTTLS] = CAUSE_TLS_FAILURE,  [STAGE_AUTH] = CAUSE_SMTP_AUTH_REQUIRED,
        [STAGE_MAIL] = CAUSE_SENDER_REJECTED,  [STAGE_RCPT] = CAUSE_RECIPIENT_RESTRICTED,
        [STAGE_DATA] = CAUSE_SPAM_CONTENT,     [STAGE_END_OF_DATA] = CAUSE_SPAM_CONTENT,
        [STAGE_QUEUE] = CAUSE_UNKNOWN,
    };
    bool about_policy = r->enhanced.subject == 7 && r->enhanced.detail <= 1;
    if (!about_policy || causes[d->stage] == CAUSE_NO_SUCH_RECIPIENT ||
        causes[d->stage] == CAUSE_UNKNOWN)
        return false;
    d->cause = causes[d->stage];
    d->confidence = 0.5F;
    d->rule = SLICE("stage");
    return true;
}

static void decide_by_codes(struct diagnosis *d, const struct reply *r)
{
    const struct catalogue_entry *basic = catalogue_basic(r->code);
    const struct catalogue_entry *enhanced = catalogue_enhanced(r->enhanced);
    bool unused = (enhanced && enhanced->specific && decide(d, enhanced, 0.8F)) ||
                  decide_by_stage(d, r) || (basic && basic->specific && decide(d, basic, 0.7F)) ||
                  decide(d, enhanced, 0.4F) || decide(d, basic, 0.3F);
    (void)unused;
}

/* The connection failed before any reply: what the stage tells. */
static void decide_without_reply(struct diagnosis *d)
{
    bool failed = d->stage == STAGE_CONNECT;
    if (d->stage == STAGE_NONE || d->stage == STAGE_QUEUE)
        return;
    d->cause = d->stage == STAGE_STARTTLS ? CAUSE_TLS_FAILURE
               : failed                   ? CAUSE_CONNECTION_FAILED
                                          : CAUSE_CONNECTION_LOST;
    d->confidence = 0.6F;
    d->rule = SLICE("stage");
}

static enum permanence permanence_of(enum cause cause, const struct reply *r)
{
    unsigned digit = r->enhanced.class ? r->enhanced.class : r->code / 100;
    if (digit == 5)
        return PERMANENCE_PERMANENT;
    if (digit == 4)
        return PERMANENCE_TRANSIENT;
    return facts[cause].permanence == PERMANENCE_TRANSIENT ? PERMANENCE_TRANSIENT
                                                           : PERMANENCE_PERMANENT;
}

static void fill_facts(struct diagnosis *d, const struct reply *r)
{
    d->scope = facts[d->cause].scope;
    d->fixer = facts[d->cause].fixer;
    d->action = facts[d->cause].action;
    d->permanence = permanence_of(d->cause, r);
}

void diagnose(const struct diagnosis_input *in, struct diagnosis *d_r)
{
    *d_r = (struct diagnosis){.cause = CAUSE_UNKNOWN,
                              .stage = in->stage,
                              .confidence = 0.2F,
                              .rule = SLICE("nothing known")};
    if (in->reply.code == 0 && in->reply.enhanced.class == 0)
        decide_without_reply(d_r);
    else
        decide_by_codes(d_r, &in->reply);
    fill_facts(d_r, &in->reply);
}

bool diagnosis_may_retry(const struct diagnosis *d)
{
    return d->permanence == PERMANENCE_TRANSIENT;
}
