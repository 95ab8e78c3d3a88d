#include "queue/decide.h"

/* Flags of a row. */
enum {
    SUPPRESS = 1, /* permanent: the address is dead */
    ALERT = 2,    /* the operator has to mend something on our side */
    EVERYWHERE =
        4,      /* BACK_OFF even at a single recipient: it is about us, not about the recipient */
    SOFTENS = 8 /* 4yz that comes again and again means 5yz (taxonomy: permanence) */
};

struct rule {
    uint8_t transient; /* enum verdict when the server says "later"… */
    uint8_t permanent; /* …and when it says "never" */
    uint8_t flags;
};

#define RETRY    VERDICT_RETRY
#define SPLIT    VERDICT_SPLIT
#define BACK_OFF VERDICT_BACK_OFF
#define BOUNCE   VERDICT_BOUNCE

/* Where `permanent` is not BOUNCE the words contradict the digits: 5yz for something that passes by
 * itself is tried again, but not for days (REPEATS_MOST). */
static const struct rule rules[CAUSE_COUNT] = {
    [CAUSE_NO_SUCH_RECIPIENT] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_BAD_RECIPIENT_SYNTAX] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_MAILBOX_DISABLED] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_RECIPIENT_MOVED] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_MAILBOX_FULL] = {RETRY, BOUNCE, 0},
    [CAUSE_RECIPIENT_RATE_LIMITED] = {RETRY, RETRY, 0},
    [CAUSE_RECIPIENT_RESTRICTED] = {RETRY, BOUNCE, 0},
    [CAUSE_NO_SUCH_DOMAIN] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_DOMAIN_NO_MAIL] = {RETRY, BOUNCE, SUPPRESS | SOFTENS},
    [CAUSE_DNS_FAILURE] = {RETRY, RETRY, 0},
    [CAUSE_MAIL_LOOP] = {RETRY, BOUNCE, ALERT},
    [CAUSE_RELAY_DENIED] = {RETRY, BOUNCE, ALERT},
    [CAUSE_CONNECTION_FAILED] = {BACK_OFF, BACK_OFF, 0},
    [CAUSE_CONNECTION_LOST] = {BACK_OFF, BACK_OFF, 0},
    [CAUSE_TLS_FAILURE] = {BACK_OFF, BOUNCE, ALERT},
    [CAUSE_PROTOCOL_ERROR] = {RETRY, BOUNCE, ALERT},
    [CAUSE_DELIVERY_EXPIRED] = {RETRY, BOUNCE, 0},
    [CAUSE_IP_BLOCKLISTED] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_IP_REPUTATION] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_DYNAMIC_IP] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_NO_REVERSE_DNS] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_BAD_HELO] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_SPF_FAIL] = {RETRY, BOUNCE, ALERT},
    [CAUSE_DKIM_FAIL] = {RETRY, BOUNCE, ALERT},
    [CAUSE_DMARC_FAIL] = {RETRY, BOUNCE, ALERT},
    [CAUSE_SENDER_UNAUTHENTICATED] = {RETRY, BOUNCE, ALERT},
    [CAUSE_DOMAIN_BLOCKLISTED] = {RETRY, BOUNCE, ALERT},
    [CAUSE_SENDER_REJECTED] = {RETRY, BOUNCE, 0},
    [CAUSE_SENDER_INVALID] = {RETRY, BOUNCE, ALERT},
    [CAUSE_SMTP_AUTH_REQUIRED] = {BACK_OFF, BOUNCE, ALERT | EVERYWHERE},
    [CAUSE_GREYLISTED] = {RETRY, RETRY, 0},
    [CAUSE_RATE_LIMITED] = {BACK_OFF, BACK_OFF, EVERYWHERE},
    [CAUSE_TOO_MANY_CONNECTIONS] = {BACK_OFF, BACK_OFF, EVERYWHERE},
    [CAUSE_TOO_MANY_RECIPIENTS] = {SPLIT, SPLIT, 0},
    [CAUSE_MESSAGE_TOO_LARGE] = {RETRY, BOUNCE, 0},
    [CAUSE_SPAM_CONTENT] = {RETRY, BOUNCE, 0},
    [CAUSE_VIRUS] = {RETRY, BOUNCE, ALERT},
    [CAUSE_CONTENT_POLICY] = {RETRY, BOUNCE, 0},
    [CAUSE_MALFORMED_MESSAGE] = {RETRY, BOUNCE, 0},
    [CAUSE_SMTPUTF8_UNSUPPORTED] = {RETRY, BOUNCE, 0},
    [CAUSE_POLICY] = {RETRY, BOUNCE, 0},
    [CAUSE_REMOTE_SYSTEM_ERROR] = {RETRY, BOUNCE, 0},
    [CAUSE_SERVICE_UNAVAILABLE] = {BACK_OFF, BOUNCE, 0},
    [CAUSE_LOCAL_DELIVERY_FAILED] = {RETRY, BOUNCE, 0},
    [CAUSE_LOCAL_SYSTEM_ERROR] = {RETRY, BOUNCE, ALERT},
    [CAUSE_UNKNOWN] = {RETRY, BOUNCE, 0},
};

