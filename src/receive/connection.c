#include "receive/connection.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/stream.h"
#include "receive/expand.h"
#include "receive/help.h"
#include "receive/verdict.h"
#include "system/clock.h"
#include "system/heap.h"

struct connection {
    struct list link; /* in receiver->open */
    struct receiver *receiver;
    const struct receiver_entrance *entrance;
    struct stream stream;
    struct smtp_server *session;
    struct ip client;
    char client_text[NET_ADDRESS_TEXT];
    struct spool_writer *writer; /* content under way */
    enum err_code write_result;
    struct slice helo; /* allocated */
    bool is_extended;
    bool is_secure;            /* in TLS */
    bool wants_tls;            /* TLS begins when the last words in the clear are out */
    bool is_trusted;           /* of the relay networks: not counted */
    bool is_counted;           /* in receiver->clients; else it is one too many */
    bool is_closing;           /* the session is over */
    bool is_half_closed;       /* the client sends no more; it may still wait for answers */
    int64_t close_until;       /* monotonic ms until the last words must be out */
    bool is_gone;              /* the stream is closed: waits for the commit under way only */
    struct storing *storing;   /* a commit under way */
    struct sasl *sasl;         /* a login under way; allocated */
    struct login_check *login; /* its password is being checked */
    char *user;                /* who logged in; allocated */
};

/* A commit on its way through the spool's thread and back to the loop. */
struct storing {
    struct task task;
    struct connection *connection;
    struct arrival *arrival;
    enum err_code result;
    uint32_t ticket;
};

/* An envelope of a thousand recipients is 100 KiB. */
enum {
    ENVELOPE_MAX = 4 * 1024 * 1024,
    EXPANDED_MAX = 16 * 1024 * 1024,
    CLOSE_DELAY_MS = 5000,
    HANDSHAKE_MS = 30000
};

static bool pump(struct connection *c);

static void end_sasl(struct connection *c)
{
    if (c->sasl)
        sasl_wipe(c->sasl);
    free(c->sasl);
    c->sasl = NULL;
}

static void free_connection(struct connection *c)
{
    struct receiver *r = c->receiver;
    list_remove(&c->link);
    if (c->is_counted)
        clients_leave(r->clients, slice_str(c->client_text));
    atomic_fetch_sub(r->connections, 1);
    smtp_server_free(&c->session);
    end_sasl(c);
    free(c->user);
    mem_give(&heap, (char *)(uintptr_t)c->helo.at, c->helo.len);
    free(c);
    if (r->is_stopping && list_is_empty(&r->open))
        r->drained(r->drained_ctx);
}

static void abort_content(struct connection *c)
{
    if (c->writer)
        c->receiver->spool->ops->abort(c->writer);
    c->writer = NULL;
}

static void close_connection(struct connection *c)
{
    abort_content(c);
    stream_close(&c->stream);
    c->is_gone = true;
    if (!c->storing && !c->login)
        free_connection(c);
}

/* After an answer that came late: what the session kept back can go on. May free the connection. */
static void go_on(struct connection *c)
{
    if (pump(c))
        stream_resume(&c->stream);
}

static void answer(struct connection *c, uint32_t ticket, struct reply r)
{
    smtp_server_answer(c->session, ticket, &r);
}

/* ---- content ---- */

static void begin_content(struct connection *c, const struct smtp_event *e)
{
    enum err_code code = spool_begin(c->receiver->spool, e->envelope->size, &c->writer);
    c->write_result = code;
    if (code == ERR_OK) {
        answer(c, e->ticket, reply_plain(SITUATION_DATA_GO_AHEAD));
        return;
    }
    c->writer = NULL;
    answer(c, e->ticket, verdict_of_spool(code));
}

static void add_content(struct connection *c, struct slice bytes)
{
    if (c->writer && c->write_result == ERR_OK)
        c->write_result = c->receiver->spool->ops->write(c->writer, bytes);
}

static void free_storing(struct storing *s)
{
    buf_free(&s->arrival->envelope);
    free(s->arrival);
    free(s);
}

static void on_stored(struct task *task)
{
    struct storing *s = LIST_ITEM(task, struct storing, task);
    struct connection *c = s->connection;
    struct receiver *r = c->receiver;
    uint32_t ticket = s->ticket;
    struct reply reply = verdict_of_spool(s->result);
    c->storing = NULL;
    if (s->result == ERR_OK) {
        char id[SPOOL_ID_TEXT + 1];
        spool_id_write(s->arrival->id, id);
        reply = REPLY_MAKE(SITUATION_ACCEPTED, smtp_server_arena(c->session), slice_str(id));
        r->options->arrived(r->options->arrived_ctx, s->arrival);
        free(s);
    } else {
        free_storing(s);
    }
    answer(c, ticket, reply);
    if (c->is_gone)
        free_connection(c);
    else
        go_on(c);
}

