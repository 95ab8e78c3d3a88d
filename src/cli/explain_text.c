/* The explanation for a person: what happened, first; then what to do; then how we know. */
#include <string.h>
#include <time.h>

#include "cli/explain_book.h"
#include "cli/explain_decide.h"
#include "reply/catalogue.h"
#include "reply/explanation_json.h"
#include "system/heap.h"

enum { TEXT_MAX = 1024 * 1024 };

static unsigned first_digit(const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    return r->code ? r->code / 100U : r->enhanced.class;
}

static const char *color_of(const struct explained *x)
{
    static const char *const colors[] = {BLUE, BLUE, GREEN, GREEN, YELLOW, RED};
    unsigned digit = first_digit(x);
    return digit < sizeof(colors) / sizeof(colors[0]) ? colors[digit] : BLUE;
}

static void write_enhanced(struct buf *out, struct enhanced e)
{
    if (e.class)
        enhanced_write(out, e);
}

static bool is_cause_known(const struct explained *x)
{
    return explanation_has_cause(&x->in, &x->diagnosis) && x->diagnosis.cause != CAUSE_UNKNOWN;
}

/* What the digits say: "permanent failure, mail system". */
static void write_digits(const struct page *p, const struct explained *x)
{
    const char *category = category_name(x->in.reply.code),
               *severity = severity_name(first_digit(x));
    if (!*severity && !*category)
        return;
    buf_add_str(p->out, "  ");
    page_paint(p, color_of(x), severity);
    buf_add_str(p->out, *severity && *category ? ", " : "");
    buf_add_str(p->out, category);
}

/* "● The mailbox is full", and "552 5.2.2  permanent failure, mail system" below it. Where no cause
 * is known, or it is told in another language, the codes are the headline. */
static void write_head(const struct page *p, const struct explained *x)
{
    char storage[32];
    struct buf codes;
    const struct reply *r = &x->in.reply;
    bool has_title = is_cause_known(x) && !p->style->words;
    buf_init_fixed(&codes, storage, sizeof(storage) - 1);
    if (r->code)
        buf_add_u64(&codes, r->code);
    if (r->code && r->enhanced.class)
        buf_add_char(&codes, ' ');
    write_enhanced(&codes, r->enhanced);
    storage[codes.len] = '\0';
    page_paint(p, color_of(x), "●");
    buf_add_char(p->out, ' ');
    if (has_title) {
        page_paint(p, BOLD, cause_title(x->diagnosis.cause));
        buf_add_str(p->out, "\n  ");
    }
    page_paint(p, BOLD, codes.len ? storage : "No reply code");
    write_digits(p, x);
    page_line(p);
}

static const char *direction_in_words(const struct log_event *e)
{
    if (!e || e->format == LOG_TRANSCRIPT)
        return "";
    return e->direction == LOG_INCOMING ? "incoming: this server refused it, or lost the client"
                                        : "outgoing: this server could not send it";
}

/* "Mon 23 Nov 2026 20:15:00", where this machine is; nothing when it is not known. */
static void write_time(struct buf *out, const struct explained *x)
{
    char text[40];
    time_t seconds = (time_t)(x->time / 1000);
    struct tm wall;
    if (x->event && x->time != EXPLAINED_NO_TIME && localtime_r(&seconds, &wall) &&
        strftime(text, sizeof(text), "%a %d %b %Y %H:%M:%S", &wall) > 0)
        buf_add_str(out, text);
}

/* "mail.log:12", as editors and terminals take it. */
static void write_place(struct buf *out, const struct explained *x)
{
    if (x->line)
        buf_addf(out, "%.*s:%zu", SLICE_ARG(x->source), x->line);
}

/* Of what kind a report is, where that is not what its code says already. */
static const char *kind_in_words(const struct explained *x)
{
    const char *kind = explained_kind(x);
    const char *by_code = explanation_kind(&x->in, &x->diagnosis);
    return first_digit(x) && strcmp(kind, by_code) == 0 ? "" : kind;
}

