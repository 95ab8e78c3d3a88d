#include "cli/send_report.h"

#include <sysexits.h>

#include "base/arena.h"
#include "cli/words.h"

enum { EXPLANATION_MEMORY = 64 * 1024, NAMED_MAX = 10 };

/* What sendmail's callers look at. Causes that are not named: EX_TEMPFAIL if trying again can help,
 * else EX_UNAVAILABLE. */
static const struct {
    enum cause cause;
    int status;
} statuses[] = {
    {CAUSE_NO_SUCH_RECIPIENT, EX_NOUSER},  {CAUSE_BAD_RECIPIENT_SYNTAX, EX_NOUSER},
    {CAUSE_MAILBOX_DISABLED, EX_NOUSER},   {CAUSE_RECIPIENT_MOVED, EX_NOUSER},
    {CAUSE_NO_SUCH_DOMAIN, EX_NOHOST},     {CAUSE_DOMAIN_NO_MAIL, EX_NOHOST},
    {CAUSE_MESSAGE_TOO_LARGE, EX_DATAERR}, {CAUSE_MALFORMED_MESSAGE, EX_DATAERR},
    {CAUSE_CONTENT_POLICY, EX_DATAERR},    {CAUSE_RELAY_DENIED, EX_NOPERM},
    {CAUSE_SMTP_AUTH_REQUIRED, EX_NOPERM}, {CAUSE_PROTOCOL_ERROR, EX_PROTOCOL},
};

static bool is_accepted(const struct outcome *o)
{
    return reply_severity(&o->reply) == 2;
}

/* The server that was to take the message did not even greet. */
static bool is_unreached(const struct outcome *o)
{
    return o->stage == STAGE_CONNECT && o->reply.code == 0;
}

int send_status(const struct outcome *o, const struct rule_tables *rules)
{
    struct diagnosis_input in = outcome_diagnosis_input(o);
    struct diagnosis d;
    if (is_accepted(o))
        return EX_OK;
    if (is_unreached(o))
        return EX_TEMPFAIL; /* it says nothing of the recipient */
    diagnose_with(rules, &in, &d);
    if (diagnosis_may_retry(&d) || reply_severity(&o->reply) == 4)
        return EX_TEMPFAIL;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].cause == d.cause)
            return statuses[i].status;
    return EX_UNAVAILABLE;
}

int send_status_of_all(const struct outcome *outcomes, size_t count,
                       const struct rule_tables *rules)
{
    int worst = EX_OK;
    for (size_t i = 0; i < count; i++) {
        int status = send_status(&outcomes[i], rules);
        if (status != EX_OK && (worst == EX_OK || worst == EX_TEMPFAIL))
            worst = status;
    }
    return worst;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->reply.code == b->reply.code && a->stage == b->stage &&
           slice_eq(a->reply.text, b->reply.text) && slice_eq(a->failure, b->failure);
}

static void add_names(struct buf *out, const struct envelope *e, const struct outcome *outcomes,
                      size_t first)
{
    size_t named = 0;
    for (size_t i = first; i < e->count; i++) {
        if (!same(&outcomes[i], &outcomes[first]))
            continue;
        if (++named > NAMED_MAX)
            continue;
        buf_add_str(out, named > 1 ? ", " : "");
        words_harmless(out, e->recipients[i].address);
    }
    if (named > NAMED_MAX)
        buf_addf(out, " and %zu more", named - NAMED_MAX);
}

static void add_said(struct buf *out, const struct outcome *o, struct slice server, size_t width)
{
    words_harmless(out, server);
    buf_add_str(out, o->stage == STAGE_NONE ? "" : " at ");
    buf_add_str(out, stage_name(o->stage));
    buf_add_str(out, ": ");
    if (o->reply.code)
        buf_addf(out, "%u ", o->reply.code);
    if (o->reply.enhanced.class) {
        enhanced_write(out, o->reply.enhanced);
        buf_add_char(out, ' ');
    }
    words_wrapped(out, o->reply.code ? o->reply.text : o->failure, width - 4, 4);
    buf_add_char(out, '\n');
}

static void add_explanation(struct buf *out, const struct outcome *o,
                            const struct rule_tables *rules, const struct mem *mem, size_t width)
{
    struct diagnosis_input in = outcome_diagnosis_input(o);
    struct diagnosis d;
    struct explanation e;
    struct arena arena;
    arena_init(&arena, mem, EXPLANATION_MEMORY);
    diagnose_with(rules, &in, &d);
    if (explain_with(rules, &d, &in, &arena, &e)) {
        buf_add_str(out, "  ");
        words_wrapped(out, e.summary, width - 2, 2);
        buf_add_char(out, '\n');
        for (size_t i = 0; i < e.count; i++) {
            buf_addf(out, "  %zu. ", i + 1);
            words_wrapped(out, e.steps[i], width - 5, 5);
            buf_add_char(out, '\n');
        }
    }
    arena_reset(&arena);
}

/* Of a server that could not be talked to at all: the explanations are about mail that a server
 * keeps and tries again, and about the recipient's domain; here is neither. */
static void add_unreachable(struct buf *out, size_t width)
{
    static const char *const words[] = {
        "The server that should take the message could not be reached; nothing was sent.",
        "1. Look whether it runs, and whether its name and port are right (-S HOST:PORT).",
        "2. Then send the message again: candor send does not keep it."};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        buf_add_str(out, "  ");
        words_wrapped(out, slice_str(words[i]), width - 2, i ? 5 : 2);
        buf_add_char(out, '\n');
    }
}

static bool was_told(const struct outcome *outcomes, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same(&outcomes[j], &outcomes[i]))
            return true;
    return false;
}

void send_report(struct buf *out, const struct envelope *e, const struct outcome *outcomes,
                 struct slice server, const struct rule_tables *rules, const struct mem *mem,
                 size_t width)
{
    for (size_t i = 0; i < e->count; i++) {
        if (is_accepted(&outcomes[i]) || was_told(outcomes, i))
            continue;
        buf_add_str(out, "Not sent to ");
        add_names(out, e, outcomes, i);
        buf_add_str(out, ".\n  ");
        add_said(out, &outcomes[i], server, width);
        if (is_unreached(&outcomes[i]))
            add_unreachable(out, width);
        else
            add_explanation(out, &outcomes[i], rules, mem, width);
    }
}
