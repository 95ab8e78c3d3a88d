#include "receive/connection.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "receive/dovecot_link.h"
#include "receive/greeting.h"
#include "receive/guide.h"
#include "receive/inside.h"
#include "receive/international.h"
#include "receive/limits.h"
#include "receive/returned.h"
#include "receive/sender_check.h"
#include "receive/verdict.h"
#include "system/clock.h"
#include "system/heap.h"

enum { CLOSE_DELAY_MS = 5000, HANDSHAKE_MS = 30000 };

static bool pump(struct connection *c);

static void free_connection(struct connection *c)
{
    struct receiver *r = c->receiver;
    struct shared *owner = c->options->owner;
    list_remove(&c->link);
    smtp_server_free(&c->session);
    exchange_end(c);
    screening_free(c);
    free(c->user);
    free(c->certified);
    free(c->offered);
    mem_give(&heap, (char *)(uintptr_t)c->helo.at, c->helo.len);
    free(c);
    shared_drop(owner);
    if (r->is_stopping && list_is_empty(&r->open))
        r->drained(r->drained_ctx);
}

/* Something of ours is under way that will come back to this connection. */
static bool is_awaited(const struct connection *c)
{
    return c->storing || c->login || c->relayed || c->token || c->tarpit || c->sender_checks ||
           c->fetches || screening_is_awaited(c);
}

static void uncount(struct connection *c)
{
    if (c->is_counted)
        clients_leave(c->receiver->clients, slice_str(c->network));
    c->is_counted = false;
}

void connection_close(struct connection *c)
{
    content_abort(c);
    greeting_end(c);
    front_end(c);
    relayed_end(c);
    stream_close(&c->stream);
    c->is_gone = true;
    uncount(c);
    atomic_fetch_sub(c->receiver->connections, 1);
    if (!is_awaited(c))
        free_connection(c);
}

void connection_go_on(struct connection *c)
{
    if (c->is_gone) {
        if (!is_awaited(c))
            free_connection(c);
        return;
    }
    if (pump(c))
        stream_resume(&c->stream);
}

