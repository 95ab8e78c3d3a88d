#include "cli/explain_book.h"

#include "reply/catalogue.h"

enum { NEAR_EACH = 4 }; /* codes shown before it, and behind it */

bool explain_book_has(const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    bool is_one = (r->code != 0) != (r->enhanced.class != 0);
    return is_one && r->text.len == 0 && !x->bounce && !x->event;
}

static const struct catalogue_entry *entry_of(const struct reply *r)
{
    return r->code ? catalogue_basic(r->code) : catalogue_enhanced(r->enhanced);
}

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
    char storage[64];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    if (c->rfc)
        buf_addf(&text, "RFC %u", (unsigned)c->rfc);
    else
        buf_add_str(&text, is_enhanced(c) ? "the registry of enhanced status codes (RFC 5248)"
                                          : "no standard; servers use it all the same");
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

static void write_near(const struct page *p, const struct catalogue_entry *c)
{
    const struct catalogue_entry *near[2 * NEAR_EACH];
    size_t count = find_near(c, near);
    page_line(p);
    page_spaces(p, PAGE_MARGIN);
    page_paint(p, BOLD, "Codes beside it");
    page_line(p);
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

void explain_book_write(const struct page *p, const struct reply *r)
{
    const struct catalogue_entry *c = entry_of(r);
    if (!c)
        return;
    write_origin(p, c);
    write_digits(p, r);
    write_near(p, c);
}
