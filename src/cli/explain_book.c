#include "cli/explain_book.h"

#include <string.h>

#include "reply/catalogue.h"
#include "reply/code_uses.h"
#include "reply/rules.h"

enum {
    NEAR_EACH = 4, /* codes shown before it, and behind it */
    USES_SHOWN = 12,
};

static bool is_enhanced(const struct catalogue_entry *c)
{
    return c->name.at[0] == 'X';
}

/* `X.7.` of X.7.26, `5` of 550. */
static struct slice family(const struct catalogue_entry *c)
{
    if (!is_enhanced(c))
        return slice_head(c->name, 1);
    return slice_head(c->name, slice_rfind(c->name, '.') + 1);
}

/* The codes of its family that stand before and behind it in the table, in order. */
static size_t find_near(const struct catalogue_entry *c, const struct catalogue_entry **near_r)
{
    const struct catalogue_entry *before[NEAR_EACH] = {NULL};
    size_t at = 0, seen = 0, count = 0;
    bool is_behind = false;
    for (const struct catalogue_entry *other; (other = catalogue_next(&at));) {
        if (other == c) {
            is_behind = true;
            for (size_t i = seen > NEAR_EACH ? seen - NEAR_EACH : 0; i < seen; i++)
                near_r[count++] = before[i % NEAR_EACH];
            seen = 0;
        } else if (slice_eq(family(other), family(c))) {
            if (!is_behind)
                before[seen % NEAR_EACH] = other;
            else if (seen < NEAR_EACH)
                near_r[count++] = other;
            seen++;
        }
    }
    return count;
}

static void write_origin(const struct page *p, const struct catalogue_entry *c)
{
    char storage[80];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    explained_write_origin(&text, c);
    page_row(p, "Defined in", buf_slice(&text));
}

static void write_digits(const struct page *p, const struct reply *r)
{
    char storage[160];
    struct buf text;
    unsigned first = r->code ? r->code / 100U : r->enhanced.class;
    unsigned second = r->code ? r->code / 10U % 10 : r->enhanced.subject;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_addf(&text, "%u, %s; %u, %s", first, severity_name(first), second,
             r->code ? category_name(r->code) : subject_name(r->enhanced.subject));
    page_row(p, "Its digits", buf_slice(&text));
}

static void write_head(const struct page *p, const char *words)
{
    page_line(p);
    page_spaces(p, PAGE_MARGIN);
    page_paint(p, BOLD, words);
    page_line(p);
}

static void write_near(const struct page *p, const struct catalogue_entry *c)
{
    const struct catalogue_entry *near[2 * NEAR_EACH];
    size_t count = find_near(c, near);
    write_head(p, "Codes beside it");
    for (size_t i = 0; i < count; i++) {
        char name[16];
        struct buf text;
        buf_init_fixed(&text, name, sizeof(name));
        buf_add(&text, near[i]->name);
        buf_add_char(&text, '\0');
        page_row(p, name, near[i]->meaning);
    }
    page_row(p, "All", SLICE("candor explain --list codes"));
}

static void add_providers(struct buf *out, const struct code_cause *c)
{
    bool any = false;
    for (size_t i = 0; i < rule_tables.provider_count && i < CODE_PROVIDERS_MAX; i++) {
        if (!c->providers[i])
            continue;
        buf_add_str(out, any ? ", " : "by ");
        buf_add(out, rule_tables.providers[i].name);
        any = true;
    }
}

static void write_use(const struct page *p, const struct code_cause *c)
{
    enum { COLUMN = PAGE_MARGIN + 24, PROVIDERS_BYTES = 1024 };
    char storage[PROVIDERS_BYTES];
    struct buf providers;
    const char *name = cause_name(c->cause);
    buf_init_fixed(&providers, storage, sizeof(storage));
    add_providers(&providers, c);
    page_spaces(p, PAGE_MARGIN);
    page_paint(p, BLUE, name);
    page_spaces(p, COLUMN - PAGE_MARGIN - strlen(name));
    page_wrap(p, slice_str(cause_title(c->cause)), COLUMN);
    page_line(p);
    if (providers.len == 0)
        return;
    page_spaces(p, COLUMN);
    page_color(p, FAINT);
    page_wrap(p, buf_slice(&providers), COLUMN);
    page_color(p, PLAIN);
    page_line(p);
}

/* What servers mean by it, as far as the rules know. */
static void write_uses(const struct page *p, const struct reply *r)
{
    struct code_cause causes[CAUSE_COUNT];
    size_t count = code_causes(r, causes), shown = count <= USES_SHOWN + 1 ? count : USES_SHOWN;
    char storage[96];
    struct buf more;
    if (count == 0)
        return;
    write_head(p, "What it is used for");
    for (size_t i = 0; i < shown; i++)
        write_use(p, &causes[i]);
    if (shown == count)
        return;
    buf_init_fixed(&more, storage, sizeof(storage));
    buf_addf(&more, "and for %zu causes more, which --json lists; its text tells which it is",
             count - shown);
    page_spaces(p, PAGE_MARGIN);
    page_wrap(p, buf_slice(&more), PAGE_MARGIN);
    page_line(p);
}

void explain_book_write(const struct page *p, const struct explained *x)
{
    const struct catalogue_entry *c = explained_code(x);
    if (c) {
        write_origin(p, c);
        write_digits(p, &x->in.reply);
    }
    write_uses(p, &x->in.reply);
    if (c)
        write_near(p, c);
}
