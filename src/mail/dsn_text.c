#include "base/utf8.h"
#include "mail/date.h"
#include "mail/dsn_inside.h"
#include "mail/header.h"

/* The part for a person. Short lines, plain words, in this order: what happened to whom, what to do
 * now, who can fix it, and the other side's own words, whole. */

enum { WIDTH = 72, WORDS_INDENT = 4, FIELD_MOST = 200 };

static const char *const fixers[] = {
    [FIXER_SENDER] = "You can, with the steps above.",
    [FIXER_RECIPIENT] =
        "The person you wrote to. From your side it can't be fixed, but you can let "
        "them know in another way.",
    [FIXER_SENDER_ADMIN] =
        "The people who run your mail service. Pass this notice on to them; they "
        "will understand it.",
    [FIXER_RECIPIENT_ADMIN] = "The people who run the mail service of the person you wrote to.",
    [FIXER_NOBODY] =
        "Nobody has to: such trouble mostly passes by itself, and then mail goes through "
        "again.",
};

static const char *const stages[] = {
    [STAGE_NONE] = "",
    [STAGE_CONNECT] = ", when it was called",
    [STAGE_EHLO] = ", when our server introduced itself",
    [STAGE_STARTTLS] = ", when a secure connection was set up",
    [STAGE_AUTH] = ", when our server logged in",
    [STAGE_MAIL] = ", when it was told the sender",
    [STAGE_RCPT] = ", when it was told the recipient",
    [STAGE_DATA] = ", when the message was about to be sent",
    [STAGE_END_OF_DATA] = ", when it had received the message",
    [STAGE_QUEUE] = "",
};

/* Characters, not bytes. */
static size_t width_of(struct slice word)
{
    size_t width = 0;
    for (size_t i = 0; i < word.len; i++)
        width += ((unsigned char)word.at[i] & 0xc0) != 0x80;
    return width;
}

static void indent(struct buf *out, size_t by)
{
    while (by--)
        buf_add_char(out, ' ');
}

/* A paragraph, its first line after what stands on it already, `column` characters. */
static void wrap(struct buf *out, struct slice text, size_t column, size_t by)
{
    bool is_first = true;
    for (struct slice word; slice_word(&text, &word); is_first = false) {
        size_t width = width_of(word);
        if (!is_first && column + 1 + width > WIDTH) {
            buf_add_char(out, '\n');
            indent(out, by);
            column = by;
        } else if (!is_first) {
            buf_add_char(out, ' ');
            column++;
        }
        utf8_add_harmless(out, word);
        column += width;
    }
    buf_add_char(out, '\n');
}

static void paragraph(struct buf *out, const char *text)
{
    wrap(out, slice_str(text), 0, 0);
}

static void heading(struct buf *out, const char *text)
{
    buf_addf(out, "\n%s\n", text);
}

/* A header of the original, if it can be shown as it is. */
static void add_original_field(struct buf *out, const struct dsn *d, const char *name)
{
    struct slice body;
    size_t before = out->len;
    if (!header_find(d->content, slice_str(name), &body))
        return;
    buf_addf(out, "    %s: ", name);
    size_t value_at = out->len;
    for (struct slice word; slice_word(&body, &word) && out->len - value_at < FIELD_MOST;) {
        if (out->len > value_at)
            buf_add_char(out, ' ');
        utf8_add_harmless(out, slice_head(word, FIELD_MOST));
    }
    buf_add_char(out, '\n');
    if (!out->failed && slice_find_slice(slice_of(out->at + value_at, out->len - value_at),
                                         SLICE("=?"), 0) != SLICE_NONE)
        out->len = before; /* encoded words say nothing to a person */
}

static void add_count(struct buf *out, size_t count, const char *one, const char *many)
{
    if (count == 1)
        buf_add_str(out, one);
    else
        buf_addf(out, "%zu %s", count, many);
}

static void add_duration(struct buf *out, int64_t ms)
{
    int64_t hours = ms / 3600000;
    if (hours >= 48)
        buf_addf(out, "%d days", (int)(hours / 24));
    else if (hours >= 2)
        buf_addf(out, "%d hours", (int)hours);
    else
        buf_addf(out, "%d minutes", (int)(ms / 60000));
}

static void add_opening(struct buf *out, const struct dsn *d)
{
    static const char *const openings[][2] = {
        [DSN_FAILED] = {"Your message could not be delivered to", "It will not be tried again."},
        [DSN_DELAYED] = {"Your message has not yet been delivered to",
                         "You need not send it again: our server keeps trying."},
        [DSN_DELIVERED] = {"Your message was handed over to", ""},
    };
    char storage[512];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_addf(&line, "%s ", openings[d->kind][0]);
    if (d->count == 1 && d->recipients[0].address.len <= 320)
        buf_add(&line, d->recipients[0].address);
    else
        add_count(&line, d->count, "one person", "people");
    buf_addf(&line, ". %s", openings[d->kind][1]);
    wrap(out, buf_slice(&line), 0, 0);
    static const char *const fields[] = {"Subject", "Date", "To"};
    size_t before = out->len;
    buf_add_char(out, '\n');
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        add_original_field(out, d, fields[i]);
    if (!out->failed && out->len == before + 1)
        out->len = before; /* no field, no gap */
}

static void add_tries(struct buf *out, const struct dsn *d, const struct dsn_recipient *r)
{
    char storage[512];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    if (r->is_expired) {
        buf_add_str(&line, "It was tried for ");
        add_duration(&line, d->now - d->envelope->received_at);
        if (r->attempts) {
            buf_add_str(&line, " (");
            add_count(&line, r->attempts, "once", "times");
            buf_add_str(&line, ")");
        }
        buf_add_str(&line, ", which is as long as our server keeps a message.");
    } else if (d->kind == DSN_DELAYED) {
        buf_add_str(&line, "Our server will keep trying until ");
        date_write_5322(&line, d->retry_until, d->zone);
        buf_add_str(&line, ". If it does not succeed by then, you will be told.");
    }
    if (line.len)
        wrap(out, buf_slice(&line), 0, 0);
}

