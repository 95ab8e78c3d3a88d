#include "mail/envelope_text.h"

#include "base/ip.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/xtext.h"

enum { VALUE_MAX = 1024, RECIPIENTS_MOST = 1 << 20 };

static const struct {
    const char *word;
    uint8_t bit;
} notify_words[] = {{"NEVER", NOTIFY_NEVER},
                    {"SUCCESS", NOTIFY_SUCCESS},
                    {"FAILURE", NOTIFY_FAILURE},
                    {"DELAY", NOTIFY_DELAY}};
enum { NOTIFY_WORDS = sizeof(notify_words) / sizeof(*notify_words) };

void envelope_text_return(struct buf *out, const struct envelope *e)
{
    if (e->return_type != RETURN_DEFAULT)
        buf_add_str(out, e->return_type == RETURN_FULL ? " RET=FULL" : " RET=HDRS");
    if (e->envid.len) {
        buf_add_str(out, " ENVID=");
        buf_add(out, e->envid);
    }
}

void envelope_text_notify(struct buf *out, const struct recipient *r)
{
    const char *before = " NOTIFY=";
    for (size_t i = 0; i < NOTIFY_WORDS; i++) {
        if (!(r->notify & notify_words[i].bit))
            continue;
        buf_add_str(out, before);
        buf_add_str(out, notify_words[i].word);
        before = ",";
    }
    if (r->original.len) {
        buf_add_str(out, " ORCPT=");
        buf_add(out, r->original);
    }
}

static const char *const body_words[] = {
    [BODY_7BIT] = "7BIT", [BODY_8BITMIME] = "8BITMIME", [BODY_BINARYMIME] = "BINARYMIME"};

bool envelope_text_body(struct slice value, enum body_type *body_r)
{
    for (size_t i = 0; i < sizeof(body_words) / sizeof(*body_words); i++)
        if (slice_ieq(value, slice_str(body_words[i]))) {
            *body_r = (enum body_type)i;
            return true;
        }
    return false;
}

void envelope_text_by(struct buf *out, const struct envelope *e)
{
    buf_add_str(out, e->by_mode == BY_RETURN ? ";R" : ";N");
    buf_add_str(out, e->by_trace ? "T" : "");
}

bool envelope_text_by_mode(struct slice value, struct envelope *e_r)
{
    static const struct {
        struct slice word;
        enum by_mode mode;
        bool has_trace;
    } modes[] = {{SLICE_INIT(";R"), BY_RETURN, false},
                 {SLICE_INIT(";RT"), BY_RETURN, true},
                 {SLICE_INIT(";N"), BY_NOTIFY, false},
                 {SLICE_INIT(";NT"), BY_NOTIFY, true}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
        if (slice_ieq(value, modes[i].word)) {
            e_r->by_mode = modes[i].mode;
            e_r->by_trace = modes[i].has_trace;
            return true;
        }
    return false;
}

/* RFC 6710 4.1: one digit, with a sign or without. */
bool envelope_text_priority(struct slice value, int *priority_r)
{
    bool is_low = value.len && value.at[0] == '-';
    struct slice digit = slice_from(value, is_low);
    if (digit.len != 1 || !ascii_is_digit(digit.at[0]) || (is_low && digit.at[0] == '0'))
        return false;
    *priority_r = (digit.at[0] - '0') * (is_low ? -1 : 1);
    return true;
}

/* Printable ASCII without a space, as every parameter's value is (RFC 5321 4.1.2 esmtp-value). */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return s.len <= VALUE_MAX;
}

/* `<address>` and nothing else is what a reader will find here. */
static bool add_path(struct buf *out, const char *before, struct slice text, bool null_ok)
{
    size_t at = out->len, used;
    struct address address;
    struct err err;
    buf_add_str(out, before);
    size_t path_at = out->len;
    buf_add_char(out, '<');
    buf_add(out, text);
    buf_add_char(out, '>');
    if (out->failed)
        return false;
    struct slice path = slice_from(buf_slice(out), path_at);
    if (slice_find(path, '\n', 0) == SLICE_NONE && slice_find(path, '\r', 0) == SLICE_NONE &&
        address_parse_path(path, null_ok, &used, &address, &err) && used == path.len)
        return true;
    out->len = at;
    return false;
}

