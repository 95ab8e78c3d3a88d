#include "base/json.h"
#include "cli/probe_show.h"
#include "reply/explanation_json.h"
#include "system/heap.h"

enum { EXPLANATION_MEMORY = 64 * 1024 };

static void put_explanation(struct json *j, const struct finding *f,
                            const struct rule_tables *rules)
{
    struct diagnosis d;
    struct explanation e;
    struct arena arena;
    arena_init(&arena, &heap, EXPLANATION_MEMORY);
    diagnose_with(rules, &f->said, &d);
    if (explain_with(rules, &d, &f->said, &arena, &e)) {
        json_put_object(j, "explanation");
        explanation_put_json(j, &f->said, &d, &e);
        json_end_object(j);
    }
    arena_reset(&arena);
}

static void put_finding(struct json *j, const struct finding *f, const struct rule_tables *rules);

static void put_steps(struct json *j, const struct finding *f, const struct rule_tables *rules)
{
    if (!f->first)
        return;
    json_put_array(j, "steps");
    for (const struct finding *child = f->first; child; child = child->next)
        put_finding(j, child, rules);
    json_end_array(j);
}

/* As deep as a probe's tree is: three or four levels. */
static void put_finding(struct json *j, const struct finding *f, const struct rule_tables *rules)
{
    json_put_object(j, NULL);
    json_put_string(j, "step", slice_str(f->step));
    json_put_string(j, "state", slice_str(finding_mark_name(f->mark)));
    json_put_string(j, "text", f->text);
    json_put_known(j, "advice", f->advice);
    for (const struct finding_fact *fact = f->facts; fact; fact = fact->next)
        json_put_harmless(j, fact->key, fact->value);
    if (f->has_said)
        put_explanation(j, f, rules);
    put_steps(j, f, rules);
    json_end_object(j);
}

void probe_write_json(struct buf *out, const struct probe_shown *shown)
{
    struct json j = json_to(out);
    const struct outcome *o = &shown->verdict->outcome;
    json_put_object(&j, NULL);
    json_put_string(&j, "target", shown->root->text);
    json_put_known(&j, "recipient", shown->recipient);
    json_put_bool(&j, "arrives", shown->verdict->has_arrived);
    json_put_bool(&j, "sent", shown->is_sent && shown->verdict->has_arrived);
    if (!shown->verdict->has_arrived) {
        struct decision d;
        decide(&(struct decide_input){.outcome = o, .rules = shown->rules}, &d);
        json_put_string(&j, "decision", slice_str(verdict_name(d.verdict)));
    }
    json_put_known(&j, "host", o->host);
    put_steps(&j, shown->root, shown->rules);
    json_end_object(&j);
    buf_add_char(out, '\n');
}
