#include "cli/page.h"
#include "cli/probe_show.h"
#include "cli/words.h"
#include "system/heap.h"

enum {
    MEMORY = 1024 * 1024,
    PREFIX_MAX = 64,
    STEPS_SHOWN = 3,
    EXPLAINED_MAX = 64,
    WIDTH_LEAST = 30 /* of text, however deep it stands */
};

static const struct {
    const char *sign;
    const char *color;
} marks[] = {[FINDING_GOOD] = {"✓", GREEN},
             [FINDING_NOTE] = {"·", BLUE},
             [FINDING_DOUBT] = {"!", YELLOW},
             [FINDING_BAD] = {"✗", RED}};

struct tree {
    struct page page;
    const struct probe_shown *shown;
    struct arena arena;
    struct slice explained[EXPLAINED_MAX]; /* summaries and advice: each is told once */
    size_t explained_count;
};

/* Text in as many lines as it needs: the first stands where the line is, the others behind
 * `prefix` and some spaces. */
static void write_lines(struct tree *t, struct slice text, const char *prefix, size_t columns,
                        size_t indent)
{
    struct buf wrapped;
    struct slice rest, line;
    size_t width = t->page.style->width, used = columns + indent;
    bool is_first = true;
    buf_init(&wrapped, &heap, MEMORY);
    words_wrapped(&wrapped, text, width > used + WIDTH_LEAST ? width - used : WIDTH_LEAST, 0);
    rest = buf_slice(&wrapped);
    while (slice_line(&rest, &line)) {
        if (!is_first) {
            page_paint(&t->page, FAINT, prefix);
            page_spaces(&t->page, indent);
        }
        buf_add(t->page.out, line);
        page_line(&t->page);
        is_first = false;
    }
    buf_free(&wrapped);
}

/* A paragraph of its own below a finding. */
static void write_below(struct tree *t, const char *number, struct slice text, const char *prefix,
                        size_t columns)
{
    size_t indent = 2 + strlen(number);
    page_paint(&t->page, FAINT, prefix);
    page_spaces(&t->page, 2);
    buf_add_str(t->page.out, number);
    write_lines(t, text, prefix, columns, indent);
}

static bool was_explained(struct tree *t, struct slice summary)
{
    for (size_t i = 0; i < t->explained_count; i++)
        if (slice_eq(t->explained[i], summary))
            return true;
    if (t->explained_count < EXPLAINED_MAX)
        t->explained[t->explained_count++] = summary;
    return false;
}

/* Codes of our own, which stand nowhere else. */
static void write_summary(struct tree *t, const struct finding *f, const struct explanation *e,
                          const char *prefix, size_t columns)
{
    const struct reply *r = &f->said.reply;
    struct buf text;
    buf_init(&text, &heap, MEMORY);
    if (r->code && f->said.remote.len == 0) {
        buf_addf(&text, "%u ", r->code);
        enhanced_write(&text, r->enhanced);
        buf_add_str(&text, ": ");
    }
    buf_add(&text, e->summary);
    write_below(t, "", buf_slice(&text), prefix, columns);
    buf_free(&text);
}

static void write_explanation(struct tree *t, const struct finding *f, const char *prefix,
                              size_t columns)
{
    struct diagnosis d;
    struct explanation e;
    diagnose_with(t->shown->rules, &f->said, &d);
    if (!explain_with(t->shown->rules, &d, &f->said, &t->arena, &e))
        return;
    if (was_explained(t, e.summary)) {
        write_below(t, "", SLICE("What that means stands above."), prefix, columns);
        return;
    }
    write_summary(t, f, &e, prefix, columns);
    for (size_t i = 0; i < e.count && i < STEPS_SHOWN; i++) {
        char number[] = {(char)('1' + i), '.', ' ', '\0'};
        write_below(t, number, e.steps[i], prefix, columns);
    }
}

/* A tree that is too deep stands a little crooked. */
static void join(char out[PREFIX_MAX], const char *before, const char *behind)
{
    struct buf text;
    buf_init_fixed(&text, out, PREFIX_MAX - 1);
    buf_add_str(&text, before);
    buf_add_str(&text, behind);
    out[text.len] = '\0';
}

/* `prefix` is what stands before the lines below the finding, `columns` wide. */
static void write_finding(struct tree *t, const struct finding *f, const char *before, size_t depth)
{
    char prefix[PREFIX_MAX], below[PREFIX_MAX];
    size_t columns = depth * 3;
    const char *branch = f->next ? "├─ " : "└─ ";
    join(prefix, before, f->next ? "│  " : "   ");
    join(below, prefix, f->first ? "│" : " ");
    page_paint(&t->page, FAINT, before);
    page_paint(&t->page, FAINT, branch);
    page_paint(&t->page, marks[f->mark].color, marks[f->mark].sign);
    buf_add_char(t->page.out, ' ');
    write_lines(t, f->text, below, columns + 1, 1);
    if (f->advice.len && !was_explained(t, f->advice))
        write_below(t, "", f->advice, below, columns + 1);
    if (f->has_said)
        write_explanation(t, f, below, columns + 1);
    for (const struct finding *child = f->first; child; child = child->next)
        write_finding(t, child, prefix, depth + 1);
}

/* ---- what it comes to ---- */

static void write_good_end(struct buf *text, const struct probe_shown *shown)
{
    const struct probe_verdict *v = shown->verdict;
    if (shown->recipient.len == 0)
        buf_add_str(text, "The host can be talked to. No recipient was asked for.");
    else if (shown->is_sent)
        buf_addf(text, "The message was sent: %.*s took it.", SLICE_ARG(v->outcome.host));
    else
        buf_addf(text,
                 "Mail to %.*s gets there: %.*s takes the recipient. What it says of the content "
                 "only a message shows (--data).",
                 SLICE_ARG(shown->recipient), SLICE_ARG(v->outcome.host));
}

static void write_bad_end(struct buf *text, const struct probe_shown *shown)
{
    struct decision d;
    decide(&(struct decide_input){.outcome = &shown->verdict->outcome, .rules = shown->rules}, &d);
    buf_addf(text, "Mail does not get there now: %s.", cause_title(d.diagnosis.cause));
    buf_addf(text, " Candor's queue %s.", verdict_words(d.verdict));
}

static void write_end(struct tree *t)
{
    struct buf text;
    bool good = t->shown->verdict->has_arrived;
    enum finding_mark mark = good ? FINDING_GOOD : FINDING_BAD;
    buf_init(&text, &heap, MEMORY);
    (good ? write_good_end : write_bad_end)(&text, t->shown);
    page_line(&t->page);
    page_paint(&t->page, marks[mark].color, marks[mark].sign);
    buf_add_char(t->page.out, ' ');
    write_lines(t, buf_slice(&text), "", 0, 2);
    buf_free(&text);
}

void probe_write_text(struct buf *out, const struct probe_shown *shown,
                      const struct explain_style *style)
{
    struct tree t = {.page = {out, style}, .shown = shown};
    arena_init(&t.arena, &heap, MEMORY);
    page_color(&t.page, BOLD);
    buf_add(out, shown->root->text);
    page_color(&t.page, PLAIN);
    page_line(&t.page);
    for (const struct finding *f = shown->root->first; f; f = f->next)
        write_finding(&t, f, "", 1);
    write_end(&t);
    arena_reset(&t.arena);
}