static void add_origin(struct buf *out, const struct envelope *e)
{
    const struct {
        const char *key;
        struct slice value;
    } parts[] = {{" ADDR=", e->client}, {" HELO=", e->helo}, {" PROTO=", e->protocol}};
    bool is_begun = false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (!parts[i].value.len || !is_value(parts[i].value))
            continue;
        buf_add_str(out, is_begun ? "" : "XFORWARD");
        buf_add_str(out, parts[i].key);
        buf_add(out, parts[i].value);
        is_begun = true;
    }
    buf_add_str(out, is_begun ? "\n" : "");
}

static bool write_all(struct buf *out, const struct envelope *e)
{
    add_origin(out, e);
    if (!is_value(e->envid) || !add_path(out, "MAIL FROM:", e->sender, true))
        return false;
    if (e->body != BODY_7BIT)
        buf_addf(out, " BODY=%s", body_words[e->body]);
    if (e->smtputf8)
        buf_add_str(out, " SMTPUTF8");
    if (e->requires_tls)
        buf_add_str(out, " REQUIRETLS");
    if (e->tls_is_optional)
        buf_add_str(out, " XTLSOPTIONAL");
    if (e->hold_until) {
        buf_add_str(out, " HOLDUNTIL=");
        date_write_3339(out, e->hold_until, 0);
    }
    if (e->priority)
        buf_addf(out, " MT-PRIORITY=%d", e->priority);
    if (e->by_mode) {
        buf_add_str(out, " XDELIVERBY=");
        date_write_3339(out, e->deliver_by, 0);
        envelope_text_by(out, e);
    }
    if (e->wants_verp)
        buf_addf(out, " XVERP%s%.*s", e->verp[0] ? "=" : "", SLICE_ARG(envelope_verp(e)));
    envelope_text_return(out, e);
    if (e->campaign.len) {
        buf_add_str(out, " XCAMPAIGN=");
        xtext_write(out, e->campaign);
    }
    buf_add_char(out, '\n');
    for (size_t i = 0; i < e->count; i++) {
        const struct recipient *r = &e->recipients[i];
        if (!is_value(r->original) || !add_path(out, "RCPT TO:", r->address, false))
            return false;
        envelope_text_notify(out, r);
        buf_add_char(out, '\n');
    }
    return !out->failed;
}

bool envelope_text_write(struct buf *out, const struct envelope *e)
{
    size_t at = out->len;
    if (write_all(out, e))
        return true;
    out->len = at;
    return false;
}

/* Reading. A parameter's `take` says what is wrong, or NULL. */

struct reading {
    struct envelope *e;
    struct recipient *r;
    bool has_mail;
    struct arena *arena;
};

static const char *take_body(struct reading *to, struct slice value)
{
    return envelope_text_body(value, &to->e->body) ? NULL : "BODY is 7BIT, 8BITMIME or BINARYMIME";
}

static const char *take_utf8(struct reading *to, struct slice value)
{
    to->e->smtputf8 = true;
    return value.len ? "SMTPUTF8 has no value" : NULL;
}

static const char *take_tls(struct reading *to, struct slice value)
{
    to->e->requires_tls = true;
    return value.len ? "REQUIRETLS has no value" : NULL;
}

static const char *take_optional(struct reading *to, struct slice value)
{
    to->e->tls_is_optional = true;
    return value.len ? "XTLSOPTIONAL has no value" : NULL;
}

static const char *take_hold(struct reading *to, struct slice value)
{
    bool is_time = date_parse_3339(value, &to->e->hold_until) && to->e->hold_until > 0;
    return is_time ? NULL : "HOLDUNTIL is a time such as 2026-11-23T20:15:00Z";
}

static const char *take_by(struct reading *to, struct slice value)
{
    size_t end = slice_find(value, ';', 0);
    bool is_right = end != SLICE_NONE &&
                    date_parse_3339(slice_head(value, end), &to->e->deliver_by) &&
                    to->e->deliver_by > 0 && envelope_text_by_mode(slice_from(value, end), to->e);
    return is_right ? NULL : "XDELIVERBY is a time and a mode, such as 2026-11-23T20:15:00Z;R";
}

