#include "mail/dsn_write.h"

#include "base/utf8.h"
#include "mail/date.h"
#include "mail/dsn_inside.h"
#include "mail/header.h"

enum { ARENA_MOST = 64 << 20, TEXT_MOST = 32 << 20, MESSAGE_ID_MOST = 250 };

/* ---- what is known of each recipient ---- */

static bool is_same_explanation(const struct dsn_case *a, const struct dsn_case *b)
{
    const struct explanation *x = &a->explanation, *y = &b->explanation;
    if (a->recipient->is_tried != b->recipient->is_tried ||
        a->recipient->is_expired != b->recipient->is_expired ||
        a->diagnosis.cause != b->diagnosis.cause || x->count != y->count ||
        !slice_eq(x->summary, y->summary))
        return false;
    for (size_t i = 0; i < x->count; i++)
        if (!slice_eq(x->steps[i], y->steps[i]))
            return false;
    return true;
}

/* Where no reply can be explained. */
static void explain_plainly(const struct dsn *d, struct dsn_case *c)
{
    struct explanation *e = &c->explanation;
    const struct slice *text = d->words->text;
    c->is_plain = true;
    if (d->kind == DSN_DELIVERED) {
        e->summary = text[c->recipient->is_final ? WORD_IN_MAILBOX : WORD_HANDED_ON];
    } else if (d->kind == DSN_DELAYED) {
        e->summary = text[WORD_NOT_YET];
    } else if (c->recipient->is_expired) {
        e->summary = text[WORD_TOO_LATE];
        e->steps[e->count++] = text[WORD_STEP_AGAIN];
        e->steps[e->count++] = text[WORD_STEP_OTHER_WAY];
    } else {
        e->summary = text[WORD_STOPPED];
        e->steps[e->count++] = text[WORD_STEP_ASK];
    }
}

static bool fill_case(const struct dsn *d, struct dsn_case *c, struct arena *arena)
{
    if (d->kind == DSN_DELIVERED || !c->recipient->is_tried) {
        explain_plainly(d, c);
        return true;
    }
    diagnose_with(d->rules, &c->recipient->last, &c->diagnosis);
    return explain_with(d->rules, &c->diagnosis, &c->recipient->last, arena, &c->explanation);
}

/* NULL when memory ends. */
static struct dsn_case *make_cases(const struct dsn *d, struct arena *arena, size_t *groups_r)
{
    struct dsn_case *cases = arena_array(arena, d->count, sizeof(*cases));
    size_t *firsts = arena_array(arena, d->count, sizeof(*firsts)); /* a case of each group */
    if (!cases || !firsts)
        return NULL;
    *groups_r = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct dsn_case *c = &cases[i];
        c->recipient = &d->recipients[i];
        if (!fill_case(d, c, arena))
            return NULL;
        while (c->group < *groups_r && !is_same_explanation(c, &cases[firsts[c->group]]))
            c->group++;
        if (c->group == *groups_r)
            firsts[(*groups_r)++] = i;
    }
    return cases;
}

/* ---- the message ---- */

/* What the third part holds. */
enum returned { RETURNED_NOTHING, RETURNED_HEADERS, RETURNED_MESSAGE };

static enum returned what_returns(const struct dsn *d)
{
    if (header_section(d->content).len == 0)
        return RETURNED_NOTHING;
    /* RFC 3461 6.2: only a failure returns the message, and only if that was not declined. A
     * message part can't be encoded (RFC 2046 5.2.1), so its lines have to be fit as they are.
     * RFC 8689 5: what requires TLS is returned as if RET=HDRS had been said. */
    bool is_full = d->kind == DSN_FAILED && d->envelope->return_type != RETURN_HEADERS &&
                   d->envelope->body != BODY_BINARYMIME && /* which a notice is not */
                   !d->envelope->requires_tls && d->is_whole && d->content.len <= d->return_most &&
                   dsn_lines_are_fit(d->content);
    return is_full ? RETURNED_MESSAGE : RETURNED_HEADERS;
}

static void add_thread(struct buf *out, const struct dsn *d)
{
    struct slice id;
    if (!header_find(d->content, SLICE("Message-ID"), &id))
        return;
    id = slice_trim(id);
    if (id.len < 3 || id.len > MESSAGE_ID_MOST || id.at[0] != '<' || id.at[id.len - 1] != '>' ||
        !slice_is_ascii(id))
        return;
    dsn_add_field(out, "In-Reply-To", id);
    dsn_add_field(out, "References", id);
}

static void add_header(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                       bool is_8bit)
{
    char storage[1024];
    struct buf value;
    buf_init_fixed(&value, storage, sizeof(storage));
    date_write_5322(&value, d->now, d->zone);
    dsn_add_field(out, "Date", buf_slice(&value));
    buf_addf(out, "From: Mail Delivery System <MAILER-DAEMON@%.*s>\r\n", SLICE_ARG(d->hostname));
    buf_addf(out, "To: %.*s\r\n", SLICE_ARG(d->envelope->sender));
    buf_clear(&value);
    dsn_write_subject(&value, d, cases);
    dsn_add_text_field(out, "Subject", buf_slice(&value));
    buf_addf(out, "Message-ID: <%.*s@%.*s>\r\n", SLICE_ARG(d->unique), SLICE_ARG(d->hostname));
    add_thread(out, d);
    buf_addf(out,
             "Auto-Submitted: auto-replied\r\n"
             "MIME-Version: 1.0\r\n"
             "Content-Type: multipart/report; report-type=delivery-status;\r\n"
             " boundary=\"=_%.*s\"\r\n"
             "Content-Transfer-Encoding: %s\r\n"
             "\r\n"
             "This is a notice about the delivery of your message.\r\n",
             SLICE_ARG(d->unique), is_8bit ? "8bit" : "7bit");
}

