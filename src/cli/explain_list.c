/* Lists of what the guide knows, from the very tables that it answers with. */
#include "cli/explain_list.h"

#include "base/json.h"
#include "cli/page.h"
#include "reply/rules.h"

/* One entry of any list; empty parts are left out. */
struct entry {
    struct slice group; /* under whose heading it stands */
    struct slice name;
    struct slice meaning;
    struct slice step;                               /* of a code */
    const struct catalogue_entry *code;              /* NULL: it is none */
    const char *cause;                               /* of a code; NULL: it tells none */
    const char *scope, *permanence, *fixer, *action; /* of a cause */
    const struct rule_provider *provider;            /* NULL: it is none */
};

/* Where the entries go, and under which heading the last one stood. */
struct list_out {
    struct buf *out;
    const struct explain_style *style; /* NULL: JSON */
    char group[40];
};

typedef void write_entry(struct list_out *l, const struct entry *e);

/* "5 - permanent failure", "X.7 - security, policy". */
static struct slice code_group(const struct catalogue_entry *c, char *storage, size_t size)
{
    struct buf text;
    unsigned digit = (unsigned)(c->name.at[c->name.at[0] == 'X' ? 2 : 0] - '0');
    buf_init_fixed(&text, storage, size);
    if (c->name.at[0] == 'X')
        buf_addf(&text, "X.%u  %s", digit, subject_name((uint16_t)digit));
    else
        buf_addf(&text, "%uyz  %s", digit, severity_name(digit));
    return buf_slice(&text);
}

static void each_code(struct list_out *l, write_entry *write)
{
    char group[40];
    size_t at = 0;
    for (const struct catalogue_entry *c; (c = catalogue_next(&at));) {
        struct entry e = {.group = code_group(c, group, sizeof(group)),
                          .name = c->name,
                          .meaning = c->meaning,
                          .step = c->step,
                          .code = c};
        e.cause = c->cause == CAUSE_UNKNOWN ? NULL : cause_name(c->cause);
        write(l, &e);
    }
}

static void each_cause(struct list_out *l, write_entry *write)
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
        write(l, &e);
    }
}

static void each_provider(struct list_out *l, write_entry *write)
{
    for (size_t i = 0; i < rule_tables.provider_count; i++)
        write(l, &(struct entry){.name = rule_tables.providers[i].name,
                                 .provider = &rule_tables.providers[i]});
}

