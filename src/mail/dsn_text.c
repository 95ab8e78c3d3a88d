#include "mail/date.h"
#include "mail/dsn_inside.h"
#include "mail/dsn_page.h"
#include "mail/header.h"

/* The part for a person. Short lines, plain words, in this order: what happened to whom, what to do
 * now, who can fix it, and the other side's own words, whole. In other languages than English the
 * steps come last, since the guide speaks English. */

enum { FIELD_MOST = 200, SENTENCE_MOST = 4096, NUMBER_MOST = 24, TIME_MOST = 64 };

struct writer {
    struct dsn_page *page;
    const struct dsn *d;
    const struct dsn_case *cases;
};

static struct slice number(char *storage, size_t value)
{
    struct buf out;
    buf_init_fixed(&out, storage, NUMBER_MOST);
    buf_add_u64(&out, value);
    return buf_slice(&out);
}

enum form { PARAGRAPH, HEADING };

static void say(struct writer *w, enum form form, enum word word, const struct word_value *values,
                size_t count)
{
    char storage[SENTENCE_MOST];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    words_write(&line, w->d->words->text[word], values, count);
    if (form == HEADING)
        dsn_page_heading(w->page, buf_slice(&line));
    else if (line.len)
        dsn_page_paragraph(w->page, buf_slice(&line));
}

#define SAY(w, word, ...)                                                                          \
    say(w, PARAGRAPH, word, (const struct word_value[]){__VA_ARGS__},                              \
        sizeof((const struct word_value[]){__VA_ARGS__}) / sizeof(struct word_value))

static void say_plainly(struct writer *w, enum word word)
{
    say(w, PARAGRAPH, word, NULL, 0);
}

static void head(struct writer *w, enum word word)
{
    say(w, HEADING, word, NULL, 0);
}

/* A header of the original, if it can be shown as it is. */
static bool write_original_field(struct buf *out, const struct dsn *d, const char *name)
{
    struct slice body;
    if (!header_find(d->content, slice_str(name), &body))
        return false;
    buf_addf(out, "%s: ", name);
    size_t value_at = out->len;
    for (struct slice word; slice_word(&body, &word) && out->len - value_at < FIELD_MOST;) {
        if (out->len > value_at)
            buf_add_char(out, ' ');
        buf_add(out, slice_head(word, FIELD_MOST));
    }
    /* encoded words say nothing to a person */
    return slice_find_slice(slice_from(buf_slice(out), value_at), SLICE("=?"), 0) == SLICE_NONE;
}

static void add_original_fields(struct writer *w)
{
    static const char *const fields[] = {"Subject", "Date", "To"};
    char storage[2 * FIELD_MOST + 64];
    bool has_any = false;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct buf line;
        buf_init_fixed(&line, storage, sizeof(storage));
        if (!write_original_field(&line, w->d, fields[i]))
            continue;
        if (!has_any) {
            dsn_page_gap(w->page);
            dsn_page_begin_lines(w->page);
        }
        dsn_page_line(w->page, buf_slice(&line));
        has_any = true;
    }
    if (has_any)
        dsn_page_end_lines(w->page);
}

static void add_opening(struct writer *w)
{
    static const enum word openings[][2] = {
        [DSN_FAILED] = {WORD_FAILED_ONE, WORD_FAILED_MANY},
        [DSN_DELAYED] = {WORD_DELAYED_ONE, WORD_DELAYED_MANY},
        [DSN_DELIVERED] = {WORD_DELIVERED_ONE, WORD_DELIVERED_MANY},
    };
    char digits[NUMBER_MOST];
    const struct dsn *d = w->d;
    SAY(w, openings[d->kind][d->count > 1], {"who", d->recipients[0].address},
        {"count", number(digits, d->count)});
    add_original_fields(w);
}

static void write_duration(struct buf *out, const struct dsn *d, int64_t ms)
{
    char digits[NUMBER_MOST];
    int64_t hours = ms / 3600000;
    enum word unit = hours >= 48 ? WORD_DAYS : hours >= 2 ? WORD_HOURS : WORD_MINUTES;
    int64_t count = hours >= 48 ? hours / 24 : hours >= 2 ? hours : ms / 60000;
    words_write(out, d->words->text[unit],
                &(struct word_value){"count", number(digits, (size_t)count)}, 1);
}