void connection_answer(struct connection *c, uint32_t ticket, struct reply r)
{
    smtp_server_answer(c->session, ticket, &r);
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

static void check_sender(struct connection *c, const struct smtp_event *typed)
{
    struct arena *arena = smtp_server_arena(c->session);
    struct smtp_event own;
    const struct smtp_event *e = &own;
    if (!limits_take(c, typed, RATE_MESSAGES) || !international_take(c, typed, &own))
        return;
    if (c->user && c->options->owns_senders && e->address.text.len &&
        !access_owns(c->options->access, slice_str(c->user), &e->address))
        connection_answer(
            c, e->ticket,
            REPLY_MAKE(SITUATION_SENDER_NOT_OWNED, arena, e->address.text, slice_str(c->user)));
    else if (e->envelope->hold_until && !limits_has_room_to_hold(c, e))
        ; /* that was said */
    else if (!sender_check_begin(c, e))
        connection_answer(c, e->ticket,
                          verdict_mail_ok(e->envelope, c->user || c->is_trusted, arena));
}

void connection_check_recipient(struct connection *c, const struct smtp_event *e)
{
    if (!screening_admits(c, e) || !returned_admits(c, e))
        return;
    enum access access = access_check(c->options->access, &c->client, &e->address);
    if (access == ACCESS_DENIED && c->user)
        access = ACCESS_RELAY;
    if (access == ACCESS_NO_MAILBOX && !limits_take(c, e, RATE_UNKNOWN_RECIPIENTS))
        return;
    struct reply full;
    if (access == ACCESS_LOCAL &&
        !verdict_has_room(c->options->access, c->options->full, &e->address, e->envelope->size,
                          loop_now(c->stream.loop), smtp_server_arena(c->session), &full)) {
        connection_answer(c, e->ticket, full);
        return;
    }
    connection_answer(c, e->ticket,
                      verdict_of_access(access, c->options->access, &e->address,
                                        slice_str(c->client_text), smtp_server_arena(c->session)));
}

static void take_recipient(struct connection *c, const struct smtp_event *e)
{
    struct smtp_event own;
    if (limits_take(c, e, RATE_RECIPIENTS) && international_take(c, e, &own))
        connection_check_recipient(c, &own);
}

/* Before 220 is said: behind it there would be no other way than to hang up. */
static void prepare_tls(struct connection *c, const struct smtp_event *e)
{
    bool is_ready = stream_prepare(&c->stream, c->tls);
    if (!is_ready)
        LOG(c->receiver->log, LOG_LEVEL_ERROR, "tls-unavailable",
            {"client", slice_str(c->client_text)},
            {"reason", SLICE("there is no memory for another session of TLS")});
    connection_answer(c, e->ticket,
                      reply_plain(is_ready ? SITUATION_TLS_GO_AHEAD : SITUATION_TLS_UNAVAILABLE));
}

static void begin_securing(struct connection *c, const struct smtp_event *e)
{
    (void)e;
    c->wants_tls = true;
}

static void forget_content(struct connection *c, const struct smtp_event *e)
{
    (void)e;
    content_abort(c);
}

static void begin_closing(struct connection *c, const struct smtp_event *e)
{
    (void)e;
    c->is_closing = true;
}

static void handle(struct connection *c, const struct smtp_event *e)
{
    static void (*const handlers[])(struct connection * c, const struct smtp_event *e) = {
        [SMTP_EVENT_CONNECT] = greeting_begin,     [SMTP_EVENT_HELO] = note_helo,
        [SMTP_EVENT_AUTH] = exchange_begin,        [SMTP_EVENT_AUTH_RESPONSE] = exchange_go_on,
        [SMTP_EVENT_MAIL] = check_sender,          [SMTP_EVENT_RCPT] = take_recipient,
        [SMTP_EVENT_DATA] = content_begin_storing, [SMTP_EVENT_BODY] = content_store,
        [SMTP_EVENT_END_OF_DATA] = content_commit, [SMTP_EVENT_ABORT] = forget_content,
        [SMTP_EVENT_RESET] = forget_content,       [SMTP_EVENT_HELP] = guide_help,
        [SMTP_EVENT_VRFY] = guide_verify,          [SMTP_EVENT_EXPN] = guide_expand,
        [SMTP_EVENT_ETRN] = fetching_begin,        [SMTP_EVENT_STARTTLS] = prepare_tls,
        [SMTP_EVENT_SECURE] = begin_securing,      [SMTP_EVENT_XCLIENT] = proxied_begin,
        [SMTP_EVENT_XFORWARD] = proxied_note,      [SMTP_EVENT_CLOSE] = begin_closing,
    };
    handlers[e->kind](c, e);
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

int64_t connection_patience(const struct connection *c, int64_t most)
{
    return c->patience < most ? c->patience : most;
}

/* False: the connection is gone. */
static bool begin_tls(struct connection *c)
{
    c->wants_tls = false;
    if (!stream_secure(&c->stream, c->tls, NULL)) {
        connection_close(c);
        return false;
    }
    stream_set_deadline(&c->stream,
                        loop_now(c->stream.loop) + connection_patience(c, HANDSHAKE_MS));
    return true;
}

static void handle_all(struct connection *c)
{
    struct smtp_event e;
    while (smtp_server_next(c->session, &e))
        handle(c, &e);
    refused_tell(c);
}

/* Looks at all that the session has to say, sends, sets the clock. False: the connection is gone.
 */
static bool pump(struct connection *c)
{
    handle_all(c);
    flush(c);
    if (c->wants_tls && !c->is_closing && smtp_server_output(c->session).len == 0)
        return begin_tls(c);
    if (c->stream.is_securing)
        return true;
    if (c->is_half_closed && !is_awaited(c) && smtp_server_output(c->session).len == 0) {
        connection_close(c);
        return false;
    }
    if (!c->is_closing) {
        stream_set_deadline(&c->stream, smtp_server_deadline(c->session));
        return true;
    }
    if (smtp_server_output(c->session).len == 0 && stream_finish(&c->stream)) {
        connection_close(c);
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

/* How many bytes were taken. Commands that came together are answered together, so that a pipeline
 * costs one packet and not one for each (RFC 2920 3.2). */
static size_t take(struct connection *c, struct slice in)
{
    int64_t now = loop_now(c->stream.loop);
    size_t used = 0, taken;
    do {
        taken = smtp_server_feed(c->session, slice_from(in, used), now);
        used += taken;
        handle_all(c);
    } while (taken && used < in.len && !c->is_closing && !c->wants_tls);
    return used;
}

static size_t on_bytes(struct stream *s, struct slice in)
{
    struct connection *c = connection_of(s);
    size_t used = 0, taken;
    if (c->front) {
        front_take(c, in);
        return in.len;
    }
    greeting_note_bytes(c);
    do {
        if (c->is_closing || c->stream.is_securing)
            return in.len;
        taken = take(c, slice_from(in, used));
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
        connection_go_on(c);
}

static void note_tls_failure(const struct connection *c, const char *why)
{
    LOG(c->receiver->log, LOG_LEVEL_INFO, "tls-failed", {"client", slice_str(c->client_text)},
        {"reason", slice_str(why)});
}

static void on_ended(struct stream *s, const char *failure)
{
    struct connection *c = connection_of(s);
    if (failure) {
        if (s->is_securing)
            note_tls_failure(c, failure);
        connection_close(c);
        return;
    }
    c->is_half_closed = true;
    if (c->front)
        connection_close(c); /* nobody sent anything */
    else
        pump(c);
}

static void on_secured(struct stream *s)
{
    struct connection *c = connection_of(s);
    c->is_secure = true;
    exchange_secured(c);
    smtp_server_secured(c->session, loop_now(s->loop));
    pump(c);
}

static void on_timer(struct stream *s)
{
    struct connection *c = connection_of(s);
    if (c->front) {
        front_give_up(c);
        return;
    }
    if (s->is_securing)
        note_tls_failure(c, "the client did not end the handshake in time");
    if (c->is_closing || s->is_securing) {
        connection_close(c);
        return;
    }
    smtp_server_tick(c->session, loop_now(s->loop));
    connection_go_on(c);
}

static const struct stream_owner stream_owner = {.bytes = on_bytes,
                                                 .writable = on_writable,
                                                 .ended = on_ended,
                                                 .timer = on_timer,
                                                 .secured = on_secured};

/* ---- the receiver ---- */

static void on_pulse(void *ctx)
{
    struct receiver *r = ctx;
    int64_t now = loop_now(r->loop);
    r->late = r->pulse_at ? now - r->pulse_at - RECEIVER_PULSE_MS : 0;
    r->pulse_at = now;
    timer_set(&r->pulse, RECEIVER_PULSE_MS);
}

void receiver_init(struct receiver *r, struct loop *loop, struct spool *spool,
                   const struct log *log, struct clients *clients, atomic_uint *connections)
{
    *r = (struct receiver){
        .loop = loop, .spool = spool, .log = log, .clients = clients, .connections = connections};
    list_init(&r->open);
    list_init(&r->dovecots);
    timer_init(&r->pulse, loop, on_pulse, r);
    timer_set(&r->pulse, 0);
}

void receiver_prepare(struct receiver *r, const struct receiver_options *options)
{
    if (options->accounts.dovecot.len)
        (void)dovecot_link_get(&r->dovecots, r->loop, r->log, options->accounts.dovecot);
}

void receiver_free(struct receiver *r)
{
    dovecot_links_free(&r->dovecots);
    free(r->tokens);
}

static struct ip ip_of(const struct sockaddr *peer)
{
    if (peer->sa_family == AF_INET)
        return ip_from_bytes(
            IP_V4, (const uint8_t *)&((const struct sockaddr_in *)(const void *)peer)->sin_addr);
    return ip_from_bytes(
        IP_V6, (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr);
}

void connection_set_client(struct connection *c, struct ip client)
{
    struct buf text;
    uncount(c);
    buf_init_fixed(&text, c->client_text, sizeof(c->client_text) - 1);
    c->client = client;
    ip_write(&text, client);
    c->client_text[text.len] = '\0';
    rates_client(client, c->network);
    c->is_trusted = access_is_trusted(c->options->access, &c->client);
    smtp_server_trust(c->session, c->is_trusted);
}

void connection_count(struct connection *c)
{
    c->is_counted = !c->is_trusted && clients_enter(c->receiver->clients, slice_str(c->network));
}

/* A proxy that may speak for others is not judged itself. */
void connection_begin(struct connection *c)
{
    if (cidr_list_contains(c->speakers, c->speaker_count, c->client)) {
        smtp_server_trust_proxy(c->session);
        c->is_trusted = true;
    }
    connection_count(c);
    if (!c->is_implicit || begin_tls(c))
        pump(c);
}

void receiver_accept(void *ctx, int fd, const struct sockaddr *peer)
{
    const struct receiver_entrance *entrance = ctx;
    struct receiver *r = entrance->receiver;
    struct connection *c = r->is_stopping ? NULL : calloc(1, sizeof(*c));
    struct smtp_server *session =
        c ? smtp_server_new(&heap, entrance->session, loop_now(r->loop)) : NULL;
    if (!session) {
        if (!r->is_stopping && !entrance->is_implicit)
            (void)!send(fd, entrance->session->farewell.at, entrance->session->farewell.len,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
        free(c);
        close(fd);
        return;
    }
    c->receiver = r;
    c->options = entrance->options;
    c->tls = entrance->tls;
    c->never_accepts = entrance->never_accepts;
    c->is_implicit = entrance->is_implicit;
    c->patience = entrance->session->command_timeout;
    c->speakers = entrance->speakers;
    c->speaker_count = entrance->speaker_count;
    shared_hold(c->options->owner);
    c->session = session;
    smtp_server_set_wall(session, clock_unix_ms());
    refused_begin(c);
    connection_set_client(c, ip_of(peer));
    atomic_fetch_add(r->connections, 1);
    list_append(&r->open, &c->link);
    stream_open(&c->stream, r->loop, fd, &stream_owner);
    c->is_no_proxy = entrance->proxy_count &&
                     !cidr_list_contains(entrance->proxies, entrance->proxy_count, c->client);
    if (entrance->proxy_count == 0 || c->is_no_proxy)
        connection_begin(c);
    else if (!front_begin(c))
        connection_close(c);
}

void receiver_stop(struct receiver *r, void (*drained)(void *ctx), void *ctx)
{
    r->is_stopping = true;
    timer_stop(&r->pulse);
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
        if (c->front)
            connection_close(c);
        else if (!c->is_gone)
            connection_go_on(c);
    }
}
