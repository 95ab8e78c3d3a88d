/* Lists of what the guide knows, from the very tables that it answers with. */
#include "cli/explain_list.h"

#include "base/json.h"
#include "cli/words.h"
#include "reply/catalogue.h"
#include "reply/rules.h"

/* One entry of any list; empty parts are left out. */
struct entry {
    struct slice name;
    struct slice meaning;
    struct slice step;                               /* of a code */
    const char *cause;                               /* of a code; NULL: it tells none */
    const char *scope, *permanence, *fixer, *action; /* of a cause */
};

typedef void write_entry(struct buf *out, const struct entry *e, const struct explain_style *style);

static void each_code(struct buf *out, write_entry *write, const struct explain_style *style)
{
    size_t at = 0;
    for (const struct catalogue_entry *c; (c = catalogue_next(&at));) {
        struct entry e = {.name = c->name, .meaning = c->meaning, .step = c->step};
        e.cause = c->cause == CAUSE_UNKNOWN ? NULL : cause_name(c->cause);
        write(out, &e, style);
    }
}

static void each_cause(struct buf *out, write_entry *write, const struct explain_style *style)
{
    static const struct {
        const char *name, *title;
        enum scope scope;
        enum permanence permanence;
        enum fixer fixer;
        enum action action;
    } causes[] = {
#define CAUSE(id, name, scope, permanence, fixer, action, title)                                   \
    {name, title, SCOPE_##scope, PERMANENCE_##permanence, FIXER_##fixer, ACTION_##action},
#include "reply/cause.def"
#undef CAUSE
    };
    for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
        struct entry e = {.name = slice_str(causes[i].name), .meaning = slice_str(causes[i].title)};
        e.scope = scope_name(causes[i].scope);
        e.permanence = permanence_name(causes[i].permanence);
        e.fixer = fixer_name(causes[i].fixer);
        e.action = action_name(causes[i].action);
        write(out, &e, style);
    }
}

static void each_provider(struct buf *out, write_entry *write, const struct explain_style *style)
{
    for (size_t i = 0; i < rule_tables.provider_count; i++)
        write(out, &(struct entry){.name = rule_tables.providers[i].name}, style);
}

/* By enum explain_list. */
static const struct {
    struct slice word;
    void (*each)(struct buf *out, write_entry *write, const struct explain_style *style);
    size_t indent; /* wide enough for every name of it */
} lists[] = {
    [EXPLAIN_LIST_CODES] = {SLICE_INIT("codes"), each_code, 8},
    [EXPLAIN_LIST_CAUSES] = {SLICE_INIT("causes"), each_cause, 24},
    [EXPLAIN_LIST_PROVIDERS] = {SLICE_INIT("providers"), each_provider, 0},
};

bool explain_list_parse(struct slice word, enum explain_list *list_r)
{
    for (size_t i = EXPLAIN_LIST_CODES; i < sizeof(lists) / sizeof(*lists); i++)
        if (slice_eq(lists[i].word, word)) {
            *list_r = (enum explain_list)i;
            return true;
        }
    return false;
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

static void add_line(struct buf *out, struct slice text, const struct explain_style *style,
                     size_t indent)
{
    words_wrapped(out, text, style->width, indent);
    buf_add_char(out, '\n');
}

static void add_name(struct buf *out, struct slice name, const struct explain_style *style)
{
    if (style->color)
        buf_add_str(out, "\033[1m");
    buf_add(out, name);
    if (style->color)
        buf_add_str(out, "\033[0m");
}

static void write_wide(struct buf *out, const struct entry *e, const struct explain_style *style,
                       size_t indent)
{
    struct explain_style rest = {style->color, style->width - indent, style->words};
    add_name(out, e->name, style);
    add_spaces(out, indent > e->name.len ? indent - e->name.len : 1);
    add_line(out, e->meaning, &rest, indent);
    if (e->step.len > 0) {
        add_spaces(out, indent);
        add_line(out, e->step, &rest, indent);
    }
    if (e->scope) {
        add_spaces(out, indent);
        buf_addf(out, "%s, %s; can fix it: %s\n", e->scope, e->permanence, e->fixer);
        add_spaces(out, indent);
        buf_addf(out, "then: %s\n", e->action);
    }
    if (e->cause) {
        add_spaces(out, indent);
        buf_addf(out, "cause: %s\n", e->cause);
    }
}

static void write_code(struct buf *out, const struct entry *e, const struct explain_style *style)
{
    write_wide(out, e, style, lists[EXPLAIN_LIST_CODES].indent);
}

static void write_cause(struct buf *out, const struct entry *e, const struct explain_style *style)
{
    write_wide(out, e, style, lists[EXPLAIN_LIST_CAUSES].indent);
}

static void write_name(struct buf *out, const struct entry *e, const struct explain_style *style)
{
    (void)style;
    buf_add(out, e->name);
    buf_add_char(out, '\n');
}

void explain_list_write_text(struct buf *out, enum explain_list list,
                             const struct explain_style *style)
{
    static write_entry *const writers[] = {
        [EXPLAIN_LIST_CODES] = write_code,
        [EXPLAIN_LIST_CAUSES] = write_cause,
        [EXPLAIN_LIST_PROVIDERS] = write_name,
    };
    lists[list].each(out, writers[list], style);
}

static void put_word(struct json *j, const char *key, const char *word)
{
    if (word)
        json_put_string(j, key, slice_str(word));
}

static void write_object(struct buf *out, const struct entry *e, const struct explain_style *style)
{
    struct json j = json_to(out);
    (void)style;
    json_put_object(&j, NULL);
    json_put_string(&j, "name", e->name);
    json_put_known(&j, "meaning", e->meaning);
    json_put_known(&j, "next", e->step);
    put_word(&j, "cause", e->cause);
    put_word(&j, "scope", e->scope);
    put_word(&j, "permanence", e->permanence);
    put_word(&j, "fixer", e->fixer);
    put_word(&j, "action", e->action);
    json_end_object(&j);
    buf_add_char(out, '\n');
}

void explain_list_write_json(struct buf *out, enum explain_list list)
{
    lists[list].each(out, write_object, NULL);
}