static void add_steps(struct buf *out, const struct explanation *e)
{
    if (e->count == 0)
        return;
    heading(out, "WHAT YOU CAN DO NOW");
    for (size_t i = 0; i < e->count; i++) {
        buf_addf(out, "%zu. ", i + 1);
        wrap(out, e->steps[i], 3, 3);
    }
}

static bool has_same_words(const struct dsn_recipient *a, const struct dsn_recipient *b)
{
    const struct reply *x = &a->last.reply, *y = &b->last.reply;
    return a->is_tried == b->is_tried && x->code == y->code && slice_eq(x->text, y->text) &&
           a->last.stage == b->last.stage && slice_eq(a->last.remote, b->last.remote) &&
           x->enhanced.class == y->enhanced.class && x->enhanced.subject == y->enhanced.subject &&
           x->enhanced.detail == y->enhanced.detail;
}

static void add_speaker(struct buf *out, const struct dsn_recipient *r, bool is_inside)
{
    struct slice host = r->last.remote;
    bool is_answer = r->last.reply.code && host.len;
    if (is_answer)
        utf8_add_harmless(out, host);
    else
        buf_add_str(out, is_inside ? "our server" : "Our server");
    if (is_answer) {
        buf_addf(out, " said%s", stages[r->last.stage]);
    } else if (host.len) {
        buf_add_str(out, " tried ");
        utf8_add_harmless(out, host);
        buf_add_str(out, " and noted");
    } else {
        buf_add_str(out, " noted");
    }
    buf_add_str(out, ":\n");
}

static void add_words(struct buf *out, const struct dsn_recipient *r, bool names_recipient)
{
    const struct reply *said = &r->last.reply;
    if (names_recipient) {
        buf_add_str(out, "About ");
        utf8_add_harmless(out, r->address);
        buf_add_str(out, ", ");
    }
    add_speaker(out, r, names_recipient);
    struct slice rest = said->text, line = {"", 0};
    for (bool has_line = true; has_line; has_line = rest.len > 0) {
        slice_line(&rest, &line);
        indent(out, WORDS_INDENT);
        if (said->code)
            buf_addf(out, "%u ", said->code);
        if (said->enhanced.class) {
            enhanced_write(out, said->enhanced);
            buf_add_char(out, ' ');
        }
        utf8_add_harmless(out, line);
        buf_add_char(out, '\n');
    }
}

/* The words of each recipient of the group, the same ones once. */
static void add_all_words(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                          size_t group, const struct dsn_recipient *first)
{
    bool all_same = true;
    for (size_t i = 0; i < d->count; i++)
        all_same =
            all_same && (cases[i].group != group || has_same_words(cases[i].recipient, first));
    heading(out, "THE EXACT WORDS");
    for (size_t i = 0; i < d->count; i++) {
        const struct dsn_recipient *r = cases[i].recipient;
        if (cases[i].group != group || !r->is_tried)
            continue;
        add_words(out, r, !all_same);
        if (all_same)
            return;
    }
}

static void add_addresses(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                          size_t group)
{
    buf_add_char(out, '\n');
    for (size_t i = 0; i < d->count; i++) {
        if (cases[i].group != group)
            continue;
        indent(out, WORDS_INDENT);
        utf8_add_harmless(out, cases[i].recipient->address);
        buf_add_char(out, '\n');
    }
}

static void add_group(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                      size_t group, size_t groups)
{
    const struct dsn_case *first = cases;
    while (first->group != group)
        first++;
    if (groups > 1)
        buf_addf(out, "\n---- %zu of %zu ----\n", group + 1, groups);
    if (d->count > 1)
        add_addresses(out, d, cases, group);
    heading(out, "WHAT HAPPENED");
    wrap(out, first->explanation.summary, 0, 0);
    add_tries(out, d, first->recipient);
    if (d->kind == DSN_DELIVERED)
        return;
    add_steps(out, &first->explanation);
    if (first->recipient->is_tried) {
        heading(out, "WHO CAN FIX IT");
        paragraph(out, fixers[first->diagnosis.fixer]);
        add_all_words(out, d, cases, group, first->recipient);
    }
}

void dsn_write_text(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                    size_t groups)
{
    add_opening(out, d);
    for (size_t group = 0; group < groups; group++)
        add_group(out, d, cases, group, groups);
    buf_add_str(out, "\n-- \nThis notice was written by the mail server ");
    utf8_add_harmless(out, d->hostname);
    buf_add_str(out, ".\nNobody reads answers to it. Details for experts are attached.\n");
}

void dsn_write_subject(struct buf *out, const struct dsn *d, const struct dsn_case *cases)
{
    static const char *const what[] = {[DSN_FAILED] = "Not delivered",
                                       [DSN_DELAYED] = "Delayed, still being tried",
                                       [DSN_DELIVERED] = "Delivered"};
    bool is_one_cause = d->kind != DSN_DELIVERED;
    for (size_t i = 0; i < d->count; i++)
        is_one_cause = is_one_cause && cases[i].recipient->is_tried &&
                       cases[i].diagnosis.cause == cases[0].diagnosis.cause &&
                       cases[i].diagnosis.cause != CAUSE_UNKNOWN;
    buf_add_str(out, what[d->kind]);
    if (is_one_cause)
        buf_addf(out, ": %s", cause_title(cases[0].diagnosis.cause));
    else if (d->count > 1)
        buf_addf(out, " (%zu recipients)", d->count);
}
