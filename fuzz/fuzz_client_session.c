/* The client session before a peer that says anything. The first byte chooses: LMTP, how the bytes
 * are cut, how many recipients; the hash of the rest, how much goes out at once and when time runs
 * out. Whatever comes, each recipient is settled once, success is told only when the whole content
 * and its end went out, and what goes out are commands and stuffed content. */
#include "base/crc32c.h"
#include "smtp/client/client_session.h"
#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECIPIENTS = 3, MESSAGES = 3, OUTPUT_MAX = 1 << 20 };
/* FLAG_LOGIN: of the uppermost three bits, which say SMTP_CLIENT_TLS_MUST. */
enum { FLAG_LMTP = 1, FLAG_BY_CHANCE = 2, FLAG_LOGIN = 5 };

static struct recipient list[RECIPIENTS] = {
    {.address = SLICE_INIT("a@example.net"), .notify = NOTIFY_FAILURE},
    {.address = SLICE_INIT("b\r\nDATA\r\n@example.net")},
    {.address = SLICE_INIT("c@example.net"), .original = SLICE_INIT("rfc822;c@example.net")}};
static const struct envelope envelope = {.sender = SLICE_INIT("s@example.org"),
                                         .envid = SLICE_INIT("id"),
                                         .recipients = list,
                                         .count = RECIPIENTS};
static const uint32_t recipients[] = {0, 1, 2};
static const struct smtp_client_options options = {.helo = SLICE_INIT("me.example.org"),
                                                   .greeting_timeout = 10,
                                                   .helo_timeout = 20,
                                                   .mail_timeout = 30,
                                                   .rcpt_timeout = 40,
                                                   .data_timeout = 50,
                                                   .block_timeout = 60,
                                                   .end_timeout = 70};

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

struct run {
    struct smtp_client *c;
    struct smtp_client_message message;
    struct buf out; /* all that was sent in this transaction */
    size_t given, settled;
    bool in_transaction, is_content_out, closed;
    uint32_t chance;
    int64_t now;
};

static uint32_t draw(uint32_t *chance)
{
    *chance = *chance * 1664525 + 1013904223;
    return *chance >> 16;
}

static void on_reply(struct run *r, const struct smtp_client_event *e)
{
    size_t count = e->recipient == UINT32_MAX ? r->message.count - r->settled : 1;
    require(r->in_transaction && count > 0);
    require(e->recipient == UINT32_MAX || e->recipient < RECIPIENTS);
    r->settled += count;
    require(r->settled <= r->message.count);
    require(e->reply.code ? e->reply.code >= 200 && e->reply.code < 600 : e->failure != NULL);
    if (reply_severity(&e->reply) == 2)
        require(e->stage == STAGE_END_OF_DATA && r->is_content_out);
}

static void on_event(struct run *r, const struct smtp_client_event *e)
{
    require(!r->closed);
    switch (e->kind) {
    case SMTP_CLIENT_SAID:
        require(e->reply.code >= 200 && e->reply.code < 600 && !e->failure);
        break;
    case SMTP_CLIENT_SECURE:
        require(!r->in_transaction);
        smtp_client_secured(r->c, r->now);
        break;
    case SMTP_CLIENT_READY:
        require(!r->in_transaction);
        if (r->given++ == MESSAGES) {
            smtp_client_quit(r->c, r->now);
            break;
        }
        smtp_client_send(r->c, &r->message, r->now);
        r->in_transaction = true;
        r->is_content_out = false;
        r->settled = 0;
        break;
    case SMTP_CLIENT_REPLY:
        on_reply(r, e);
        break;
    case SMTP_CLIENT_NEEDS_BODY:
        require(r->in_transaction && !r->is_content_out);
        smtp_client_body(r->c, SLICE("Subject: x\r\n\r\n.dot\r"), false, r->now);
        smtp_client_body(r->c, SLICE("\n.last"), true, r->now);
        r->is_content_out = true;
        break;
    case SMTP_CLIENT_DONE:
        require(r->in_transaction && r->settled == r->message.count);
        r->in_transaction = false;
        break;
    case SMTP_CLIENT_CLOSE:
        r->closed = true;
        break;
    }
}