/* Which message this is about, as far as the mail or the log says. */
static void write_message(const struct page *p, const struct explained *x)
{
    enum { PLACE_BYTES = 4200 };
    char storage[40], place_storage[PLACE_BYTES];
    struct buf time, place;
    buf_init_fixed(&time, storage, sizeof(storage));
    buf_init_fixed(&place, place_storage, sizeof(place_storage));
    write_time(&time, x);
    write_place(&place, x);
    const struct {
        const char *name;
        struct slice value;
    } rows[] = {
        {"Recipient", explained_recipient(x)},
        {"Subject", explained_subject(x)},
        {"From", explained_sender(x)},
        {"Message-ID", explained_message_id(x)},
        {"Client", x->event ? x->event->client : SLICE("")},
        {"Queue ID", explained_queue_id(x)},
        {"Time", buf_slice(&time)},
        {"Direction", slice_str(direction_in_words(x->event))},
        {"Report", slice_str(kind_in_words(x))},
        {"Written by", explained_reporter(x)},
        {"Stands at", buf_slice(&place)},
    };
    page_line(p);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].value.len)
            page_row(p, rows[i].name, rows[i].value);
}

/* The headline, whose turn it is and whether to try again; the rest is English, and says so. */
static void write_in_language(const struct page *p, const struct diagnosis *d)
{
    const struct words *w = p->style->words;
    const struct slice said[] = {words_cause(w, d->cause), words_fixer(w, d->fixer),
                                 w->text[diagnosis_may_retry(d) ? WORD_RETRY_YES : WORD_RETRY_NO],
                                 w->text[WORD_ENGLISH]};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        page_spaces(p, PAGE_MARGIN);
        page_wrap(p, said[i], PAGE_MARGIN);
        page_line(p);
    }
}

static void write_what_happened(const struct page *p, const struct explained *x)
{
    page_line(p);
    if (is_cause_known(x) && p->style->words)
        write_in_language(p, &x->diagnosis);
    page_spaces(p, PAGE_MARGIN);
    page_wrap(p, x->explanation.summary, PAGE_MARGIN);
    page_line(p);
}

static void write_steps(const struct page *p, const struct explanation *e)
{
    page_line(p);
    page_spaces(p, PAGE_MARGIN);
    page_paint(p, BOLD, "What to do now");
    page_line(p);
    for (size_t i = 0; i < e->count; i++) {
        char number[] = {(char)('1' + i), '.', '\0'};
        page_spaces(p, PAGE_MARGIN);
        page_paint(p, color_of(&(struct explained){.in.reply.code = 0}), number);
        buf_add_char(p->out, ' ');
        page_wrap(p, e->steps[i], PAGE_MARGIN + 3);
        page_line(p);
    }
    page_line(p);
}

/* A code's meaning from the catalogue, or what its digits say. */
static void write_code(const struct page *p, const char *name, struct slice code,
                       const struct catalogue_entry *entry, const char *first, const char *second)
{
    char storage[256];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_add(&text, code);
    if (entry) {
        buf_addf(&text, ": %.*s", SLICE_ARG(entry->meaning));
    } else {
        buf_add_str(&text, ": defined by no standard; its digits say: ");
        buf_add_str(&text, *first ? first : "nothing");
        buf_addf(&text, "%s%s", *second ? ", " : "", second);
    }
    page_row(p, name, buf_slice(&text));
}

static void write_codes(const struct page *p, const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    char storage[16];
    struct buf code;
    buf_init_fixed(&code, storage, sizeof(storage));
    if (r->code) {
        buf_add_u64(&code, r->code);
        const struct catalogue_entry *entry = catalogue_basic(r->code);
        write_code(p, "Code", buf_slice(&code), entry && entry->rfc ? entry : NULL,
                   severity_name(r->code / 100U), category_name(r->code));
        buf_clear(&code);
    }
    if (!r->enhanced.class)
        return;
    enhanced_write(&code, r->enhanced);
    write_code(p, r->code ? "" : "Code", buf_slice(&code), catalogue_enhanced(r->enhanced),
               severity_name(r->enhanced.class), subject_name(r->enhanced.subject));
}

/* Seen from the sender's side, and from that of the server that refused. */
static const char *who(const struct explained *x)
{
    static const char *const names[][2] = {
        [FIXER_SENDER] = {"you, the sender", "whoever wrote the message"},
        [FIXER_RECIPIENT] = {"the recipient", "the recipient, a user of this server"},
        [FIXER_SENDER_ADMIN] =
            {"the admin of the sending server (your provider, if that is not you)",
             "the admin of the server that sent it"},
        [FIXER_RECIPIENT_ADMIN] = {"the admin of the receiving server", "you, who run this server"},
        [FIXER_NOBODY] = {"nobody: it passes by itself", "nobody: it passes by itself"},
    };
    return names[x->diagnosis.fixer][x->in.is_refusal];
}