static void add_tries(struct writer *w, const struct dsn_recipient *r)
{
    char storage[TIME_MOST], digits[NUMBER_MOST];
    struct buf time;
    buf_init_fixed(&time, storage, sizeof(storage));
    if (r->is_expired) {
        write_duration(&time, w->d, w->d->now - w->d->envelope->received_at);
        SAY(w,
            r->attempts > 1 ? WORD_TRIED_OFTEN
            : r->attempts   ? WORD_TRIED_ONCE
                            : WORD_TRIED,
            {"time", buf_slice(&time)}, {"count", number(digits, r->attempts)});
    } else if (w->d->kind == DSN_DELAYED) {
        date_write_5322(&time, w->d->retry_until, w->d->zone);
        SAY(w, WORD_KEEPS_TRYING, {"time", buf_slice(&time)});
    }
}

static void add_steps(struct writer *w, const struct explanation *e)
{
    for (size_t i = 0; i < e->count; i++)
        dsn_page_step(w->page, e->steps[i]);
}

static bool has_same_words(const struct dsn_recipient *a, const struct dsn_recipient *b)
{
    const struct reply *x = &a->last.reply, *y = &b->last.reply;
    return a->is_tried == b->is_tried && x->code == y->code && slice_eq(x->text, y->text) &&
           a->last.stage == b->last.stage && slice_eq(a->last.remote, b->last.remote) &&
           x->enhanced.class == y->enhanced.class && x->enhanced.subject == y->enhanced.subject &&
           x->enhanced.detail == y->enhanced.detail;
}

static void add_speaker(struct writer *w, const struct dsn_recipient *r)
{
    struct slice host = r->last.remote;
    if (r->last.reply.code && host.len)
        SAY(w, WORD_SAID, {"host", host}, {"stage", words_stage(w->d->words, r->last.stage)});
    else if (host.len)
        SAY(w, WORD_TRIED_HOST, {"host", host});
    else
        say_plainly(w, WORD_NOTED);
}

/* Nobody translates these: with them one can ask the other side. */
static void add_words(struct writer *w, const struct dsn_recipient *r, bool names_recipient)
{
    const struct reply *said = &r->last.reply;
    if (names_recipient)
        SAY(w, WORD_ABOUT, {"who", r->address});
    add_speaker(w, r);
    dsn_page_begin_lines(w->page);
    struct slice rest = said->text, line = {"", 0};
    for (bool has_line = true; has_line; has_line = rest.len > 0) {
        char storage[SENTENCE_MOST];
        struct buf out;
        slice_line(&rest, &line);
        buf_init_fixed(&out, storage, sizeof(storage));
        if (said->code)
            buf_addf(&out, "%u ", said->code);
        if (said->enhanced.class) {
            enhanced_write(&out, said->enhanced);
            buf_add_char(&out, ' ');
        }
        dsn_page_line_behind(w->page, buf_slice(&out), line);
    }
    dsn_page_end_lines(w->page);
}

/* The words of each recipient of the group, the same ones once. */
static void add_all_words(struct writer *w, size_t group, const struct dsn_recipient *first)
{
    bool all_same = true;
    for (size_t i = 0; i < w->d->count; i++)
        all_same = all_same &&
                   (w->cases[i].group != group || has_same_words(w->cases[i].recipient, first));
    head(w, WORD_EXACT);
    for (size_t i = 0; i < w->d->count; i++) {
        const struct dsn_recipient *r = w->cases[i].recipient;
        if (w->cases[i].group != group || !r->is_tried)
            continue;
        add_words(w, r, !all_same);
        if (all_same)
            return;
    }
}

static void add_addresses(struct writer *w, size_t group)
{
    dsn_page_gap(w->page);
    dsn_page_begin_lines(w->page);
    for (size_t i = 0; i < w->d->count; i++)
        if (w->cases[i].group == group)
            dsn_page_line(w->page, w->cases[i].recipient->address);
    dsn_page_end_lines(w->page);
}