/* How often words and digits may contradict each other before the other one is believed. With the
 * default schedule the last of these tries comes after about nine hours. */
enum { REPEATS_MOST = 8 };

/* A peer's wish, "try again in 300 seconds", is met within these bounds. */
enum { WAIT_LEAST_S = 30, WAIT_MOST_S = 24 * 3600 };

/* Before any envelope was given: the reply is about the host or about us. */
static bool is_before_mail(enum stage s)
{
    return s >= STAGE_CONNECT && s <= STAGE_AUTH;
}

static enum verdict by_cause(const struct decide_input *in, const struct diagnosis *d)
{
    const struct rule *rule = &rules[d->cause];
    /* what nobody refused, and nobody understands, may pass */
    bool is_riddle = d->cause == CAUSE_UNKNOWN && in->outcome->reply.code == 0;
    bool is_permanent = d->permanence == PERMANENCE_PERMANENT && !is_riddle;
    uint32_t repeats = d->cause == in->last_cause ? in->repeats : 0;
    enum verdict verdict = is_permanent ? rule->permanent : rule->transient;
    bool is_doubtful = is_permanent ? in->outcome->reply.code >= 500 && verdict != BOUNCE
                                    : (rule->flags & SOFTENS) != 0;
    if (is_doubtful && repeats + 1 >= REPEATS_MOST)
        return BOUNCE;
    return verdict;
}

/* What a reply at this stage can be about. */
static enum verdict by_stage(const struct decide_input *in, const struct diagnosis *d,
                             enum verdict verdict)
{
    const struct outcome *o = in->outcome;
    if (is_before_mail(o->stage)) {
        /* wrong credentials at a smarthost are the operator's to mend: no reason to bounce all mail
         */
        bool is_login = o->stage == STAGE_AUTH && d->cause == CAUSE_SMTP_AUTH_REQUIRED;
        return verdict == RETRY || verdict == SPLIT || is_login ? BACK_OFF : verdict;
    }
    /* a single message may be what a host stumbles over: it must not stop all the others. 421 shuts
     * the connection, so it is about the host (RFC 5321 3.8). */
    if (verdict == BACK_OFF && !(rules[d->cause].flags & EVERYWHERE) && o->reply.code != 421)
        return RETRY;
    return verdict;
}

static int64_t wanted_wait(const struct diagnosis *d)
{
    uint64_t seconds = d->details.retry_after;
    if (seconds == 0)
        return 0;
    if (seconds < WAIT_LEAST_S)
        seconds = WAIT_LEAST_S;
    if (seconds > WAIT_MOST_S)
        seconds = WAIT_MOST_S;
    return (int64_t)seconds * 1000;
}

void decide(const struct decide_input *in, struct decision *d_r)
{
    *d_r = (struct decision){.verdict = VERDICT_DELIVERED};
    const struct outcome *o = in->outcome;
    if (reply_severity(&o->reply) == 2)
        return;
    struct diagnosis_input asked = outcome_diagnosis_input(o);
    struct diagnosis *d = &d_r->diagnosis;
    diagnose(&asked, d);
    uint8_t flags = rules[d->cause].flags;
    d_r->verdict = by_stage(in, d, by_cause(in, d));
    d_r->suppress = d_r->verdict == BOUNCE && (flags & SUPPRESS);
    d_r->alert = (flags & ALERT) != 0;
    d_r->try_next_host = is_before_mail(o->stage) && d->scope != SCOPE_RECIPIENT;
    if (d_r->verdict == RETRY || d_r->verdict == BACK_OFF)
        d_r->wait = wanted_wait(d);
}

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {
        [VERDICT_DELIVERED] = "delivered", [VERDICT_RETRY] = "retry",   [VERDICT_SPLIT] = "split",
        [VERDICT_BACK_OFF] = "back off",   [VERDICT_BOUNCE] = "bounce",
    };
    return names[v];
}