static const char *take_priority(struct reading *to, struct slice value)
{
    return envelope_text_priority(value, &to->e->priority) ? NULL
                                                           : "MT-PRIORITY is a number from -9 to 9";
}

static const char *take_verp(struct reading *to, struct slice value)
{
    return envelope_set_verp(to->e, value) ? NULL : "XVERP is two of - + and =, or has no value";
}

/* The words say what was sent once; how long it is now, the content itself tells. */
static const char *take_size(struct reading *to, struct slice value)
{
    uint64_t size;
    (void)to;
    return slice_u64(value, &size) ? NULL : "SIZE is a number of bytes";
}

static const char *take_return(struct reading *to, struct slice value)
{
    bool is_full = slice_ieq(value, SLICE("FULL"));
    to->e->return_type = is_full ? RETURN_FULL : RETURN_HEADERS;
    return is_full || slice_ieq(value, SLICE("HDRS")) ? NULL : "RET is FULL or HDRS";
}

static const char *take_envid(struct reading *to, struct slice value)
{
    to->e->envid = value;
    return value.len ? NULL : "ENVID has no value";
}

static const char *take_campaign(struct reading *to, struct slice value)
{
    struct buf text;
    char *storage = arena_take(to->arena, value.len + 1);
    if (!storage)
        return "there is no memory left for XCAMPAIGN";
    buf_init_fixed(&text, storage, value.len + 1);
    xtext_read(&text, value);
    to->e->campaign = buf_slice(&text);
    return value.len ? NULL : "XCAMPAIGN has no value";
}

static const char *take_notify(struct reading *to, struct slice value)
{
    struct slice word;
    uint8_t bits = 0;
    while (slice_split(&value, ',', &word)) {
        size_t i = 0;
        while (i < NOTIFY_WORDS && !slice_ieq(word, slice_str(notify_words[i].word)))
            i++;
        if (i == NOTIFY_WORDS)
            return "NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY with commas between";
        bits |= notify_words[i].bit;
    }
    to->r->notify = bits;
    bool is_sense = bits == NOTIFY_NEVER || (bits && !(bits & NOTIFY_NEVER));
    return is_sense ? NULL : "NOTIFY is NEVER alone, or some of SUCCESS, FAILURE and DELAY";
}

static const char *take_original(struct reading *to, struct slice value)
{
    to->r->original = value;
    return slice_find(value, ';', 0) != SLICE_NONE ? NULL : "ORCPT is TYPE;ADDRESS";
}

static const char *take_client(struct reading *to, struct slice value)
{
    struct ip ip;
    to->e->client = value;
    return ip_parse(value, &ip) ? NULL : "ADDR is an IP address";
}

static const char *take_helo(struct reading *to, struct slice value)
{
    to->e->helo = value;
    return value.len ? NULL : "HELO has no value";
}

static const char *take_protocol(struct reading *to, struct slice value)
{
    to->e->protocol = value;
    for (size_t i = 0; i < value.len; i++)
        if (!ascii_is_alnum(value.at[i]))
            return "PROTO is a word such as ESMTP";
    return value.len ? NULL : "PROTO has no value";
}

struct parameter {
    const char *keyword;
    const char *(*take)(struct reading *to, struct slice value);
};

static const struct parameter mail_parameters[] = {{"BODY", take_body},
                                                   {"SMTPUTF8", take_utf8},
                                                   {"REQUIRETLS", take_tls},
                                                   {"SIZE", take_size},
                                                   {"RET", take_return},
                                                   {"ENVID", take_envid},
                                                   {"HOLDUNTIL", take_hold},
                                                   {"MT-PRIORITY", take_priority},
                                                   {"XCAMPAIGN", take_campaign},
                                                   {"XTLSOPTIONAL", take_optional},
                                                   {"XDELIVERBY", take_by},
                                                   {"XVERP", take_verp},
                                                   {NULL, NULL}};
static const struct parameter rcpt_parameters[] = {
    {"NOTIFY", take_notify}, {"ORCPT", take_original}, {NULL, NULL}};
