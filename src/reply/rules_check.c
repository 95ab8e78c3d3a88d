#include "reply/rules_check.h"

#include "reply/scan.h"

static bool check(struct rule_book *b, const struct rule_tables *own, const struct rule_entry *e,
                  const struct rule_value *v, bool wins, struct arena *scratch)
{
    struct rule_sample s;
    struct diagnosis_input in;
    struct diagnosis d;
    if (!rule_sample_parse(v->text, &s))
        return rule_error_set(&b->error, e->file, v->line, "what stands in [ ] is not understood");
    arena_reset(scratch);
    reply_scan(s.text, scratch, &in);
    in.stage = s.stage;
    if (s.remote.len)
        in.remote = s.remote;
    diagnose_with(own, &in, &d);
    bool won = slice_eq(d.rule, e->name);
    if (won == wins)
        return true;
    if (won)
        return rule_error_set(&b->error, e->file, v->line,
                              "the rule %.*s fits this too: give it an unless or a longer phrase",
                              SLICE_ARG(e->name));
    return rule_error_set(&b->error, e->file, v->line,
                          "%.*s decides this (%s), not the rule %.*s: give it a phrase that is in "
                          "the text, or a higher level",
                          SLICE_ARG(slice_head(d.rule, 60)), cause_name(d.cause),
                          SLICE_ARG(e->name));
}

bool rules_check_samples(struct rule_book *b, const struct rule_tables *own, struct arena *scratch)
{
    for (const struct rule_entry *e = b->rules; e; e = e->next)
        for (enum rule_key key = KEY_MATCH; key <= KEY_NOT; key++)
            for (const struct rule_value *v = e->values[key].first; v; v = v->next)
                if (!check(b, own, e, v, key == KEY_MATCH, scratch))
                    return false;
    return true;
}