/* By enum explain_list. */
static const struct {
    struct slice word;
    void (*each)(struct list_out *l, write_entry *write);
} lists[] = {
    [EXPLAIN_LIST_CODES] = {SLICE_INIT("codes"), each_code},
    [EXPLAIN_LIST_CAUSES] = {SLICE_INIT("causes"), each_cause},
    [EXPLAIN_LIST_PROVIDERS] = {SLICE_INIT("providers"), each_provider},
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

/* The end of its hosts' names, without the full stop that it begins with in the table. */
static struct slice host_of(const struct rule_provider *r, size_t index)
{
    struct slice host = rule_tables.hosts[r->first_host + index];
    return slice_from(host, slice_starts(host, SLICE(".")));
}

/* ---- for a person ---- */

static const char *color_of(const struct entry *e)
{
    static const char *const colors[] = {['2'] = GREEN, ['3'] = GREEN, ['4'] = YELLOW, ['5'] = RED};
    unsigned char first = (unsigned char)e->name.at[0];
    bool is_basic = e->code && first < sizeof(colors) / sizeof(colors[0]) && colors[first];
    return is_basic ? colors[first] : BLUE;
}

static void write_heading(const struct page *p, struct list_out *l, const struct entry *e)
{
    bool is_first = l->out->len == 0;
    if (slice_eq(e->group, slice_str(l->group)) ||
        !slice_cstr(e->group, l->group, sizeof(l->group)))
        return;
    buf_add_str(p->out, is_first ? "" : "\n");
    page_paint(p, BOLD, l->group);
    page_line(p);
}

/* The name, and behind it, at column `indent`, what it means. */
static void write_name(const struct page *p, const struct entry *e, size_t indent)
{
    page_spaces(p, PAGE_MARGIN);
    page_color(p, color_of(e));
    buf_add(p->out, e->name);
    page_color(p, PLAIN);
    page_spaces(p, indent > e->name.len + PAGE_MARGIN ? indent - PAGE_MARGIN - e->name.len : 1);
    page_wrap(p, e->meaning, indent);
    page_line(p);
}

static void write_below(const struct page *p, struct slice text, const char *color, size_t indent)
{
    page_spaces(p, indent);
    page_color(p, color);
    page_wrap(p, text, indent);
    page_color(p, PLAIN);
    page_line(p);
}

enum { FACTS_BYTES = 512 };

static void write_code(struct list_out *l, const struct entry *e)
{
    enum { INDENT = 10 };
    struct page p = {l->out, l->style};
    char storage[FACTS_BYTES];
    struct buf facts;
    write_heading(&p, l, e);
    write_name(&p, e, INDENT);
    write_below(&p, e->step, "", INDENT);
    buf_init_fixed(&facts, storage, sizeof(storage));
    if (e->cause)
        buf_addf(&facts, "cause: %s; ", e->cause);
    if (e->code->rfc)
        buf_addf(&facts, "RFC %u", (unsigned)e->code->rfc);
    else
        buf_add_str(&facts, "no RFC");
    write_below(&p, buf_slice(&facts), FAINT, INDENT);
}

static void write_cause(struct list_out *l, const struct entry *e)
{
    enum { INDENT = 25 };
    struct page p = {l->out, l->style};
    char storage[FACTS_BYTES];
    struct buf facts;
    write_name(&p, e, INDENT);
    buf_init_fixed(&facts, storage, sizeof(storage));
    buf_addf(&facts, "%s, %s; can fix it: %s\nthen: %s", e->scope, e->permanence, e->fixer,
             e->action);
    write_below(&p, buf_slice(&facts), FAINT, INDENT);
}

static void add_hosts(struct buf *out, const struct rule_provider *r)
{
    for (size_t i = 0; i < r->hosts; i++) {
        buf_add_str(out, i ? ", " : "");
        buf_add(out, host_of(r, i));
    }
}

/* The hosts that are its, or that its words tell. */
static void write_provider(struct list_out *l, const struct entry *e)
{
    enum { INDENT = 18 };
    struct page p = {l->out, l->style};
    char storage[FACTS_BYTES];
    struct buf hosts;
    struct entry shown = *e;
    buf_init_fixed(&hosts, storage, sizeof(storage));
    add_hosts(&hosts, e->provider);
    shown.meaning = hosts.len ? buf_slice(&hosts) : SLICE("(known by its words)");
    write_name(&p, &shown, INDENT);
}

void explain_list_write_text(struct buf *out, enum explain_list list,
                             const struct explain_style *style)
{
    static write_entry *const writers[] = {
        [EXPLAIN_LIST_CODES] = write_code,
        [EXPLAIN_LIST_CAUSES] = write_cause,
        [EXPLAIN_LIST_PROVIDERS] = write_provider,
    };
    lists[list].each(&(struct list_out){.out = out, .style = style}, writers[list]);
}

/* ---- for programs ---- */

static void put_word(struct json *j, const char *key, const char *word)
{
    if (word)
        json_put_string(j, key, slice_str(word));
}

static void put_origin(struct json *j, const struct catalogue_entry *c)
{
    char storage[80];
    struct buf origin;
    buf_init_fixed(&origin, storage, sizeof(storage));
    explained_write_origin(&origin, c);
    json_put_string(j, "defined_in", buf_slice(&origin));
}

static void put_hosts(struct json *j, const struct rule_provider *r)
{
    json_put_array(j, "hosts");
    for (size_t i = 0; i < r->hosts; i++)
        json_put_string(j, NULL, host_of(r, i));
    json_end_array(j);
}

static void write_object(struct list_out *l, const struct entry *e)
{
    struct json j = json_to(l->out);
    json_put_object(&j, NULL);
    json_put_string(&j, "name", e->name);
    json_put_known(&j, "meaning", e->meaning);
    json_put_known(&j, "next", e->step);
    put_word(&j, "cause", e->cause);
    put_word(&j, "scope", e->scope);
    put_word(&j, "permanence", e->permanence);
    put_word(&j, "fixer", e->fixer);
    put_word(&j, "action", e->action);
    if (e->code)
        put_origin(&j, e->code);
    if (e->provider)
        put_hosts(&j, e->provider);
    json_end_object(&j);
    buf_add_char(l->out, '\n');
}

void explain_list_write_json(struct buf *out, enum explain_list list)
{
    lists[list].each(&(struct list_out){.out = out}, write_object);
}
