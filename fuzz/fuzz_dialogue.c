/* Our client talks to our server, the bytes between them cut as the input says, with verdicts that
 * are yes, no, or late. Whatever is in the messages: what the client was told is true, each
 * recipient of whom it was told that the message is there has it once, the very same bytes and
 * parameters, and nobody else has anything.
 *
 * The input is read byte by byte: what is offered, then the messages (text up to a NUL each), then
 * the moves. Where it ends zeros follow: then all goes on to the end without a cut. */
#include "smtp/client/client_session.h"
#include "smtp/server/server_session.h"
#include "system/heap.h"

enum {
    MESSAGES = 3,
    RECIPIENTS = 4,
    BYTES_MAX = 1 << 20,
    INPUT_MOST = 1 << 14,
    WAITING_MAX = 64,
    MOVES_MOST = 200000
};

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* ---- the input ---- */

static struct slice input;

static unsigned draw(void)
{
    unsigned byte = input.len ? (unsigned char)input.at[0] : 0;
    input = slice_from(input, 1);
    return byte;
}

static struct slice draw_text(void)
{
    struct slice text = {"", 0};
    (void)slice_split(&input, '\0', &text);
    return text;
}

/* ---- messages ---- */

enum fate { FATE_OPEN, FATE_TAKEN, FATE_REFUSED };

struct message {
    struct envelope envelope;
    struct recipient recipients[RECIPIENTS];
    uint32_t indexes[RECIPIENTS];
    struct smtp_client_message form;
    struct buf content;
    enum fate told[RECIPIENTS]; /* the client was told */
    bool has_it[RECIPIENTS];    /* the server has taken it for this one */
    char sender[16], addresses[RECIPIENTS][24];
};

static struct message messages[MESSAGES];

/* Text in the spool has whole line ends and no NUL; binary content is any bytes. */
static void make_content(struct buf *out, struct slice text, bool is_binary)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_binary || (text.at[i] != '\r' && text.at[i] != '\n'))
            buf_add_char(out, text.at[i]);
        else if (text.at[i] == '\n')
            buf_add_str(out, "\r\n");
    }
}

static void make_recipient(struct message *m, size_t i, unsigned choice)
{
    static const struct slice originals[] = {SLICE_INIT(""), SLICE_INIT("rfc822;x+2By@z.test"),
                                             SLICE_INIT("rfc822;a>b"), SLICE_INIT("x400;+3D+2B")};
    static const char *const behind[] = {"@x.test", "@y.test", "@[192.0.2.1]", "\r\nDATA\r\n@x"};
    struct buf out;
    buf_init_fixed(&out, m->addresses[i], sizeof(m->addresses[i]));
    buf_addf(&out, choice & 4 ? "\"r %zu\"%s" : "r%zu%s", i, behind[choice & 8 ? choice % 4 : 0]);
    m->recipients[i] =
        (struct recipient){.address = buf_slice(&out),
                           .original = originals[(choice >> 4) % 4],
                           .notify = choice & 64 ? NOTIFY_SUCCESS | NOTIFY_DELAY : 0};
}

static void make_message(struct message *m, size_t number)
{
    unsigned choice = draw();
    struct slice text = draw_text();
    bool is_binary = choice & 8;
    *m = (struct message){0};
    buf_init(&m->content, &heap, BYTES_MAX);
    make_content(&m->content, text, is_binary);
    struct buf sender;
    buf_init_fixed(&sender, m->sender, sizeof(m->sender));
    buf_addf(&sender, "m%zu@b.test", number);
    size_t count = choice % RECIPIENTS + 1;
    for (size_t i = 0; i < count; i++) {
        make_recipient(m, i, draw());
        m->indexes[i] = (uint32_t)i;
    }
    m->envelope = (struct envelope){.sender = buf_slice(&sender),
                                    .envid = choice & 16 ? SLICE("id+2Bx") : SLICE(""),
                                    .return_type = choice & 32 ? RETURN_HEADERS : RETURN_DEFAULT,
                                    .body = is_binary ? BODY_BINARYMIME : BODY_8BITMIME,
                                    .requires_tls = (choice & 192) == 192,
                                    .recipients = m->recipients,
                                    .count = count,
                                    .size = m->content.len};
    m->form = (struct smtp_client_message){
        .envelope = &m->envelope, .recipients = m->indexes, .count = count, .size = m->content.len};
}

/* What has to arrive: a last line of text is ended if it is not. */
static bool is_same(const struct message *m, struct slice body)
{
    struct slice whole = buf_slice(&m->content);
    bool is_ended = whole.len == 0 || slice_iends(whole, SLICE("\r\n"));
    if (m->envelope.body == BODY_BINARYMIME || is_ended)
        return slice_eq(whole, body);
    return body.len == whole.len + 2 && slice_eq(slice_head(body, whole.len), whole) &&
           slice_iends(body, SLICE("\r\n"));
}

/* ---- the server ---- */

struct asked {
    uint32_t ticket;
    enum smtp_event_kind kind;
    struct message *message; /* of END_OF_DATA */
    uint8_t recipients;      /* ditto, as bits */
};