static const char *whether_to_retry(const struct explained *x)
{
    static const char *const answers[][2] = {
        {"no: it will be refused again until the reason is gone",
         "no: this server refuses it until the reason is gone"},
        {"yes: it may work later; mail servers do so by themselves",
         "yes: the sender's server was asked to, and does so by itself"},
    };
    return answers[diagnosis_may_retry(&x->diagnosis)][x->in.is_refusal];
}

static void add_detail(struct buf *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    buf_addf(out, "%s%s ", out->len ? ", " : "", name);
    buf_add(out, value);
}

static void write_details(const struct page *p, const struct diagnosis_details *d)
{
    struct buf text;
    buf_init(&text, &heap, TEXT_MAX);
    add_detail(&text, "blocklist", d->blocklist);
    add_detail(&text, "address", d->ip);
    add_detail(&text, "domain", d->domain);
    add_detail(&text, "host", d->host);
    add_detail(&text, "page", d->url);
    if (text.len)
        page_row(p, "Named", buf_slice(&text));
    buf_free(&text);
}

static const char *in_words(float confidence)
{
    if (confidence >= 0.85F)
        return "very sure";
    if (confidence >= 0.7F)
        return "quite sure";
    return confidence >= 0.5F ? "probable" : "a guess";
}

/* What decided: a rule of share/rules/, a row of the catalogue, or what is left. */
static const char *kind_of_evidence(const struct diagnosis *d)
{
    if (slice_eq(d->rule, SLICE("stage")))
        return "by the moment at which it came, ";
    if (slice_eq(d->rule, SLICE("nothing known")))
        return "";
    return d->rule.len && (d->rule.at[0] == 'X' || ascii_is_digit(d->rule.at[0]))
               ? "by the code, "
               : "by the words, rule ";
}

static void write_certainty(const struct page *p, const struct diagnosis *d)
{
    char storage[160];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_addf(&text, "%.0f %%, %s: %s%.*s", (double)d->confidence * 100, in_words(d->confidence),
             kind_of_evidence(d), SLICE_ARG(d->rule));
    page_row(p, "Certainty", buf_slice(&text));
}

/* Whether the meaning of a code that stands alone is the explanation. */
static bool is_said_above(const struct explained *x)
{
    const struct catalogue_entry *e = explained_is_code(x) ? explained_code(x) : NULL;
    return e && slice_eq(e->meaning, x->explanation.summary);
}

static void write_facts(const struct page *p, const struct explained *x)
{
    const struct diagnosis *d = &x->diagnosis;
    bool has_cause = explanation_has_cause(&x->in, d), is_known = d->cause != CAUSE_UNKNOWN;
    /* a code that many causes have in common makes no guess at one */
    bool is_told = has_cause && (is_known || !explained_is_code(x));
    if (x->in.reply.text.len)
        page_row(p, "They said", x->in.reply.text);
    if ((x->recipient || x->event) && x->in.remote.len)
        page_row(p, "Said by", x->in.remote);
    if (is_told)
        page_row(p, "Cause", slice_str(cause_name(d->cause)));
    if (has_cause && is_known)
        page_row(p, "Who can fix", slice_str(who(x)));
    if (has_cause)
        page_row(p, "Try again", slice_str(whether_to_retry(x)));
    if (d->provider.len)
        page_row(p, "Provider", d->provider);
    write_details(p, &d->details);
    if (!is_said_above(x))
        write_codes(p, x);
    if (is_told)
        write_certainty(p, d);
}

/* "It suspends the site: …", and why. */
static void write_decision(const struct page *p, const struct decision *d)
{
    char storage[512];
    struct buf because;
    page_line(p);
    page_spaces(p, PAGE_MARGIN);
    page_paint(p, BOLD, "What candor's queue does");
    page_line(p);
    buf_init_fixed(&because, storage, sizeof(storage));
    buf_addf(&because, "it %s", verdict_words(d->verdict));
    page_row(p, verdict_name(d->verdict), buf_slice(&because));
    buf_clear(&because);
    explain_decide_because(&because, d);
    page_row(p, "because", buf_slice(&because));
    if (d->alert)
        page_row(p, "operator",
                 SLICE("is told, by a warning in the log: something has to be mended"));
}

void explain_write_text(struct buf *out, const struct explained *x, const struct decision *decision,
                        const struct explain_style *style)
{
    struct page p = {out, style};
    if (!x->bounce || x->recipient)
        write_head(&p, x);
    if (x->recipient || x->event)
        write_message(&p, x);
    write_what_happened(&p, x);
    write_steps(&p, &x->explanation);
    write_facts(&p, x);
    if (decision)
        write_decision(&p, decision);
    if (explained_is_code(x))
        explain_book_write(&p, x);
}