/* On the spool's thread. */
static void on_committed(void *ctx, enum err_code result, spool_id id,
                         struct spool_content *content)
{
    struct storing *s = ctx;
    s->result = result;
    s->arrival->id = id;
    s->arrival->content = content;
    loop_post(s->connection->receiver->loop, &s->task);
}

/* RFC 3848, RFC 6531 3.7.3. */
static struct slice protocol_of(const struct connection *c, bool smtputf8)
{
    if (!c->is_extended)
        return SLICE("SMTP");
    if (smtputf8) /* RFC 6531 4.3; a login is in TLS only */
        return c->user        ? SLICE("UTF8SMTPSA")
               : c->is_secure ? SLICE("UTF8SMTPS")
                              : SLICE("UTF8SMTP");
    if (c->user)
        return SLICE("ESMTPSA");
    return c->is_secure ? SLICE("ESMTPS") : SLICE("ESMTP");
}

/* The envelope as it is kept, with aliases resolved. */
static bool encode_envelope(const struct connection *c, const struct smtp_event *e, struct buf *out)
{
    const struct receiver *r = c->receiver;
    struct envelope envelope = *e->envelope;
    struct arena arena;
    arena_init(&arena, &heap, EXPANDED_MAX);
    bool done =
        expand_recipients(&envelope, r->options->access, &heap, r->clients->counts.key, &arena);
    envelope.helo = c->helo;
    envelope.client = slice_str(c->client_text);
    envelope.protocol = protocol_of(c, e->envelope->smtputf8);
    envelope.received_at = clock_unix_ms();
    if (done)
        envelope_encode(out, &envelope);
    arena_reset(&arena);
    return done && !out->failed;
}

static struct storing *new_storing(struct connection *c, const struct smtp_event *e)
{
    struct storing *s = calloc(1, sizeof(*s));
    struct arrival *a = calloc(1, sizeof(*a));
    if (!s || !a) {
        free(s);
        free(a);
        return NULL;
    }
    *s =
        (struct storing){.task.run = on_stored, .connection = c, .arrival = a, .ticket = e->ticket};
    buf_init(&a->envelope, &heap, ENVELOPE_MAX);
    if (encode_envelope(c, e, &a->envelope))
        return s;
    free_storing(s);
    return NULL;
}

static void end_content(struct connection *c, const struct smtp_event *e)
{
    struct spool_writer *writer = c->writer;
    struct storing *s = writer && c->write_result == ERR_OK ? new_storing(c, e) : NULL;
    if (!s) {
        abort_content(c);
        answer(c, e->ticket, verdict_of_spool(c->write_result ? c->write_result : ERR_MEMORY));
        return;
    }
    c->writer = NULL;
    c->storing = s;
    c->receiver->spool->ops->commit(writer, buf_slice(&s->arrival->envelope), on_committed, s);
}

/* ---- logins ---- */

static void on_checked(struct login_check *check)
{
    struct connection *c = check->ctx;
    uint32_t ticket = check->ticket;
    bool is_right = check->is_right;
    c->login = NULL;
    LOG(c->receiver->log, LOG_LEVEL_INFO, is_right ? "login" : "login-failed",
        {"client", slice_str(c->client_text)}, {"user", slice_str(check->name)});
    if (is_right)
        c->user = strdup(check->name);
    bool failed = is_right && !c->user;
    login_check_free(&check);
    if (c->is_gone) {
        free_connection(c);
        return;
    }
    answer(c, ticket,
           reply_plain(failed     ? SITUATION_AUTH_UNAVAILABLE
                       : is_right ? SITUATION_AUTH_OK
                                  : SITUATION_AUTH_FAILED));
    go_on(c);
}