struct talk {
    struct smtp_server *server;
    struct smtp_client *client;
    struct buf to_server, to_client; /* on the way */
    struct buf body;
    struct asked waiting[WAITING_MAX];
    size_t waiting_count;
    size_t given; /* messages, to the client */
    struct message *under_way;
    size_t sent; /* of its content */
    bool server_is_securing, client_is_securing, server_closed, client_closed;
};

static void commit(const struct asked *a)
{
    for (size_t i = 0; i < RECIPIENTS; i++)
        if (a->recipients >> i & 1) {
            require(!a->message->has_it[i]);
            a->message->has_it[i] = true;
        }
}

static void answer(struct talk *t, const struct asked *a, unsigned choice)
{
    static const enum situation good[] = {[SMTP_EVENT_CONNECT] = SITUATION_GREETING,
                                          [SMTP_EVENT_AUTH] = SITUATION_AUTH_OK,
                                          [SMTP_EVENT_AUTH_RESPONSE] = SITUATION_AUTH_OK,
                                          [SMTP_EVENT_MAIL] = SITUATION_MAIL_OK,
                                          [SMTP_EVENT_RCPT] = SITUATION_RCPT_OK,
                                          [SMTP_EVENT_DATA] = SITUATION_DATA_GO_AHEAD,
                                          [SMTP_EVENT_END_OF_DATA] = SITUATION_ACCEPTED,
                                          [SMTP_EVENT_STARTTLS] = SITUATION_TLS_GO_AHEAD};
    static const enum situation bad[] = {SITUATION_LOCAL_ERROR, SITUATION_RELAY_DENIED,
                                         SITUATION_TOO_LARGE, SITUATION_OVERLOAD};
    bool is_yes = choice % 16 < 12;
    struct reply reply = reply_plain(is_yes ? good[a->kind] : bad[choice % 4]);
    if (a->kind == SMTP_EVENT_END_OF_DATA && is_yes)
        commit(a);
    smtp_server_answer(t->server, a->ticket, &reply);
}

static const struct message *check_parameters(const struct smtp_event *e, struct asked *a)
{
    struct message *m = NULL;
    for (size_t i = 0; i < MESSAGES; i++)
        if (slice_eq(messages[i].envelope.sender, e->envelope->sender))
            m = &messages[i];
    require(m && slice_eq(m->envelope.envid, e->envelope->envid) &&
            m->envelope.return_type == e->envelope->return_type &&
            m->envelope.requires_tls == e->envelope->requires_tls);
    for (size_t i = 0; i < e->envelope->count; i++) {
        const struct recipient *got = &e->envelope->recipients[i];
        size_t k = 0;
        while (k < m->envelope.count && !slice_eq(m->recipients[k].address, got->address))
            k++;
        require(k < m->envelope.count && slice_eq(m->recipients[k].original, got->original) &&
                m->recipients[k].notify == got->notify && !(a->recipients >> k & 1));
        a->recipients |= (uint8_t)(1U << k);
    }
    a->message = m;
    return m;
}

static void ask(struct talk *t, const struct smtp_event *e)
{
    struct asked a = {.ticket = e->ticket, .kind = e->kind};
    if (e->kind == SMTP_EVENT_END_OF_DATA)
        require(is_same(check_parameters(e, &a), buf_slice(&t->body)));
    unsigned choice = draw();
    if (choice & 128 && t->waiting_count < WAITING_MAX)
        t->waiting[t->waiting_count++] = a;
    else
        answer(t, &a, choice);
}

static void hear_server(struct talk *t)
{
    struct smtp_event e;
    while (smtp_server_next(t->server, &e)) {
        if (e.kind == SMTP_EVENT_DATA)
            buf_clear(&t->body);
        else if (e.kind == SMTP_EVENT_BODY)
            buf_add(&t->body, e.text);
        else if (e.kind == SMTP_EVENT_SECURE)
            t->server_is_securing = true;
        else if (e.kind == SMTP_EVENT_CLOSE)
            t->server_closed = true;
        if (e.ticket)
            ask(t, &e);
    }
    struct slice out = smtp_server_output(t->server);
    buf_add(&t->to_client, out);
    smtp_server_sent(t->server, out.len);
}

static void answer_late(struct talk *t)
{
    if (t->waiting_count == 0)
        return;
    size_t i = draw() % t->waiting_count;
    struct asked a = t->waiting[i];
    t->waiting[i] = t->waiting[--t->waiting_count];
    answer(t, &a, draw());
    hear_server(t);
}

/* ---- the client ---- */

static void told(struct message *m, size_t i, const struct smtp_client_event *e)
{
    require(i < m->envelope.count && m->told[i] == FATE_OPEN);
    m->told[i] = reply_severity(&e->reply) == 2 ? FATE_TAKEN : FATE_REFUSED;
    if (m->told[i] == FATE_TAKEN)
        require(m->has_it[i]);
    else
        require(!m->has_it[i]);
}

static void hear_reply(struct talk *t, const struct smtp_client_event *e)
{
    struct message *m = t->under_way;
    require(m != NULL);
    for (size_t i = 0; i < m->envelope.count; i++)
        if (e->recipient == i || (e->recipient == UINT32_MAX && m->told[i] == FATE_OPEN))
            told(m, i, e);
}