static void pull(struct run *r)
{
    struct smtp_client_event e;
    struct slice out;
    do {
        while (smtp_client_next(r->c, &e))
            on_event(r, &e);
        out = slice_head(smtp_client_output(r->c), draw(&r->chance) % 512 + 1);
        buf_add(&r->out, out);
        smtp_client_sent(r->c, out.len, r->now);
    } while (out.len);
    require(!r->out.failed);
}

/* Every line that went out is one of these. */
static bool is_known(struct slice line)
{
    static const char *const lines[] = {"EHLO me.example.org",
                                        "LHLO me.example.org",
                                        "HELO me.example.org",
                                        "DATA",
                                        "RSET",
                                        "STARTTLS",
                                        "AUTH PLAIN AG1lAHNlY3JldA==",
                                        "AUTH LOGIN",
                                        "bWU=",
                                        "c2VjcmV0",
                                        "QUIT",
                                        "Subject: x",
                                        "",
                                        "..dot",
                                        "..last",
                                        "."};
    if (slice_starts(line, SLICE("MAIL FROM:<s@example.org>")) ||
        slice_starts(line, SLICE("RCPT TO:<a@example.net>")) ||
        slice_starts(line, SLICE("RCPT TO:<c@example.net>")))
        return true;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (slice_eq(line, slice_str(lines[i])))
            return true;
    return false;
}

static void check_output(struct slice out)
{
    struct slice line;
    require(!out.len || out.at[out.len - 1] == '\n');
    while (slice_split(&out, '\n', &line)) {
        require(line.len && line.at[line.len - 1] == '\r');
        require(is_known(slice_head(line, line.len - 1)));
    }
}

/* How much is fed at once: a line, or what chance says. */
static size_t piece(struct slice in, bool by_chance, uint32_t *chance)
{
    if (!by_chance) {
        size_t lf = slice_find(in, '\n', 0);
        return lf == SLICE_NONE ? in.len : lf + 1;
    }
    size_t len = draw(chance) % 64 + 1;
    return len < in.len ? len : in.len;
}

/* Before a deadline nothing happens; behind it the peer is given up. */
static void pass_time(struct run *r)
{
    int64_t deadline = smtp_client_deadline(r->c);
    if (deadline == INT64_MAX || draw(&r->chance) % 8)
        return;
    bool is_over = draw(&r->chance) % 16 == 0;
    r->now = is_over || deadline <= r->now ? deadline : deadline - 1;
    smtp_client_tick(r->c, r->now);
    pull(r);
    require(r->closed == (r->now >= deadline));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice in = slice_of((const char *)data + 1, size - 1);
    uint32_t chance = crc32c(0, in);
    struct smtp_client_options o = options;
    o.lmtp = data[0] & FLAG_LMTP;
    o.tls = (data[0] >> 5) % (SMTP_CLIENT_TLS_MUST + 1);
    if (data[0] >> 5 == FLAG_LOGIN)
        o.login = (struct sasl_secret){.name = SLICE("me"),
                                       .password = SLICE("secret"),
                                       .token = SLICE("secret"),
                                       .is_token = data[0] & FLAG_BY_CHANCE};
    struct run r = {.c = smtp_client_new(&heap, &o, 0), .chance = chance};
    r.message = (struct smtp_client_message){
        .envelope = &envelope, .recipients = recipients, .count = (data[0] >> 2) % RECIPIENTS + 1};
    buf_init(&r.out, &heap, OUTPUT_MAX);
    while (in.len && !r.closed) {
        size_t len = piece(in, data[0] & FLAG_BY_CHANCE, &chance);
        smtp_client_feed(r.c, slice_head(in, len), r.now);
        in = slice_from(in, len);
        pull(&r);
        if (!r.closed)
            pass_time(&r);
    }
    smtp_client_lost(r.c, "gone", r.now);
    pull(&r);
    require(r.closed);
    check_output(buf_slice(&r.out));
    smtp_client_free(&r.c);
    buf_free(&r.out);
    return 0;
}
