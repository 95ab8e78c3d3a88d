/* The server session under bytes, cuts and verdicts that are chosen by the input's hash: what it
 * says is well-formed, what it tells keeps the order of the contract, accepted content has no bare
 * line end, and none of it depends on how the bytes were cut. The corpus is the golden transcripts.
 */
#include "base/crc32c.h"
#include "smtp/script.h"
#include "smtp/server/server_session.h"
#include "system/heap.h"

enum { OUTPUT_MAX = 8 << 20, INPUT_MAX = 1 << 20, WAITING_MAX = 128 };

static struct smtp_server_options options = {
    .hostname = SLICE_INIT("mx.example.org"),
    .size_max = 2000,
    .recipients_max = 3,
    .errors_max = 12,
    .command_timeout = 1000,
    .data_timeout = 1000,
    .hops_max = 4,
    .line_max = 1000,
    .offers_tls = true,
    .offers_etrn = true,
    .offers_by = true,
    .domains_max = 2,
    .mechanisms = SLICE_INIT("PLAIN LOGIN"),
};

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

struct run {
    struct smtp_server *s;
    struct buf output, told; /* all of it */
    uint32_t chance, cuts;
    uint32_t waiting[WAITING_MAX];
    enum smtp_event_kind kinds[WAITING_MAX];
    size_t waiting_count;
    bool in_transaction, in_data, is_whole, closed, is_securing, is_secure;
    struct buf body;
    size_t refusals;
};

static uint32_t draw(uint32_t *chance)
{
    *chance = *chance * 1664525 + 1013904223;
    return *chance >> 16;
}

/* Mostly yes: else nothing would be reached. */
static struct reply verdict(struct run *r, enum smtp_event_kind kind)
{
    static const enum situation good[] = {
        [SMTP_EVENT_CONNECT] = SITUATION_GREETING,
        [SMTP_EVENT_MAIL] = SITUATION_MAIL_OK,
        [SMTP_EVENT_RCPT] = SITUATION_RCPT_OK,
        [SMTP_EVENT_DATA] = SITUATION_DATA_GO_AHEAD,
        [SMTP_EVENT_END_OF_DATA] = SITUATION_ACCEPTED,
        [SMTP_EVENT_HELP] = SITUATION_HELP_UNKNOWN,
        [SMTP_EVENT_VRFY] = SITUATION_VRFY,
        [SMTP_EVENT_EXPN] = SITUATION_EXPN,
        [SMTP_EVENT_ETRN] = SITUATION_ETRN_NOTHING,
        [SMTP_EVENT_XCLIENT] = SITUATION_GREETING,
        [SMTP_EVENT_STARTTLS] = SITUATION_TLS_GO_AHEAD,
    };
    static const enum situation bad[] = {SITUATION_LOCAL_ERROR, SITUATION_RELAY_DENIED,
                                         SITUATION_OVERLOAD, SITUATION_GREETING_REFUSED};
    static const enum situation logins[] = {SITUATION_AUTH_CHALLENGE, SITUATION_AUTH_CHALLENGE,
                                            SITUATION_AUTH_OK, SITUATION_AUTH_FAILED};
    uint32_t n = draw(&r->chance) % 64;
    if (kind == SMTP_EVENT_AUTH || kind == SMTP_EVENT_AUTH_RESPONSE)
        return reply_plain(logins[n % 4]);
    if (n < 4)
        return reply_plain(bad[n]);
    return reply_plain(good[kind]);
}

static void answer(struct run *r, uint32_t ticket, enum smtp_event_kind kind)
{
    struct reply reply = verdict(r, kind);
    smtp_server_answer(r->s, ticket, &reply);
}

static void check_body(struct slice body)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.at[i] == '\n')
            require(i > 0 && body.at[i - 1] == '\r');
        if (body.at[i] == '\r')
            require(i + 1 < body.len && body.at[i + 1] == '\n');
    }
}