static const struct parameter origin_parameters[] = {
    {"ADDR", take_client}, {"HELO", take_helo}, {"PROTO", take_protocol}, {NULL, NULL}};

static const char *take_parameters(struct reading *to, const struct parameter *table,
                                   struct slice rest)
{
    struct slice word;
    while (slice_word(&rest, &word)) {
        size_t equals = slice_find(word, '=', 0);
        struct slice keyword = slice_head(word, equals);
        struct slice value = equals == SLICE_NONE ? SLICE("") : slice_from(word, equals + 1);
        const struct parameter *p = table;
        while (p->keyword && !slice_ieq(keyword, slice_str(p->keyword)))
            p++;
        if (!p->keyword)
            return "there is a parameter that is not known";
        const char *wrong = is_value(value) ? p->take(to, value) : "a value holds what it must not";
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *take_path(struct slice *rest, bool null_ok, struct slice *text_r)
{
    struct address address;
    struct err err;
    size_t used;
    *rest = slice_trim(*rest);
    if (!address_parse_path(*rest, null_ok, &used, &address, &err))
        return err.what;
    if (used < rest->len && rest->at[used] != ' ')
        return "a space is missing behind the address";
    *text_r = address.text;
    *rest = slice_from(*rest, used);
    return NULL;
}

static const char *take_mail(struct reading *to, struct slice rest)
{
    if (to->has_mail)
        return "there is a second MAIL FROM";
    to->has_mail = true;
    const char *wrong = take_path(&rest, true, &to->e->sender);
    return wrong ? wrong : take_parameters(to, mail_parameters, rest);
}

static const char *take_rcpt(struct reading *to, struct slice rest)
{
    if (!to->has_mail)
        return "MAIL FROM:<…> has to come before RCPT TO";
    to->r = &to->e->recipients[to->e->count++];
    *to->r = (struct recipient){.original = SLICE("")};
    const char *wrong = take_path(&rest, false, &to->r->address);
    return wrong ? wrong : take_parameters(to, rcpt_parameters, rest);
}

static const char *take_origin(struct reading *to, struct slice rest)
{
    return take_parameters(to, origin_parameters, rest);
}

static const char *take_line(struct reading *to, struct slice line)
{
    static const struct {
        struct slice words;
        const char *(*take)(struct reading *to, struct slice rest);
    } lines[] = {{SLICE_INIT("MAIL FROM:"), take_mail},
                 {SLICE_INIT("RCPT TO:"), take_rcpt},
                 {SLICE_INIT("XFORWARD "), take_origin}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        if (slice_istarts(line, lines[i].words))
            return lines[i].take(to, slice_from(line, lines[i].words.len));
    return slice_trim(line).len ? "this is none of XFORWARD, MAIL FROM:<…> and RCPT TO:<…>" : NULL;
}

static size_t count_lines(struct slice in)
{
    size_t count = 1;
    for (size_t at = 0; (at = slice_find(in, '\n', at)) != SLICE_NONE; at++)
        count++;
    return count;
}

bool envelope_text_read(struct slice in, struct arena *arena, struct envelope *e_r,
                        struct err *err_r)
{
    struct slice rest = in, line;
    struct reading to = {.e = e_r, .arena = arena};
    size_t lines = count_lines(in);
    *e_r = (struct envelope){.sender = SLICE(""),
                             .envid = SLICE(""),
                             .helo = SLICE(""),
                             .client = SLICE(""),
                             .protocol = SLICE("local")};
    if (lines > RECIPIENTS_MOST)
        return err_set(err_r, ERR_LIMIT, lines, "there are more lines than any envelope has");
    e_r->recipients = arena_array(arena, lines, sizeof(*e_r->recipients));
    if (!e_r->recipients)
        return err_set(err_r, ERR_MEMORY, 0, "no room for the recipients");
    for (size_t number = 1; slice_line(&rest, &line); number++) {
        const char *wrong = take_line(&to, line);
        if (wrong)
            return err_set(err_r, ERR_SYNTAX, number, wrong);
    }
    if (!to.has_mail || !e_r->count)
        return err_set(err_r, ERR_SYNTAX, lines,
                       to.has_mail ? "there is no RCPT TO:<…>" : "there is no MAIL FROM:<…>");
    return true;
}