static void give_message(struct talk *t)
{
    if (t->given == MESSAGES) {
        smtp_client_quit(t->client, 0);
        return;
    }
    t->under_way = &messages[t->given++];
    t->sent = 0;
    smtp_client_send(t->client, &t->under_way->form, 0);
}

static void give_body(struct talk *t)
{
    struct slice rest = slice_from(buf_slice(&t->under_way->content), t->sent);
    struct slice piece = slice_head(rest, draw() ? draw() : SIZE_MAX);
    t->sent += piece.len;
    smtp_client_body(t->client, piece, piece.len == rest.len, 0);
}

static void hear_client(struct talk *t)
{
    struct smtp_client_event e;
    while (smtp_client_next(t->client, &e)) {
        if (e.kind == SMTP_CLIENT_READY)
            give_message(t);
        else if (e.kind == SMTP_CLIENT_NEEDS_BODY)
            give_body(t);
        else if (e.kind == SMTP_CLIENT_REPLY)
            hear_reply(t, &e);
        else if (e.kind == SMTP_CLIENT_SECURE)
            t->client_is_securing = true;
        else if (e.kind == SMTP_CLIENT_CLOSE)
            t->client_closed = true;
    }
    struct slice out = slice_head(smtp_client_output(t->client), draw() ? draw() : SIZE_MAX);
    buf_add(&t->to_server, out);
    smtp_client_sent(t->client, out.len, 0);
}

/* ---- the way between them ---- */

static void move_to_server(struct talk *t)
{
    struct slice in = slice_head(buf_slice(&t->to_server), draw() ? draw() : SIZE_MAX);
    if (t->server_is_securing || t->server_closed)
        return;
    size_t used = smtp_server_feed(t->server, in, 0);
    hear_server(t); /* what it tells shows these bytes */
    buf_drop(&t->to_server, used);
}

static void move_to_client(struct talk *t)
{
    struct slice in = slice_head(buf_slice(&t->to_client), draw() ? draw() : SIZE_MAX);
    if (in.len && !t->client_is_securing && !t->client_closed)
        smtp_client_feed(t->client, in, 0);
    if (!t->client_is_securing)
        buf_drop(&t->to_client, in.len);
    hear_client(t);
}

/* Both are ready for TLS: nothing may be on the way then. */
static bool secure(struct talk *t)
{
    if (!t->server_is_securing || !t->client_is_securing)
        return false;
    require(t->to_server.len == 0 && t->to_client.len == 0);
    t->server_is_securing = t->client_is_securing = false;
    smtp_server_secured(t->server, 0);
    smtp_client_secured(t->client, 0);
    hear_client(t);
    return true;
}

static void run(struct talk *t)
{
    for (size_t move = 0; !t->client_closed; move++) {
        size_t before = t->to_server.len + t->to_client.len + t->waiting_count;
        require(move < MOVES_MOST);
        move_to_server(t);
        move_to_client(t);
        if (!input.len || draw() % 2)
            answer_late(t);
        bool is_secured = secure(t);
        bool is_idle = !before && !is_secured &&
                       !(t->to_server.len + t->to_client.len + t->waiting_count) &&
                       !smtp_client_output(t->client).len;
        if (is_idle && (t->server_closed || !input.len))
            break;
    }
    /* only a server that went away leaves the client without an answer */
    require(t->client_closed || t->server_closed);
    smtp_client_lost(t->client, "gone", 0);
    hear_client(t);
    require(t->client_closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk t = {0};
    if (size > INPUT_MOST)
        return 0;
    input = slice_of(size ? (const char *)data : "", size);
    unsigned choice = draw();
    const struct smtp_server_options offered = {.hostname = SLICE("mx.example.org"),
                                                .recipients_max = 1 + draw() % 5,
                                                .domains_max = draw() % 3,
                                                .command_timeout = 1,
                                                .data_timeout = 1,
                                                .offers_tls = choice & 1,
                                                .mechanisms = SLICE("PLAIN LOGIN")};
    const struct smtp_client_options wanted = {.helo = SLICE("client.example"),
                                               .tls = (enum smtp_client_tls)(choice >> 1 & 1),
                                               .login.name = choice & 4 ? SLICE("me") : SLICE(""),
                                               .login.password = SLICE("secret")};
    for (size_t i = 0; i < MESSAGES; i++)
        make_message(&messages[i], i);
    buf_init(&t.to_server, &heap, BYTES_MAX);
    buf_init(&t.to_client, &heap, BYTES_MAX);
    buf_init(&t.body, &heap, BYTES_MAX);
    t.server = smtp_server_new(&heap, &offered, 0);
    t.client = smtp_client_new(&heap, &wanted, 0);
    require(t.server && t.client);
    hear_server(&t);
    run(&t);
    smtp_server_free(&t.server);
    smtp_client_free(&t.client);
    buf_free(&t.to_server);
    buf_free(&t.to_client);
    buf_free(&t.body);
    for (size_t i = 0; i < MESSAGES; i++)
        buf_free(&messages[i].content);
    return 0;
}