static void check_order(struct run *r, const struct smtp_event *e)
{
    require(!r->closed);
    switch (e->kind) {
    case SMTP_EVENT_MAIL:
        require(!r->in_transaction);
        r->in_transaction = true;
        break;
    case SMTP_EVENT_RCPT:
        require(r->in_transaction && !r->in_data);
        require(e->envelope->count < options.recipients_max);
        break;
    case SMTP_EVENT_DATA:
        require(r->in_transaction && e->envelope->count > 0);
        buf_clear(&r->body);
        break;
    case SMTP_EVENT_BODY:
        require(r->in_transaction && e->text.len > 0);
        r->in_data = true;
        buf_add(&r->body, e->text);
        break;
    case SMTP_EVENT_END_OF_DATA:
        require(r->in_transaction && e->envelope->count <= options.recipients_max);
        require(e->envelope->size == r->body.len && r->body.len <= options.size_max);
        if (e->envelope->body != BODY_BINARYMIME)
            check_body(buf_slice(&r->body));
        break;
    case SMTP_EVENT_ABORT:
        require(r->in_transaction);
        break;
    case SMTP_EVENT_RESET:
        require(r->in_transaction);
        r->in_transaction = r->in_data = false;
        break;
    case SMTP_EVENT_STARTTLS:
    case SMTP_EVENT_SECURE:
        require(!r->in_transaction && !r->is_secure);
        r->is_securing = e->kind == SMTP_EVENT_SECURE;
        break;
    case SMTP_EVENT_CLOSE:
        r->closed = true;
        break;
    case SMTP_EVENT_AUTH:
    case SMTP_EVENT_AUTH_RESPONSE:
        require(!r->in_transaction && r->is_secure);
        break;
    case SMTP_EVENT_XCLIENT:
    case SMTP_EVENT_XFORWARD:
        require(!r->in_transaction && e->claim);
        break;
    case SMTP_EVENT_CONNECT:
    case SMTP_EVENT_HELO:
    case SMTP_EVENT_HELP:
    case SMTP_EVENT_VRFY:
    case SMTP_EVENT_EXPN:
        break;
    case SMTP_EVENT_ETRN:
        require(!r->in_transaction && e->text.len > 0);
        break;
    }
}

/* Bodies may be cut anywhere, and how much of a bad one is told is open; the rest is compared. */
static void note(struct run *r, const struct smtp_event *e)
{
    if (e->kind == SMTP_EVENT_BODY)
        return;
    if (e->kind == SMTP_EVENT_END_OF_DATA)
        buf_add(&r->told, buf_slice(&r->body));
    buf_add_u64(&r->told, e->kind);
    buf_add(&r->told, e->text.len ? e->text : e->address.text);
}

static void drain_refusals(struct run *r)
{
    struct smtp_refusal refusal;
    while (smtp_server_next_refusal(r->s, &refusal)) {
        require(reply_severity(&refusal.reply) >= 4);
        require(slice_starts(refusal.reference, SLICE("1KQ8M3X7T-")));
        r->refusals++;
    }
}

static void drain(struct run *r)
{
    struct smtp_event e;
    while (smtp_server_next(r->s, &e)) {
        check_order(r, &e);
        note(r, &e);
        if (!e.ticket)
            continue;
        if (draw(&r->chance) % 4 == 0 && r->waiting_count < WAITING_MAX) {
            r->kinds[r->waiting_count] = e.kind;
            r->waiting[r->waiting_count++] = e.ticket;
        } else {
            answer(r, e.ticket, e.kind);
        }
    }
    drain_refusals(r);
    struct slice out = smtp_server_output(r->s);
    buf_add(&r->output, out);
    smtp_server_sent(r->s, out.len);
}

/* Gives one of the late verdicts. */
static bool answer_late(struct run *r)
{
    if (r->waiting_count == 0)
        return false;
    size_t i = draw(&r->chance) % r->waiting_count;
    uint32_t ticket = r->waiting[i];
    enum smtp_event_kind kind = r->kinds[i];
    r->waiting_count--;
    r->waiting[i] = r->waiting[r->waiting_count];
    r->kinds[i] = r->kinds[r->waiting_count];
    answer(r, ticket, kind);
    drain(r);
    return true;
}