static void check_login(struct connection *c, uint32_t ticket, const struct sasl_credentials *who)
{
    const struct receiver *r = c->receiver;
    c->login = login_check_begin(&r->options->accounts, r->loop, who, on_checked, c, ticket);
    if (!c->login)
        answer(c, ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}

static void go_on_with_login(struct connection *c, const struct smtp_event *e)
{
    struct arena *arena = smtp_server_arena(c->session);
    struct sasl_credentials who;
    struct slice challenge;
    switch (sasl_step(c->sasl, e->has_response ? &e->response : NULL, &challenge, &who)) {
    case SASL_CHALLENGE:
        answer(c, e->ticket, REPLY_MAKE(SITUATION_AUTH_CHALLENGE, arena, challenge));
        return;
    case SASL_CREDENTIALS:
        check_login(c, e->ticket, &who);
        break;
    case SASL_MALFORMED:
        answer(c, e->ticket, REPLY_MAKE(SITUATION_AUTH_MALFORMED, arena, SLICE("this mechanism")));
        break;
    }
    end_sasl(c);
}

static void begin_login(struct connection *c, const struct smtp_event *e)
{
    end_sasl(c);
    c->sasl = calloc(1, sizeof(*c->sasl));
    if (c->sasl && sasl_begin(c->sasl, e->text)) {
        go_on_with_login(c, e);
        return;
    }
    end_sasl(c);
    answer(c, e->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}

/* ---- events ---- */

static void note_helo(struct connection *c, const struct smtp_event *e)
{
    mem_give(&heap, (char *)(uintptr_t)c->helo.at, c->helo.len);
    char *copy = malloc(e->text.len + 1);
    c->helo = SLICE("");
    if (copy) {
        memcpy(copy, e->text.at, e->text.len);
        c->helo = slice_of(copy, e->text.len);
    }
    c->is_extended = e->is_extended;
}

/* Answers what the session does not know itself: the guide over SMTP, and the session's state. */
static void answer_help(struct connection *c, const struct smtp_event *e)
{
    answer(c, e->ticket, help_reply(e->text, smtp_server_arena(c->session)));
}

static void check_client(struct connection *c, const struct smtp_event *e)
{
    struct receiver *r = c->receiver;
    struct arena *arena = smtp_server_arena(c->session);
    struct slice hostname = r->options->hostname;
    if (atomic_load(r->connections) > r->options->connections_max)
        answer(c, e->ticket, REPLY_MAKE(SITUATION_OVERLOAD, arena, hostname));
    else if (!c->is_counted && !c->is_trusted)
        answer(c, e->ticket, verdict_too_many(r->clients, slice_str(c->client_text), arena));
    else
        answer(c, e->ticket, REPLY_MAKE(SITUATION_GREETING, arena, hostname));
}

static void check_recipient(struct connection *c, const struct smtp_event *e)
{
    enum access access = access_check(c->receiver->options->access, &c->client, &e->address);
    if (access == ACCESS_DENIED && c->user)
        access = ACCESS_RELAY;
    answer(c, e->ticket,
           verdict_of_access(access, access_alias(c->receiver->options->access, &e->address),
                             e->address.text, slice_str(c->client_text),
                             smtp_server_arena(c->session)));
}

static void handle(struct connection *c, const struct smtp_event *e)
{
    switch (e->kind) {
    case SMTP_EVENT_CONNECT:
        check_client(c, e);
        return;
    case SMTP_EVENT_HELO:
        note_helo(c, e);
        return;
    case SMTP_EVENT_AUTH:
        begin_login(c, e);
        return;
    case SMTP_EVENT_AUTH_RESPONSE:
        go_on_with_login(c, e);
        return;
    case SMTP_EVENT_MAIL:
        answer(c, e->ticket,
               REPLY_MAKE(SITUATION_MAIL_OK, smtp_server_arena(c->session), e->address.text));
        return;
    case SMTP_EVENT_RCPT:
        check_recipient(c, e);
        return;
    case SMTP_EVENT_DATA:
        begin_content(c, e);
        return;
    case SMTP_EVENT_BODY:
        add_content(c, e->text);
        return;
    case SMTP_EVENT_END_OF_DATA:
        end_content(c, e);
        return;
    case SMTP_EVENT_ABORT:
    case SMTP_EVENT_RESET:
        abort_content(c);
        return;
    case SMTP_EVENT_HELP:
        answer_help(c, e);
        return;
    case SMTP_EVENT_SECURE:
        c->wants_tls = true;
        return;
    case SMTP_EVENT_CLOSE:
        c->is_closing = true;
        return;
    }
}

static void flush(struct connection *c)
{
    struct slice out = smtp_server_output(c->session);
    while (out.len) {
        size_t sent = stream_send(&c->stream, out);
        smtp_server_sent(c->session, sent);
        if (sent < out.len)
            return;
        out = smtp_server_output(c->session);
    }
}

/* False: the connection is gone. */
static bool begin_tls(struct connection *c)
{
    c->wants_tls = false;
    if (!stream_secure(&c->stream, c->entrance->tls, NULL)) {
        close_connection(c);
        return false;
    }
    stream_set_deadline(&c->stream, loop_now(c->stream.loop) + HANDSHAKE_MS);
    return true;
}

/* Looks at all that the session has to say, sends, sets the clock. False: the connection is gone.
 */
static bool pump(struct connection *c)
{
    struct smtp_event e;
    while (smtp_server_next(c->session, &e))
        handle(c, &e);
    flush(c);
    if (c->wants_tls && !c->is_closing && smtp_server_output(c->session).len == 0)
        return begin_tls(c);
    if (c->stream.is_securing)
        return true;
    if (c->is_half_closed && !c->storing && !c->login && smtp_server_output(c->session).len == 0) {
        close_connection(c);
        return false;
    }
    if (!c->is_closing) {
        stream_set_deadline(&c->stream, smtp_server_deadline(c->session));
        return true;
    }
    if (smtp_server_output(c->session).len == 0 && stream_finish(&c->stream)) {
        close_connection(c);
        return false;
    }
    if (!c->close_until)
        c->close_until = loop_now(c->stream.loop) + CLOSE_DELAY_MS;
    stream_set_deadline(&c->stream, c->close_until);
    return true;
}

static struct connection *connection_of(struct stream *s)
{
    return LIST_ITEM(s, struct connection, stream);
}

static size_t on_bytes(struct stream *s, struct slice in)
{
    struct connection *c = connection_of(s);
    size_t used = 0, taken;
    do {
        if (c->is_closing || c->stream.is_securing)
            return in.len;
        taken = smtp_server_feed(c->session, slice_from(in, used), loop_now(s->loop));
        used += taken;
        if (!pump(c))
            return STREAM_GONE;
    } while (taken && used < in.len);
    return used;
}

static void on_writable(struct stream *s)
{
    struct connection *c = connection_of(s);
    flush(c);
    if (smtp_server_output(c->session).len == 0)
        go_on(c);
}

static void on_ended(struct stream *s, const char *failure)
{
    struct connection *c = connection_of(s);
    if (failure) {
        if (s->is_securing)
            LOG(c->receiver->log, LOG_LEVEL_INFO, "tls-failed",
                {"client", slice_str(c->client_text)}, {"reason", slice_str(failure)});
        close_connection(c);
        return;
    }
    c->is_half_closed = true;
    pump(c);
}

static void on_secured(struct stream *s)
{
    struct connection *c = connection_of(s);
    c->is_secure = true;
    smtp_server_secured(c->session, loop_now(s->loop));
    pump(c);
}

static void on_timer(struct stream *s)
{
    struct connection *c = connection_of(s);
    if (c->is_closing || s->is_securing) {
        close_connection(c);
        return;
    }
    smtp_server_tick(c->session, loop_now(s->loop));
    go_on(c);
}

static const struct stream_owner stream_owner = {.bytes = on_bytes,
                                                 .writable = on_writable,
                                                 .ended = on_ended,
                                                 .timer = on_timer,
                                                 .secured = on_secured};

/* ---- the receiver ---- */

void receiver_init(struct receiver *r, struct loop *loop, struct spool *spool,
                   const struct log *log, const struct receiver_options *options,
                   struct clients *clients, atomic_uint *connections)
{
    *r = (struct receiver){.loop = loop,
                           .spool = spool,
                           .log = log,
                           .options = options,
                           .clients = clients,
                           .connections = connections};
    list_init(&r->open);
}

static struct ip ip_of(const struct sockaddr *peer)
{
    if (peer->sa_family == AF_INET)
        return ip_from_bytes(
            IP_V4, (const uint8_t *)&((const struct sockaddr_in *)(const void *)peer)->sin_addr);
    return ip_from_bytes(
        IP_V6, (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr);
}

void receiver_accept(void *ctx, int fd, const struct sockaddr *peer)
{
    const struct receiver_entrance *entrance = ctx;
    struct receiver *r = entrance->receiver;
    struct connection *c = r->is_stopping ? NULL : calloc(1, sizeof(*c));
    struct smtp_server *session =
        c ? smtp_server_new(&heap, entrance->session, loop_now(r->loop)) : NULL;
    if (!session) {
        free(c);
        close(fd);
        return;
    }
    c->receiver = r;
    c->entrance = entrance;
    c->session = session;
    c->client = ip_of(peer);
    net_address_write(peer, c->client_text);
    c->is_trusted = access_is_trusted(r->options->access, &c->client);
    c->is_counted = !c->is_trusted && clients_enter(r->clients, slice_str(c->client_text));
    atomic_fetch_add(r->connections, 1);
    list_append(&r->open, &c->link);
    stream_open(&c->stream, r->loop, fd, &stream_owner);
    if (!entrance->is_implicit || begin_tls(c))
        pump(c);
}

void receiver_stop(struct receiver *r, void (*drained)(void *ctx), void *ctx)
{
    r->is_stopping = true;
    r->drained = drained;
    r->drained_ctx = ctx;
    if (list_is_empty(&r->open)) {
        drained(ctx);
        return;
    }
    struct list *next;
    for (struct list *at = r->open.next; at != &r->open; at = next) {
        struct connection *c = LIST_ITEM(at, struct connection, link);
        next = at->next; /* go_on may free this one, never another */
        smtp_server_shutdown(c->session);
        if (!c->is_gone)
            go_on(c);
    }
}
