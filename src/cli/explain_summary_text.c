/* The summary for people: numbers as bars, the advice at the end, where the eye stays. */
#include "cli/explain_summary.h"
#include "cli/page.h"
#include "cli/words.h"

#include <time.h>

enum { MARGIN = 2, NAME = 28, COUNT = 9, PERCENT = 6, TOP = 5, CAUSES_SHOWN = 12, FIXES = 5 };

static void heading(const struct page *p, const char *text)
{
    buf_add_char(p->out, '\n');
    page_paint(p, BOLD, text);
    buf_add_char(p->out, '\n');
}

/* Eighths of a column, so that small differences can be seen. */
static void bar(const struct page *p, uint64_t count, uint64_t most, size_t width)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double eighths_exact = (double)count * (double)(8 * width) / (double)most;
    size_t eighths = (size_t)(eighths_exact + 0.5);
    if (eighths == 0)
        eighths = 1;
    page_color(p, BLUE);
    for (size_t i = 0; i < eighths / 8; i++)
        buf_add_str(p->out, "█");
    buf_add_str(p->out, parts[eighths % 8]);
    page_color(p, PLAIN);
}

/* Shortened where it does not fit: the end of a name tells more than its middle. */
static void name_cell(const struct page *p, struct slice name, size_t width)
{
    struct buf *out = p->out;
    bool is_long = name.len > width;
    words_harmless(out, is_long ? slice_head(name, width - 1) : name);
    if (is_long)
        buf_add_str(out, "…");
    buf_addf(out, "%*s", (int)(is_long ? 0 : width - name.len), "");
}

static void row(const struct page *p, struct slice name, uint64_t count, uint64_t most, uint64_t of)
{
    size_t used = MARGIN + NAME + COUNT + PERCENT + 1;
    buf_addf(p->out, "%*s", MARGIN, "");
    name_cell(p, name, NAME);
    buf_addf(p->out, "%*llu", COUNT, (unsigned long long)count);
    buf_addf(p->out, "%*.0f %% ", PERCENT - 2, (double)count * 100 / (double)of);
    bar(p, count, most, p->style->width > used ? p->style->width - used : 1);
    buf_add_char(p->out, '\n');
}

static void write_head(const struct page *p, const struct explain_summary *s)
{
    enum { KINDS_BYTES = 512 };
    static const struct {
        enum bounce_kind kind;
        const char *one, *many;
    } kinds[] = {
        {BOUNCE_FAILURE, "failure", "failures"},
        {BOUNCE_DELAY, "delay", "delays"},
        {BOUNCE_SUCCESS, "success", "successes"},
        {BOUNCE_COMPLAINT, "complaint", "complaints"},
        {BOUNCE_AUTO_REPLY, "automatic answer", "automatic answers"},
        {BOUNCE_CHALLENGE, "challenge", "challenges"},
        {BOUNCE_NONE, "that reports nothing", "that report nothing"},
    };
    char storage[KINDS_BYTES];
    struct buf list;
    buf_init_fixed(&list, storage, sizeof(storage));
    page_color(p, BOLD);
    words_count(p->out, s->items, "item", "items");
    page_color(p, PLAIN);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (s->kinds[kinds[i].kind] == 0)
            continue;
        buf_add_str(&list, list.len ? ", " : "");
        words_count(&list, s->kinds[kinds[i].kind], kinds[i].one, kinds[i].many);
    }
    buf_addf(p->out, "\n%*s", MARGIN, "");
    words_wrapped(p->out, buf_slice(&list), p->style->width - MARGIN, MARGIN);
    buf_add_char(p->out, '\n');
}

static void write_causes(const struct page *p, const struct explain_summary *s)
{
    bool is_shown[CAUSE_COUNT] = {false};
    uint64_t most = 0, rest = 0;
    if (s->with_cause == 0)
        return;
    heading(p, "Why");
    for (size_t shown = 0; shown < CAUSE_COUNT; shown++) {
        int best = -1;
        for (int c = 0; c < CAUSE_COUNT; c++)
            if (!is_shown[c] && s->causes[c] > 0 && (best < 0 || s->causes[c] > s->causes[best]))
                best = c;
        if (best < 0)
            break;
        is_shown[best] = true;
        most = shown == 0 ? s->causes[best] : most;
        if (shown < CAUSES_SHOWN)
            row(p, slice_str(cause_name((enum cause)best)), s->causes[best], most, s->with_cause);
        else
            rest += s->causes[best];
    }
    if (rest > 0)
        row(p, SLICE("others"), rest, most > rest ? most : rest, s->with_cause);
}