static void check_output(struct slice out, size_t refusals)
{
    struct slice line, code = SLICE("");
    bool goes_on = false;
    size_t references = 0;
    while (out.len) {
        size_t end = slice_find_slice(out, SLICE("\r\n"), 0);
        require(end != SLICE_NONE && end + 2 <= REPLY_LINE_MAX && end >= 4);
        line = slice_head(out, end);
        require(line.at[0] >= '2' && line.at[0] <= '5');
        require(ascii_is_digit(line.at[1]) && ascii_is_digit(line.at[2]));
        require(line.at[3] == ' ' || line.at[3] == '-');
        for (size_t i = 0; i < line.len; i++)
            require((unsigned char)line.at[i] >= ' ' && line.at[i] != 0x7f);
        require(!goes_on || slice_eq(code, slice_head(line, 3)));
        goes_on = line.at[3] == '-';
        code = slice_head(line, 3);
        if (!goes_on && code.at[0] >= '4') {
            require(slice_find_slice(line, SLICE("[ref 1KQ8M3X7T-"), 0) != SLICE_NONE);
            references++;
        }
        out = slice_from(out, end + 2);
    }
    require(!goes_on && references == refusals);
}

/* What came behind STARTTLS was forgotten, whatever it was; the session begins anew. */
static void secure(struct run *r)
{
    struct slice in = SLICE("MAIL FROM:<>\r\nEHLO client.example\r\n");
    if (!r->is_securing || r->closed)
        return;
    smtp_server_secured(r->s, 0);
    while (in.len) {
        in = slice_from(in, smtp_server_feed(r->s, in, 0));
        drain(r);
        require(!r->in_transaction);
    }
}

static void play(struct run *r, struct slice in, uint32_t chance, bool is_cut)
{
    *r = (struct run){.chance = chance, .cuts = chance ^ 0x5a5a5a5a};
    buf_init(&r->output, &heap, OUTPUT_MAX);
    buf_init(&r->told, &heap, OUTPUT_MAX);
    buf_init(&r->body, &heap, OUTPUT_MAX);
    r->s = smtp_server_new(&heap, &options, 0);
    require(r->s != NULL);
    r->is_secure = chance & 2;
    if (chance & 8)
        smtp_server_trust_proxy(r->s);
    smtp_server_set_reference(r->s, SLICE("1KQ8M3X7T"));
    if (r->is_secure)
        smtp_server_secured(r->s, 0);
    drain(r);
    while (in.len) {
        size_t piece = is_cut ? 1 + draw(&r->cuts) % 7 : in.len;
        size_t used = smtp_server_feed(r->s, slice_head(in, piece), 0);
        require(used <= in.len);
        drain(r);
        in = slice_from(in, used);
        if (used == 0 && !answer_late(r))
            require(r->closed);
        if (r->closed)
            break;
    }
    while (answer_late(r))
        ;
    secure(r);
    if (chance & 1)
        smtp_server_shutdown(r->s);
    else
        smtp_server_tick(r->s, 1000);
    drain(r);
}

static void finish(struct run *r)
{
    smtp_server_free(&r->s);
    buf_free(&r->output);
    buf_free(&r->told);
    buf_free(&r->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf in;
    struct run whole, cut;
    uint32_t chance = crc32c(0, slice_of((const char *)data, size));
    options.normalizes = chance & 4;
    buf_init(&in, &heap, INPUT_MAX);
    script_client_bytes(&in, slice_of((const char *)data, size));
    play(&whole, buf_slice(&in), chance, false);
    play(&cut, buf_slice(&in), chance, true);
    check_output(buf_slice(&whole.output), whole.refusals);
    require(slice_eq(buf_slice(&whole.output), buf_slice(&cut.output)));
    require(slice_eq(buf_slice(&whole.told), buf_slice(&cut.told)));
    finish(&whole);
    finish(&cut);
    buf_free(&in);
    return 0;
}