static void begin_part(struct buf *out, const struct dsn *d, const char *description,
                       const char *type, const char *encoding)
{
    buf_addf(out,
             "\r\n--=_%.*s\r\n"
             "Content-Description: %s\r\n"
             "Content-Type: %s\r\n"
             "Content-Transfer-Encoding: %s\r\n"
             "\r\n",
             SLICE_ARG(d->unique), description, type, encoding);
}

/* ---- the part for a person ---- */

struct dsn_cases {
    const struct dsn_case *at;
    size_t groups;
    const struct mem *mem;
};

enum encoding { ENCODING_7BIT, ENCODING_8BIT, ENCODING_QUOTED, ENCODING_BASE64 };

/* Quoted-printable can be read without a program, but an eastern text grows threefold. */
static enum encoding encoding_for(struct slice text, bool is_8bit)
{
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++)
        plain += (unsigned char)text.at[i] < 0x80;
    if (dsn_lines_are_fit(text) && (plain == text.len || is_8bit))
        return plain == text.len ? ENCODING_7BIT : ENCODING_8BIT;
    return plain >= text.len - text.len / 3 ? ENCODING_QUOTED : ENCODING_BASE64;
}

static void add_text_as(struct buf *out, const struct dsn *d, const char *subtype,
                        struct slice text, bool is_8bit)
{
    static const char *const names[] = {"7bit", "8bit", "quoted-printable", "base64"};
    enum encoding encoding = encoding_for(text, is_8bit);
    buf_addf(out,
             "Content-Type: text/%s; charset=utf-8\r\n"
             "Content-Language: %.*s\r\n"
             "Content-Transfer-Encoding: %s\r\n"
             "\r\n",
             subtype, SLICE_ARG(d->words->language), names[encoding]);
    if (encoding == ENCODING_QUOTED)
        dsn_add_quoted(out, text);
    else if (encoding == ENCODING_BASE64)
        dsn_add_base64(out, text);
    else
        dsn_add_lines(out, text);
}

static void add_one_text(struct buf *out, const struct dsn *d, const struct dsn_cases *cases,
                         bool is_html, bool is_8bit)
{
    struct buf text;
    buf_init(&text, cases->mem, TEXT_MOST);
    dsn_write_text(&text, d, cases->at, cases->groups, is_html);
    add_text_as(out, d, is_html ? "html" : "plain", buf_slice(&text), is_8bit);
    if (text.failed)
        out->failed = true;
    buf_free(&text);
}

/* RFC 6522 3: any type will do for it, multipart/alternative too. */
static void add_text(struct buf *out, const struct dsn *d, const struct dsn_cases *cases,
                     bool is_8bit)
{
    buf_addf(out, "\r\n--=_%.*s\r\nContent-Description: What happened\r\n", SLICE_ARG(d->unique));
    if (!d->has_html) {
        add_one_text(out, d, cases, false, is_8bit);
        return;
    }
    buf_addf(out,
             "Content-Type: multipart/alternative; boundary=\"=t_%.*s\"\r\n"
             "Content-Transfer-Encoding: %s\r\n",
             SLICE_ARG(d->unique), is_8bit ? "8bit" : "7bit");
    for (int is_html = 0; is_html < 2; is_html++) {
        buf_addf(out, "\r\n--=t_%.*s\r\n", SLICE_ARG(d->unique));
        add_one_text(out, d, cases, is_html, is_8bit);
    }
    buf_addf(out, "\r\n--=t_%.*s--\r\n", SLICE_ARG(d->unique));
}

static void add_returned(struct buf *out, const struct dsn *d, enum returned what, bool is_8bit)
{
    /* international messages have types of their own (RFC 6532 3.7, RFC 6533) */
    static const char *const types[][2] = {
        [RETURNED_HEADERS] = {"text/rfc822-headers", "message/global-headers"},
        [RETURNED_MESSAGE] = {"message/rfc822", "message/global"},
    };
    if (what == RETURNED_NOTHING)
        return;
    begin_part(out, d, what == RETURNED_MESSAGE ? "Your message" : "The headers of your message",
               types[what][d->envelope->smtputf8], is_8bit ? "8bit" : "7bit");
    if (what == RETURNED_MESSAGE)
        dsn_add_lines(out, d->content);
    else
        dsn_add_headers(out, header_section(d->content));
}

bool dsn_write(struct buf *out, const struct dsn *d, const struct mem *mem, struct dsn_form *form_r)
{
    struct arena arena;
    size_t groups = 0;
    arena_init(&arena, mem, ARENA_MOST);
    struct dsn_case *cases = d->count ? make_cases(d, &arena, &groups) : NULL;
    if (cases) {
        enum returned what = what_returns(d);
        bool is_8bit = (what == RETURNED_MESSAGE && !slice_is_ascii(d->content)) ||
                       (what == RETURNED_HEADERS && !slice_is_ascii(header_section(d->content)));
        add_header(out, d, cases, is_8bit);
        add_text(out, d, &(struct dsn_cases){cases, groups, mem}, is_8bit);
        begin_part(out, d, "Details for programs", "message/delivery-status", "7bit");
        dsn_write_fields(out, d, cases);
        add_returned(out, d, what, is_8bit);
        buf_addf(out, "\r\n--=_%.*s--\r\n", SLICE_ARG(d->unique));
        form_r->body = is_8bit ? BODY_8BITMIME : BODY_7BIT;
        form_r->smtputf8 =
            !slice_is_ascii(d->envelope->sender) || (is_8bit && d->envelope->smtputf8);
    }
    arena_reset(&arena);
    return cases && !out->failed;
}
