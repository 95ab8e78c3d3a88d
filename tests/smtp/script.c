#include "script.h"

#include "mail/envelope_text.h"
#include "system/heap.h"

enum { BYTES_MAX = 4 << 20 };

static int hex(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `{COUNT*c}` behind a backslash. */
static size_t repeat(struct buf *out, struct slice in)
{
    size_t star = slice_find(in, '*', 0);
    uint32_t count;
    if (star == SLICE_NONE || star + 2 >= in.len || in.at[star + 2] != '}' ||
        !slice_u32(slice_of(in.at + 1, star - 1), &count) || count > 200000)
        return 0;
    while (count--)
        buf_add_char(out, in.at[star + 1]);
    return star + 3;
}

/* One escape, behind its backslash; how many bytes it took, 0 if it is none. */
static size_t escape(struct buf *out, struct slice in)
{
    static const char names[] = "rn0\\", values[] = "\r\n\0\\";
    const char *name = in.len ? memchr(names, in.at[0], sizeof(names) - 1) : NULL;
    if (name) {
        buf_add_char(out, values[name - names]);
        return 1;
    }
    if (in.len >= 3 && in.at[0] == 'x' && hex(in.at[1]) >= 0 && hex(in.at[2]) >= 0) {
        buf_add_char(out, (char)(hex(in.at[1]) * 16 + hex(in.at[2])));
        return 3;
    }
    return in.len && in.at[0] == '{' ? repeat(out, in) : 0;
}

static bool unescape(struct buf *out, struct slice in)
{
    while (in.len) {
        size_t at = slice_find(in, '\\', 0);
        buf_add(out, slice_head(in, at));
        if (at == SLICE_NONE)
            return true;
        size_t used = escape(out, slice_from(in, at + 1));
        if (used == 0)
            return false;
        in = slice_from(in, at + 1 + used);
    }
    return true;
}

static const struct {
    struct slice prefix;
    enum step_kind kind;
    const char *end; /* added behind the text */
} forms[] = {
    {SLICE_INIT("C: "), STEP_BYTES, "\r\n"},    {SLICE_INIT("C:"), STEP_BYTES, "\r\n"},
    {SLICE_INIT("C< "), STEP_BYTES, ""},        {SLICE_INIT("S: "), STEP_OUTPUT, "\r\n"},
    {SLICE_INIT("S< "), STEP_OUTPUT, ""},       {SLICE_INIT("E: "), STEP_EVENT, "\n"},
    {SLICE_INIT("V: "), STEP_VERDICT, ""},      {SLICE_INIT("option "), STEP_OPTION, ""},
    {SLICE_INIT("tick "), STEP_OTHER, ""},      {SLICE_INIT("shutdown"), STEP_OTHER, ""},
    {SLICE_INIT("secured"), STEP_OTHER, ""},    {SLICE_INIT("answer"), STEP_OTHER, ""},
    {SLICE_INIT("lost "), STEP_OTHER, ""},      {SLICE_INIT("send"), STEP_OTHER, ""},
    {SLICE_INIT("quit"), STEP_OTHER, ""},       {SLICE_INIT("proxy"), STEP_OTHER, ""},
    {SLICE_INIT("reference "), STEP_OTHER, ""},
};

static bool parse_line(struct script *s, struct slice line)
{
    size_t begin = s->bytes.len;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        if (!slice_starts(line, forms[i].prefix))
            continue;
        bool keeps_prefix = forms[i].kind == STEP_OTHER;
        struct slice text = slice_from(line, keeps_prefix ? 0 : forms[i].prefix.len);
        if (s->count == SCRIPT_STEPS_MAX || !unescape(&s->bytes, text))
            return false;
        buf_add_str(&s->bytes, forms[i].end);
        /* The buffer may still move: the places are filled in at the end. */
        s->steps[s->count++] = (struct step){forms[i].kind, {NULL, s->bytes.len - begin}};
        return !s->bytes.failed;
    }
    return false;
}

bool script_parse(struct script *s, struct slice file, struct slice *bad_r)
{
    struct slice line;
    s->count = s->input = 0;
    buf_init(&s->bytes, &heap, BYTES_MAX);
    while (slice_line(&file, &line)) {
        *bad_r = line;
        if (line.len && line.at[0] != '#' && !parse_line(s, line))
            return false;
    }
    const char *at = s->bytes.at;
    for (size_t i = 0; i < s->count; i++) {
        struct step *step = &s->steps[i];
        step->text.at = at;
        at += step->text.len;
        s->input += step->kind == STEP_BYTES ? step->text.len : 0;
    }
    return true;
}

