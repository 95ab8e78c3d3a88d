#include "reply/own_advice.h"

#include "base/utf8.h"
#include "reply/advice.h"
#include "reply/rules.h"
#include "reply/rules_trie.h"

enum { TEXT_MAX = 400, ALL_MAX = 0xFFF0 };

struct compiler {
    struct rule_book *book;
    struct rows rows;
    const struct rule_entry *entry;
    const struct rule_value *line;
};

#define WRONG(c, ...)                                                                              \
    rule_error_set(&(c)->book->error, (c)->entry->file, (c)->line->line, __VA_ARGS__)

static const struct {
    enum rule_key key;
    enum advice_kind kind;
} kinds[] = {
    {KEY_STEP, ADVICE_STEP}, {KEY_ONLY, ADVICE_ONLY_STEP}, {KEY_REFUSED, ADVICE_REFUSED_STEP}};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* It is shown on terminals and stands in notices. */
static bool check_text(const struct compiler *c, struct slice text)
{
    if (text.len > TEXT_MAX)
        return WRONG(c, "longer than %d bytes: make two steps of it", TEXT_MAX);
    for (size_t at = 0, len; at < text.len; at += len)
        if ((len = utf8_printable(text, at)) == 0)
            return WRONG(c,
                         "byte %zu of the text can't be shown: it is not UTF-8, or it is a "
                         "control character",
                         at + 1);
    return advice_check_names(&c->book->error, c->entry->file, c->line->line, text);
}

static bool add_row(struct compiler *c, struct own_advice row)
{
    struct own_advice *to = c->rows.count < ALL_MAX ? rows_add(&c->rows, c->book->arena) : NULL;
    if (!to)
        return WRONG(c, "there is no room for so much advice");
    *to = row;
    return true;
}

/* A line for each cause that `causes` names; `*` is all of them. */
static bool add_for_causes(struct compiler *c, struct slice causes, struct own_advice row)
{
    struct slice name;
    while (slice_split(&causes, ',', &name)) {
        enum cause cause;
        name = slice_trim(name);
        bool is_all = slice_eq(name, SLICE("*"));
        if (!is_all && !rule_cause_of(name, &cause)) {
            size_t line = c->entry->line;
            return rule_error_set(
                &c->book->error, c->entry->file, line,
                "%.*s is no cause; did you mean %s? (candor-causes(7) lists them)",
                SLICE_ARG(slice_head(name, 60)), cause_name(cause));
        }
        row.is_of_all = is_all;
        row.cause = is_all ? CAUSE_UNKNOWN : cause;
        if (!add_row(c, row))
            return false;
    }
    return true;
}

static bool add_lines(struct compiler *c, const struct rule_entry *e, size_t kind, bool is_rule)
{
    const struct rule_values *lines = &e->values[kinds[kind].key];
    for (const struct rule_value *v = lines->first; v; v = v->next) {
        struct own_advice row = {.kind = kinds[kind].kind, .text = v->text};
        c->entry = e;
        c->line = v;
        row.has_names = slice_find(v->text, '{', 0) != SLICE_NONE;
        if (c->book->wants_samples)
            return WRONG(c, "advice stands in share/advice");
        if (lines->count > EXPLANATION_STEPS_MAX)
            return WRONG(c, "more than the %d steps that are shown", EXPLANATION_STEPS_MAX);
        if (!check_text(c, v->text))
            return false;
        if (is_rule)
            row.rule = e->name;
        if (is_rule ? !add_row(c, row) : !add_for_causes(c, e->name, row))
            return false;
    }
    return true;
}

/* A block of advice has nothing else. */
static bool check_block(struct compiler *c, const struct rule_entry *e)
{
    bool any = false;
    for (int key = 0; key < KEY_COUNT; key++) {
        bool is_advice = key == KEY_STEP || key == KEY_ONLY || key == KEY_REFUSED;
        const struct rule_value *first = e->values[key].first;
        if (first && !is_advice)
            return rule_error_set(&c->book->error, e->file, first->line,
                                  "below \"advice: CAUSE\" stand step, only and refused");
        any = any || first;
    }
    return any || rule_error_set(&c->book->error, e->file, e->line,
                                 "nothing is advised: \"step: Call the postmaster.\" is missing");
}

bool own_advice_compile(struct rule_book *b, struct rule_tables *t)
{
    struct compiler c = {.book = b, .rows.size = sizeof(struct own_advice)};
    for (const struct rule_entry *e = b->rules; e; e = e->next)
        for (size_t kind = 0; kind < KINDS; kind++)
            if (!add_lines(&c, e, kind, true))
                return false;
    for (const struct rule_entry *e = b->advice; e; e = e->next) {
        if (!check_block(&c, e))
            return false;
        for (size_t kind = 0; kind < KINDS; kind++)
            if (!add_lines(&c, e, kind, false))
                return false;
    }
    t->advice = c.rows.at;
    t->advice_count = c.rows.count;
    return true;
}