/* What became of it, who can mend it, and the other side's words. */
static void add_case(struct writer *w, const struct dsn_case *c)
{
    bool is_local = c->is_plain || slice_eq(w->d->words->language, SLICE("en"));
    head(w, WORD_HAPPENED);
    if (is_local)
        dsn_page_paragraph(w->page, c->explanation.summary);
    else
        SAY(w, WORD_SENTENCE, {"cause", words_cause(w->d->words, c->diagnosis.cause)});
    add_tries(w, c->recipient);
    if (w->d->kind == DSN_DELIVERED)
        return;
    if (is_local && c->explanation.count) {
        head(w, WORD_NEXT);
        add_steps(w, &c->explanation);
    }
    if (!c->recipient->is_tried)
        return;
    head(w, WORD_WHO);
    dsn_page_paragraph(w->page, words_fixer(w->d->words, c->diagnosis.fixer));
    add_all_words(w, c->group, c->recipient);
    if (!is_local) {
        head(w, WORD_ENGLISH);
        dsn_page_paragraph(w->page, c->explanation.summary);
        add_steps(w, &c->explanation);
    }
}

static void add_group(struct writer *w, size_t group, size_t groups)
{
    char storage[2][NUMBER_MOST], rule[SENTENCE_MOST];
    const struct dsn_case *first = w->cases;
    while (first->group != group)
        first++;
    if (groups > 1) {
        struct buf line;
        buf_init_fixed(&line, rule, sizeof(rule));
        buf_add_str(&line, "---- ");
        words_write(&line, w->d->words->text[WORD_PART],
                    (const struct word_value[]){{"number", number(storage[0], group + 1)},
                                                {"count", number(storage[1], groups)}},
                    2);
        buf_add_str(&line, " ----");
        dsn_page_heading(w->page, buf_slice(&line));
    }
    if (w->d->count > 1)
        add_addresses(w, group);
    add_case(w, first);
}

void dsn_write_text(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                    size_t groups, bool is_html)
{
    struct dsn_page page = {.out = out, .is_html = is_html};
    struct writer w = {&page, d, cases};
    dsn_page_begin(&page, d->words->language);
    add_opening(&w);
    for (size_t group = 0; group < groups; group++)
        add_group(&w, group, groups);
    if (d->kind == DSN_FAILED && d->envelope->requires_tls) {
        dsn_page_gap(&page);
        say_plainly(&w, WORD_HEADERS_ONLY);
    }
    buf_add_str(out, is_html ? "<hr>\n" : "\n-- \n");
    SAY(&w, WORD_WRITTEN_BY, {"host", d->hostname});
    say_plainly(&w, WORD_CLOSING);
    dsn_page_end(&page);
}

void dsn_write_subject(struct buf *out, const struct dsn *d, const struct dsn_case *cases)
{
    static const enum word what[] = {[DSN_FAILED] = WORD_SUBJECT_FAILED,
                                     [DSN_DELAYED] = WORD_SUBJECT_DELAYED,
                                     [DSN_DELIVERED] = WORD_SUBJECT_DELIVERED};
    char digits[NUMBER_MOST];
    bool is_one_cause = d->kind != DSN_DELIVERED;
    for (size_t i = 0; i < d->count; i++)
        is_one_cause = is_one_cause && cases[i].recipient->is_tried &&
                       cases[i].diagnosis.cause == cases[0].diagnosis.cause &&
                       cases[i].diagnosis.cause != CAUSE_UNKNOWN;
    buf_add(out, d->words->text[what[d->kind]]);
    if (is_one_cause) {
        buf_add_str(out, ": ");
        buf_add(out, words_cause(d->words, cases[0].diagnosis.cause));
    } else if (d->count > 1) {
        buf_add_char(out, ' ');
        words_write(out, d->words->text[WORD_SUBJECT_MANY],
                    &(struct word_value){"count", number(digits, d->count)}, 1);
    }
}