void script_free(struct script *s)
{
    buf_free(&s->bytes);
}

void script_client_bytes(struct buf *out, struct slice file)
{
    struct slice rest = file, line;
    bool is_script = false;
    while (slice_line(&rest, &line)) {
        if (!slice_starts(line, SLICE("C:")) && !slice_starts(line, SLICE("C< ")))
            continue;
        is_script = true;
        bool is_raw = line.at[1] == '<';
        if (line.len > 2)
            unescape(out, slice_from(line, 3));
        buf_add_str(out, is_raw ? "" : "\r\n");
    }
    if (!is_script)
        buf_add(out, file);
}

bool script_set_option(struct smtp_server_options *o, struct slice text)
{
    struct slice name, value;
    uint64_t number = 0;
    if (!slice_word(&text, &name) || !slice_word(&text, &value) || !slice_u64(value, &number))
        return false;
    if (slice_eq(name, SLICE("size_max")))
        o->size_max = number;
    else if (slice_eq(name, SLICE("recipients_max")))
        o->recipients_max = (uint32_t)number;
    else if (slice_eq(name, SLICE("mails_max")))
        o->mails_max = (uint32_t)number;
    else if (slice_eq(name, SLICE("hold_max")))
        o->hold_max = (int64_t)number;
    else if (slice_eq(name, SLICE("clients_in_turn")))
        o->clients_in_turn = number;
    else if (slice_eq(name, SLICE("offers_etrn")))
        o->offers_etrn = number;
    else if (slice_eq(name, SLICE("offers_by")))
        o->offers_by = number;
    else if (slice_eq(name, SLICE("offers_verp")))
        o->offers_verp = number;
    else if (slice_eq(name, SLICE("by_least")))
        o->by_least = (int64_t)number;
    else if (slice_eq(name, SLICE("domains_max")))
        o->domains_max = (uint32_t)number;
    else if (slice_eq(name, SLICE("offers_priority")))
        o->offers_priority = number;
    else if (slice_eq(name, SLICE("normalizes")))
        o->normalizes = number;
    else if (slice_eq(name, SLICE("data_rate")))
        o->data_rate = (uint32_t)number;
    else if (slice_eq(name, SLICE("errors_max")))
        o->errors_max = (uint32_t)number;
    else if (slice_eq(name, SLICE("hops_max")))
        o->hops_max = (uint32_t)number;
    else if (slice_eq(name, SLICE("line_max")))
        o->line_max = number;
    else if (slice_eq(name, SLICE("mechanisms")))
        o->mechanisms = number ? SLICE("PLAIN LOGIN") : SLICE("");
    else if (slice_eq(name, SLICE("requires_auth")))
        o->requires_auth = number;
    else if (slice_eq(name, SLICE("offers_tls")))
        o->offers_tls = number;
    else if (slice_eq(name, SLICE("requires_tls")))
        o->requires_tls = number;
    else
        return false;
    return true;
}

const char *script_event_name(enum smtp_event_kind kind)
{
    static const char *const event_names[] = {
        [SMTP_EVENT_CONNECT] = "CONNECT",
        [SMTP_EVENT_HELO] = "HELO",
        [SMTP_EVENT_MAIL] = "MAIL",
        [SMTP_EVENT_RCPT] = "RCPT",
        [SMTP_EVENT_DATA] = "DATA",
        [SMTP_EVENT_BODY] = "BODY",
        [SMTP_EVENT_ABORT] = "ABORT",
        [SMTP_EVENT_END_OF_DATA] = "END_OF_DATA",
        [SMTP_EVENT_RESET] = "RESET",
        [SMTP_EVENT_HELP] = "HELP",
        [SMTP_EVENT_VRFY] = "VRFY",
        [SMTP_EVENT_EXPN] = "EXPN",
        [SMTP_EVENT_ETRN] = "ETRN",
        [SMTP_EVENT_SECURE] = "SECURE",
        [SMTP_EVENT_STARTTLS] = "STARTTLS",
        [SMTP_EVENT_AUTH] = "AUTH",
        [SMTP_EVENT_AUTH_RESPONSE] = "AUTH_RESPONSE",
        [SMTP_EVENT_XCLIENT] = "XCLIENT",
        [SMTP_EVENT_XFORWARD] = "XFORWARD",
        [SMTP_EVENT_CLOSE] = "CLOSE",
    };
    return event_names[kind];
}