static void write_tally(const struct page *p, const char *title, const struct tally *t, uint64_t of)
{
    const struct tally_row *top[TOP];
    size_t count = tally_top(t, top, TOP);
    if (count == 0)
        return;
    heading(p, title);
    for (size_t i = 0; i < count; i++)
        row(p, top[i]->name, top[i]->count, top[0]->count, of);
}

static void write_day(struct buf *out, int64_t unix_ms)
{
    char text[32];
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%e %b %Y %H:%M", &tm) > 0)
        buf_add_str(out, text[0] == ' ' ? text + 1 : text);
}

/* A column of the picture for each piece of the time. */
static void write_times(const struct page *p, const struct explain_summary *s)
{
    enum { COLUMNS = 72 };
    static const char *const levels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint64_t columns[COLUMNS] = {0}, most = 1;
    size_t at = 0;
    if (s->first > s->last || s->hours.count < 2)
        return;
    int64_t first = explain_summary_hour(s->first);
    int64_t hours = explain_summary_hour(s->last) - first + 1;
    int64_t count = hours < COLUMNS ? hours : COLUMNS;
    for (const struct summary_hour *h; (h = id_map_next(&s->hours, &at));) {
        uint64_t *column = &columns[(h->hour - first) * count / hours];
        *column += h->count;
        most = *column > most ? *column : most;
    }
    heading(p, "When");
    buf_addf(p->out, "%*s", MARGIN, "");
    for (int64_t i = 0; i < count; i++)
        buf_add_str(p->out, levels[(columns[i] * 8 + most - 1) / most]);
    buf_addf(p->out, "\n%*s", MARGIN, "");
    write_day(p->out, s->first);
    buf_add_str(p->out, " to ");
    write_day(p->out, s->last);
    buf_add_char(p->out, '\n');
}

static void write_fix(const struct page *p, size_t number, const struct tally_row *found)
{
    enum { INDENT = 5 };
    const struct summary_fix *fix = found->about;
    buf_addf(p->out, "%*zu. ", MARGIN + 1, number);
    page_paint(p, BOLD, cause_title(fix->cause));
    if (fix->provider.len > 0)
        buf_addf(p->out, " (%.*s)", SLICE_ARG(fix->provider));
    buf_addf(p->out, ", %llu×%s\n%*s", (unsigned long long)found->count,
             fix->is_refusal ? ", refused here" : "", INDENT, "");
    words_wrapped(p->out, fix->step.len > 0 ? fix->step : fix->summary, p->style->width - INDENT,
                  INDENT);
    buf_addf(p->out, "\n%*s", INDENT, "");
    page_color(p, FAINT);
    buf_addf(p->out, "show them with --cause %s", cause_name(fix->cause));
    page_color(p, PLAIN);
    buf_add_char(p->out, '\n');
}

static void write_fixes(const struct page *p, const struct explain_summary *s)
{
    const struct tally_row *fixes[FIXES];
    size_t count = explain_summary_fixes(s, fixes, FIXES);
    if (count == 0)
        return;
    heading(p, count == 1 ? "What to fix" : "What to fix first");
    for (size_t i = 0; i < count; i++)
        write_fix(p, i + 1, fixes[i]);
}

void explain_summary_write_text(struct buf *out, const struct explain_summary *s,
                                const struct explain_style *style)
{
    struct page p = {out, style};
    write_head(&p, s);
    write_causes(&p, s);
    write_tally(&p, "Who said so", &s->providers, s->with_cause);
    write_tally(&p, "Where to", &s->destinations, s->with_cause);
    write_tally(&p, "Which hosts", &s->hosts, s->with_cause);
    write_tally(&p, "Which recipients", &s->recipients, s->with_cause);
    write_times(&p, s);
    write_fixes(&p, s);
}
