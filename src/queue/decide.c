#include "queue/decide.h"

/* Notes of a row. */
enum { ALERT = 1, PATIENT = 2, SOFTENS = 4, ALL_HOSTS = 8, CONTENT = 16, SOURCE = 32, SPOKEN = 64 };

/* Rows of the answers: what was spoken about. Columns: when it may be otherwise. */
enum { HOST, MAIL, SUBJECTS };
enum { LATER, NEVER, TIMES };

struct row {
    uint8_t answers[SUBJECTS][TIMES]; /* enum verdict */
    uint8_t notes;
};

static const struct row rows[CAUSE_COUNT] = {
#define DECISION(cause, host_later, host_never, mail_later, mail_never, noted)                     \
    [CAUSE_##cause] = {.answers = {{VERDICT_##host_later, VERDICT_##host_never},                   \
                                   {VERDICT_##mail_later, VERDICT_##mail_never}},                  \
                       .notes = noted},
#include "queue/decisions.def"
#undef DECISION
};

/* How often words and digits may contradict each other before the other one is believed. With the
 * default schedule the last of these tries comes after about nine hours. A suspended site is asked
 * every few hours only. */
enum { REPEATS_MOST = 8, SUSPENSIONS_MOST = 4 };

/* A peer's wish, "try again in 300 seconds", is met within these bounds. */
enum { WAIT_LEAST_S = 30, WAIT_MOST_S = 24 * 3600 };

/* Before any envelope was given: the reply is about the host or about us. */
static bool is_before_mail(enum stage s)
{
    return s >= STAGE_CONNECT && s <= STAGE_AUTH;
}

/* RFC 5321 3.8: 421 ends the session, which is the host's state, unless the words name a recipient
 * or a message as the reason. */
static bool is_host_closing(const struct decide_input *in, const struct diagnosis *d)
{
    return in->outcome->reply.code == 421 && d->scope != SCOPE_RECIPIENT &&
           d->scope != SCOPE_MESSAGE && rows[d->cause].answers[MAIL][LATER] == VERDICT_RETRY;
}

static uint32_t repeats(const struct decide_history *h, const struct decision *d)
{
    return h->cause == d->diagnosis.cause ? h->repeats : 0;
}

/* Whether what was said so often counts as the opposite of its digits (taxonomy: permanence). */
static bool is_enough(const struct decide_input *in, const struct decision *d, bool is_never)
{
    uint32_t own = repeats(&in->recipient, d), all = repeats(&in->site, d);
    uint32_t said = 1 + (own > all ? own : all);
    uint8_t notes = rows[d->diagnosis.cause].notes;
    if (!is_never)
        return (notes & SOFTENS) && said >= REPEATS_MOST;
    if (verdict_is_failure(d->verdict) || (notes & PATIENT) || in->outcome->reply.code < 500)
        return false;
    return said >= (d->verdict == VERDICT_SUSPEND ? SUSPENSIONS_MOST : REPEATS_MOST);
}

static void decide_by_table(const struct decide_input *in, struct decision *d)
{
    const struct row *row = &rows[d->diagnosis.cause];
    bool is_riddle = (row->notes & SPOKEN) && in->outcome->reply.code == 0;
    bool is_never = d->diagnosis.permanence == PERMANENCE_PERMANENT && !is_riddle;
    bool is_closing = is_host_closing(in, &d->diagnosis);
    d->is_before_mail = is_before_mail(in->outcome->stage) || is_closing;
    const uint8_t *answers = row->answers[d->is_before_mail ? HOST : MAIL];
    d->verdict = (enum verdict)answers[is_never ? NEVER : LATER];
    if ((row->notes & CONTENT) && in->outcome->stage >= STAGE_DATA && !d->is_before_mail) {
        d->verdict = is_never ? VERDICT_BOUNCE : VERDICT_RETRY;
        d->by = DECIDED_BY_CONTENT;
    } else if (is_riddle)
        d->by = DECIDED_BY_SILENCE;
    else if (is_closing && !is_before_mail(in->outcome->stage))
        d->by = DECIDED_BY_CLOSED;
    if (!is_enough(in, d, is_never))
        return;
    d->by = is_never ? DECIDED_BY_NEVER_OFTEN : DECIDED_BY_LATER_OFTEN;
    enum verdict final = (enum verdict)answers[NEVER];
    d->verdict = verdict_is_failure(final) ? final : VERDICT_BOUNCE;
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

/* By whom they are and why; 0: as the schedule says. */
static int64_t usual_wait(const struct diagnosis *d)
{
    static const struct {
        struct slice provider;
        enum cause cause;
        int64_t minutes;
    } pauses[] = {
#define PAUSE(provider, cause, minutes) {SLICE_INIT(provider), CAUSE_##cause, minutes},
#include "queue/pauses.def"
#undef PAUSE
    };
    for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++)
        if (pauses[i].cause == d->cause && slice_eq(pauses[i].provider, d->provider))
            return pauses[i].minutes * 60 * 1000;
    return 0;
}

/* Only where it waits, and not for others of its own transaction. */
static void decide_wait(struct decision *d)
{
    if (verdict_is_failure(d->verdict) || d->verdict == VERDICT_SPLIT ||
        d->verdict == VERDICT_NEXT_HOST)
        return;
    d->wait = wanted_wait(&d->diagnosis);
    d->is_wait_asked = d->wait != 0;
    if (!d->wait)
        d->wait = usual_wait(&d->diagnosis);
}

static bool is_pause(unsigned verdict)
{
    return verdict == VERDICT_BACK_OFF || verdict == VERDICT_SUSPEND;
}

/* It took up the mail, and what it said is not about us: also when that was believed in the end. */
static bool shows_life(enum stage stage, const struct decision *d)
{
    return stage >= STAGE_MAIL && stage != STAGE_QUEUE && !d->is_before_mail &&
           !is_pause(d->verdict) && !is_pause(rows[d->diagnosis.cause].answers[MAIL][NEVER]);
}

void decide(const struct decide_input *in, struct decision *d_r)
{
    const struct outcome *o = in->outcome;
    *d_r = (struct decision){.verdict = VERDICT_DELIVERED, .shows_life = true};
    if (reply_severity(&o->reply) == 2)
        return;
    struct diagnosis_input asked = outcome_diagnosis_input(o);
    struct diagnosis *d = &d_r->diagnosis;
    diagnose_with(in->rules, &asked, d);
    decide_by_table(in, d_r);
    const struct row *row = &rows[d->cause];
    d_r->alert = (row->notes & ALERT) != 0;
    d_r->is_about_source = (row->notes & SOURCE) != 0;
    if (in->has_next_host && is_before_mail(o->stage) && !(row->notes & ALL_HOSTS)) {
        d_r->verdict = VERDICT_NEXT_HOST;
        d_r->by = DECIDED_BY_HOSTS;
    }
    d_r->shows_life = shows_life(o->stage, d_r);
    decide_wait(d_r);
}

bool verdict_is_failure(enum verdict v)
{
    return v >= VERDICT_BOUNCE && v < VERDICT_COUNT;
}

bool verdict_suppresses(enum verdict v)
{
    return v == VERDICT_SUPPRESS || v == VERDICT_NEVER;
}

static const struct {
    const char *name, *words;
} verdicts[VERDICT_COUNT] = {
#define X(id, text, meaning) [VERDICT_##id] = {text, meaning},
    VERDICTS(X)
#undef X
};

static const struct {
    const char *name, *words;
} reasons[DECIDED_BY_COUNT] = {
#define X(id, text, meaning) [DECIDED_BY_##id] = {text, meaning},
    DECIDED_BY(X)
#undef X
};

const char *verdict_name(enum verdict v)
{
    return verdicts[v].name;
}

const char *verdict_words(enum verdict v)
{
    return verdicts[v].words;
}

const char *decided_by_name(enum decided_by by)
{
    return reasons[by].name;
}

const char *decided_by_words(enum decided_by by)
{
    return reasons[by].words;
}