enum situation script_good(enum smtp_event_kind kind)
{
    static const enum situation good[] = {[SMTP_EVENT_CONNECT] = SITUATION_GREETING,
                                          [SMTP_EVENT_MAIL] = SITUATION_MAIL_OK,
                                          [SMTP_EVENT_RCPT] = SITUATION_RCPT_OK,
                                          [SMTP_EVENT_DATA] = SITUATION_DATA_GO_AHEAD,
                                          [SMTP_EVENT_AUTH] = SITUATION_AUTH_OK,
                                          [SMTP_EVENT_AUTH_RESPONSE] = SITUATION_AUTH_OK,
                                          [SMTP_EVENT_HELP] = SITUATION_HELP_UNKNOWN,
                                          [SMTP_EVENT_VRFY] = SITUATION_VRFY,
                                          [SMTP_EVENT_EXPN] = SITUATION_EXPN,
                                          [SMTP_EVENT_END_OF_DATA] = SITUATION_ACCEPTED,
                                          [SMTP_EVENT_STARTTLS] = SITUATION_TLS_GO_AHEAD,
                                          [SMTP_EVENT_ETRN] = SITUATION_ETRN_NOTHING,
                                          [SMTP_EVENT_XCLIENT] = SITUATION_GREETING};
    return good[kind];
}

void script_write_claim(struct buf *out, const struct smtp_claim *claim)
{
    static const char *const names[] = {"name", "addr",  "port",  "proto",
                                        "helo", "login", "ident", "source"};
    const struct slice values[] = {claim->name, claim->address, claim->port,  claim->protocol,
                                   claim->helo, claim->login,   claim->ident, claim->source};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (values[i].at)
            buf_addf(out, " %s=%.*s", names[i], SLICE_ARG(values[i].len ? values[i] : SLICE("-")));
}

void script_write_parameters(struct buf *out, const struct smtp_event *e)
{
    static const char *const returns[] = {"", " ret=full", " ret=hdrs"};
    bool is_mail = e->kind == SMTP_EVENT_MAIL || e->kind == SMTP_EVENT_END_OF_DATA;
    if (is_mail)
        buf_addf(out, "%s%s%s", e->envelope->smtputf8 ? " utf8" : "",
                 e->envelope->requires_tls ? " tls" : "", returns[e->envelope->return_type]);
    if (e->kind == SMTP_EVENT_END_OF_DATA && e->envelope->body)
        buf_addf(out, " body=%d", e->envelope->body);
    if (is_mail && e->envelope->hold_until)
        buf_addf(out, " hold=%lld", (long long)e->envelope->hold_until / 1000);
    if (is_mail && e->envelope->priority)
        buf_addf(out, " priority=%d", e->envelope->priority);
    if (is_mail && e->envelope->by_mode) {
        buf_addf(out, " by=%lld", (long long)e->envelope->deliver_by / 1000);
        envelope_text_by(out, e->envelope);
    }
    if (is_mail && e->envelope->wants_verp)
        buf_addf(out, " verp=%.*s", SLICE_ARG(envelope_verp(e->envelope)));
    if (is_mail && e->envelope->envid.len)
        buf_addf(out, " envid=%.*s", SLICE_ARG(e->envelope->envid));
    if (e->has_subdomains)
        buf_add_str(out, " subdomains");
    if (e->recipient.notify)
        buf_addf(out, " notify=%u", (unsigned)e->recipient.notify);
    if (e->recipient.original.len)
        buf_addf(out, " orcpt=%.*s", SLICE_ARG(e->recipient.original));
}

void script_write_refusal(struct buf *out, const struct smtp_refusal *r)
{
    buf_addf(out, "REFUSED %.*s <%.*s> <%.*s> ", SLICE_ARG(r->reference), SLICE_ARG(r->sender),
             SLICE_ARG(r->recipient));
    situation_write(out, r->reply.situation);
    buf_addf(out, " %u %.*s\n", r->reply.code, SLICE_ARG(r->reply.text));
}
