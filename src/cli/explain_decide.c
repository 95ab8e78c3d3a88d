#include "cli/explain_decide.h"

#include "reply/explanation_json.h"

bool explain_decide(const struct explained *x, const struct rule_tables *rules,
                    struct decision *decision_r)
{
    if (!explanation_has_cause(&x->in, &x->diagnosis))
        return false;
    /* the queue always knows when a reply came; here the words may be what tells */
    struct outcome o = {.stage = x->diagnosis.stage, .reply = x->in.reply, .host = x->in.remote};
    decide(&(struct decide_input){.outcome = &o, .rules = rules}, decision_r);
    return true;
}

void explain_decide_because(struct buf *out, const struct decision *d)
{
    bool is_never = d->diagnosis.permanence == PERMANENCE_PERMANENT;
    buf_addf(out, "%s, %s, %s: %s", cause_name(d->diagnosis.cause),
             is_never ? "said for good" : "said for now",
             d->is_before_mail ? "of the host or of us" : "of this mail", decided_by_words(d->by));
    if (d->wait)
        buf_addf(out, "; it waits for %lld s, %s", (long long)(d->wait / 1000),
                 d->is_wait_asked ? "as they asked" : "as is usual with them");
}

void explain_decide_put_json(struct json *j, const struct decision *d)
{
    enum { BECAUSE_MAX = 512 };
    char storage[BECAUSE_MAX];
    struct buf because;
    buf_init_fixed(&because, storage, sizeof(storage));
    explain_decide_because(&because, d);
    json_put_object(j, "decision");
    json_put_string(j, "verdict", slice_str(verdict_name(d->verdict)));
    json_put_string(j, "does", slice_str(verdict_words(d->verdict)));
    json_put_string(j, "decided_by", slice_str(decided_by_name(d->by)));
    json_put_string(j, "because", buf_slice(&because));
    json_put_string(j, "about", slice_str(d->is_before_mail ? "host" : "mail"));
    if (d->wait)
        json_put_number(j, "wait", d->wait / 1000);
    json_put_bool(j, "alert", d->alert);
    json_put_bool(j, "suppress", verdict_suppresses(d->verdict));
    json_end_object(j);
}
