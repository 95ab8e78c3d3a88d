#include "deliver/smtp_agent.h"

#include <stdlib.h>

#include "deliver/login.h"
#include "deliver/smtp_peer.h"
#include "queue/decide.h"
#include "queue/provider.h"
#include "system/clock.h"
#include "system/heap.h"

enum { PEER_ARENA = 16 * 1024 };
static const int64_t minute = 60 * 1000;

struct smtp_agent_options smtp_agent_default_options(struct slice hostname)
{
    return (struct smtp_agent_options){
        .client = {.helo = hostname,
                   .greeting_timeout = 5 * minute,
                   .helo_timeout = 5 * minute,
                   .mail_timeout = 5 * minute,
                   .rcpt_timeout = 5 * minute,
                   .data_timeout = 2 * minute,
                   .block_timeout = 3 * minute,
                   .end_timeout = 10 * minute},
        .connect_timeout = 30 * 1000,
        .idle_timeout = 5 * 1000,
        .messages_max = 100,
    };
}

void smtp_agent_wait_at_most(struct smtp_agent_options *options, int64_t most)
{
    struct smtp_client_options *o = &options->client;
    int64_t *const timeouts[] = {&o->greeting_timeout, &o->helo_timeout, &o->mail_timeout,
                                 &o->rcpt_timeout,     &o->data_timeout, &o->block_timeout,
                                 &o->end_timeout};
    for (size_t i = 0; i < sizeof(timeouts) / sizeof(*timeouts); i++)
        if (*timeouts[i] > most)
            *timeouts[i] = most;
}

struct smtp_agent *smtp_agent_new(struct loop *loop, const struct smtp_agent_options *options)
{
    struct smtp_agent *agent = calloc(1, sizeof(*agent));
    if (!agent)
        return NULL;
    *agent = (struct smtp_agent){.loop = loop, .options = options};
    list_init(&agent->active);
    list_init(&agent->idle);
    list_init(&agent->closing);
    return agent;
}

static void peer_free(struct peer *p)
{
    list_remove(&p->link);
    race_stop(p->race);
    stream_close(&p->stream);
    smtp_client_free(&p->session);
    login_forget(&p->token);
    arena_reset(&p->arena);
    free(p);
}

void smtp_agent_free(struct smtp_agent *agent)
{
    if (!agent)
        return;
    for (struct list *link; (link = list_take_first(&agent->idle));) {
        struct peer *p = LIST_ITEM(link, struct peer, link);
        smtp_client_quit(p->session, loop_now(agent->loop));
        stream_send(&p->stream, smtp_client_output(p->session));
        peer_free(p);
    }
    for (struct list *link; (link = list_take_first(&agent->closing));)
        peer_free(LIST_ITEM(link, struct peer, link));
    free(agent);
}

/* Of p->tls, for the log. */
static const char *const security_names[] = {
    [TARGET_TLS_OFF] = "none",        [TARGET_TLS_MAY] = "none",  [TARGET_TLS_MUST] = "encrypted",
    [TARGET_TLS_VERIFY] = "verified", [TARGET_TLS_DANE] = "dane",
};

static struct outcome outcome_of(const struct peer *p, uint32_t recipient, enum stage stage,
                                 const struct reply *reply, const char *failure)
{
    struct outcome o = {.recipient = recipient, .stage = stage, .host = p->host};
    if (p->finding.code) {
        o.reply = p->finding;
        o.host = SLICE("");
    } else if (reply && reply->code) {
        o.reply = *reply;
        if (reply->situation != SITUATION_NONE) /* what our side of the session found */
            o.host = SLICE("");
    } else {
        o.failure = slice_str(failure ? failure : "the session ended without a reason");
    }
    return o;
}

static void settle(struct peer *p, uint32_t recipient, enum stage stage, const struct reply *reply,
                   const char *failure)
{
    struct outcome o = outcome_of(p, recipient, stage, reply, failure);
    o.is_dsn_passed = p->session && smtp_client_offers_dsn(p->session);
    o.is_by_passed = p->session && smtp_client_offers_by(p->session);
    o.security = security_names[p->tls];
    if (!reply || !reply->code || reply->situation != SITUATION_NONE)
        transcript_note(&p->delivery->transcript, "", o.failure.len ? o.failure : o.reply.text);
    delivery_settle(p->delivery, &o);
}

static void finish_delivery(struct peer *p)
{
    struct delivery *d = p->delivery;
    if (!d)
        return;
    p->delivery = NULL;
    p->targets = NULL;
    list_remove(&p->link);
    d->done(d);
}

static void update_deadline(struct peer *p)
{
    int64_t deadline = smtp_client_deadline(p->session);
    if (p->race)
        return; /* which has its own time */
    if (!p->delivery && p->idle_until < deadline)
        deadline = p->idle_until;
    stream_set_deadline(&p->stream, deadline);
}

/* Whether anything went out. */
static bool flush(struct peer *p)
{
    struct slice out = smtp_client_output(p->session);
    size_t sent = out.len ? stream_send(&p->stream, out) : 0;
    if (sent) {
        delivery_sent(p->delivery, slice_head(out, sent));
        smtp_client_sent(p->session, sent, loop_now(p->agent->loop));
    }
    return sent > 0;
}

static void send_message(struct peer *p)
{
    struct delivery *d = p->delivery;
    const struct attempt *a = d->attempt;
    p->trace = delivery_trace(d);
    p->message = (struct smtp_client_message){
        .envelope = a->envelope,
        .recipients = a->recipients,
        .count = a->count,
        .sender = d->reverse_path,
        .by_left = (a->envelope->deliver_by - clock_unix_ms()) / 1000,
        .size = p->trace.len + d->signature.len + d->spool->ops->size(d->content)};
    p->offset = 0;
    p->has_reply = false;
    p->is_trace_out = p->is_end_given = false;
    p->messages++;
    smtp_client_send(p->session, &p->message, loop_now(p->agent->loop));
}

static void give_body(struct peer *p)
{
    struct delivery *d = p->delivery;
    int64_t now = loop_now(p->agent->loop);
    struct slice bytes;
    d->transcript.is_content = true;
    if (!p->is_trace_out) {
        p->is_trace_out = true;
        smtp_client_body(p->session, p->trace, false, now);
        smtp_client_body(p->session, d->signature, false, now);
        return;
    }
    enum err_code code = d->spool->ops->read(d->content, p->offset, &bytes);
    if (code == ERR_OK) {
        p->offset += bytes.len;
        p->is_end_given = p->offset == d->spool->ops->size(d->content);
        smtp_client_body(p->session, bytes, p->is_end_given, now);
    } else if (code == ERR_NOT_FOUND) {
        p->is_end_given = true;
        smtp_client_body(p->session, SLICE(""), true, now);
    } else {
        /* the end must not be sent: the peer would take half a message for a whole one */
        smtp_client_lost(p->session, "the stored message can't be read any more", now);
    }
}

/* Of a peer that is in no list. */
static void say_quit(struct peer *p)
{
    struct smtp_agent *agent = p->agent;
    int64_t now = loop_now(agent->loop);
    p->is_closing = true;
    p->idle_until = now + agent->options->idle_timeout;
    list_append(&agent->closing, &p->link);
    smtp_client_quit(p->session, now);
}

/* What the host's provider stands, what the host says, or what the operator set: the least. */
static uint32_t messages_max(const struct peer *p)
{
    const struct provider *known = provider_of(p->host);
    uint32_t most = p->agent->options->messages_max;
    uint64_t said = smtp_client_mails_max(p->session);
    if (known && known->messages && known->messages < most)
        most = known->messages;
    return said && said < most ? (uint32_t)said : most;
}

static void go_idle(struct peer *p)
{
    struct smtp_agent *agent = p->agent;
    if (p->messages >= messages_max(p) || p->finding.code) {
        say_quit(p);
        return;
    }
    p->idle_until = loop_now(agent->loop) + agent->options->idle_timeout;
    list_append(&agent->idle, &p->link);
}

static bool may_next_host_differ(const struct peer *p, const struct smtp_client_event *e)
{
    struct outcome o = outcome_of(p, OUTCOME_ALL, e->stage, &e->reply, e->failure);
    struct decision d;
    decide(&(struct decide_input){.outcome = &o,
                                  .rules = p->agent->options->rules,
                                  .has_next_host = p->target + 1 < p->targets->count},
           &d);
    return d.verdict == VERDICT_NEXT_HOST;
}

/* The session ended. True when the delivery goes on with another connection: `p` is used again. */
static bool try_elsewhere(struct peer *p, const struct smtp_client_event *e)
{
    if (p->is_ready && p->messages > 1 && !p->has_reply) {
        /* the peer had closed an idle connection when we used it again: no failure of anybody */
        p->target = 0;
        return peer_connect(p);
    }
    if (smtp_client_fell_behind(p->session) && !p->has_reply && !p->is_one_by_one) {
        transcript_note(&p->delivery->transcript, "Once more, one command at a time: ", p->host);
        p->is_one_by_one = true;
        return peer_connect(p);
    }
    if (e->stage == STAGE_STARTTLS)
        peer_note_session(p, p->stream.tls ? TLS_RESULT_INVALID : TLS_RESULT_NO_STARTTLS);
    if (e->stage == STAGE_STARTTLS && peer_may_go_in_clear(p)) {
        peer_leave_tls(p, e);
        return peer_connect(p);
    }
    peer_note_finding(p, e);
    if (!may_next_host_differ(p, e))
        return false;
    p->target++;
    p->is_in_clear = p->is_one_by_one = false;
    return peer_connect(p);
}

/* False: the peer is gone. */
static bool on_close(struct peer *p, const struct smtp_client_event *e)
{
    if (p->delivery) {
        if (try_elsewhere(p, e))
            return true;
        settle(p, OUTCOME_ALL, e->stage, &e->reply, e->failure);
        finish_delivery(p);
    }
    flush(p);
    peer_free(p);
    return false;
}

/* Handles one event; false when the peer is gone. */
static bool handle(struct peer *p, const struct smtp_client_event *e)
{
    switch (e->kind) {
    case SMTP_CLIENT_SAID:
        return true;
    case SMTP_CLIENT_SECURE:
        p->wants_tls = true;
        return true;
    case SMTP_CLIENT_READY:
        p->is_ready = true;
        peer_note_session(p, TLS_RESULT_NO_STARTTLS); /* without TLS: nobody said so before */
        if (p->delivery)
            send_message(p);
        return true;
    case SMTP_CLIENT_REPLY:
        p->has_reply = true;
        peer_note_demand(p, &e->reply);
        settle(p, e->recipient, e->stage, &e->reply, e->failure);
        return true;
    case SMTP_CLIENT_NEEDS_BODY:
        p->has_reply = true;
        if (p->delivery)
            give_body(p);
        return true;
    case SMTP_CLIENT_DONE:
        finish_delivery(p);
        go_idle(p);
        return true;
    case SMTP_CLIENT_CLOSE:
        return on_close(p, e);
    }
    return true;
}

/* Looks at all that the session has to say, then sends and sets the clock. False: the peer is gone.
 */
static bool pull(struct peer *p)
{
    struct smtp_client_event e;
    do /* what was sent may make room for content */
        while (smtp_client_next(p->session, &e))
            if (!handle(p, &e))
                return false;
    while (flush(p));
    if (p->wants_tls) {
        peer_begin_tls(p);
        return p->stream.is_securing || pull(p);
    }
    update_deadline(p);
    return true;
}

static struct peer *peer_of(struct stream *s)
{
    return LIST_ITEM(s, struct peer, stream);
}

static size_t on_bytes(struct stream *s, struct slice in)
{
    struct peer *p = peer_of(s);
    delivery_received(p->delivery, in);
    smtp_client_feed(p->session, in, loop_now(s->loop));
    /* the delivery may have gone on to another host, over another connection */
    return pull(p) && !p->stream.is_closed ? in.len : STREAM_GONE;
}

static void on_writable(struct stream *s)
{
    pull(peer_of(s));
}

static void on_secured(struct stream *s)
{
    struct peer *p = peer_of(s);
    peer_prove(p);
    if (p->delivery && p->tls != TARGET_TLS_OFF)
        transcript_note(&p->delivery->transcript, "TLS: ", slice_str(security_names[p->tls]));
    pull(p);
}

static void on_ended(struct stream *s, const char *failure)
{
    struct peer *p = peer_of(s);
    smtp_client_lost(p->session, failure ? failure : "the other side closed the connection",
                     loop_now(s->loop));
    pull(p);
}

static void on_timer(struct stream *s)
{
    struct peer *p = peer_of(s);
    int64_t now = loop_now(s->loop);
    if (!p->delivery && now >= p->idle_until) {
        if (p->is_closing) {
            peer_free(p); /* it did not answer QUIT in time */
            return;
        }
        list_remove(&p->link);
        say_quit(p);
    } else {
        smtp_client_tick(p->session, now);
    }
    pull(p);
}

static const struct stream_owner stream_owner = {.bytes = on_bytes,
                                                 .writable = on_writable,
                                                 .ended = on_ended,
                                                 .timer = on_timer,
                                                 .secured = on_secured};

void peer_connected(struct peer *p, int fd)
{
    stream_open(&p->stream, p->agent->loop, fd, &stream_owner);
    pull(p);
}

void peer_unreached(struct peer *p, const char *failure)
{
    smtp_client_lost(p->session, failure, loop_now(p->agent->loop));
    pull(p);
}

static struct peer *take_idle(struct smtp_agent *agent, const struct delivery *d,
                              const struct targets *targets)
{
    for (struct list *at = agent->idle.next; at != &agent->idle; at = at->next) {
        struct peer *p = LIST_ITEM(at, struct peer, link);
        if (peer_fits(p, d, targets)) {
            list_remove(&p->link);
            return p;
        }
    }
    return NULL;
}

static struct peer *peer_new(struct smtp_agent *agent, struct delivery *d)
{
    struct peer *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    *p = (struct peer){.agent = agent,
                       .source = delivery_source_id(d),
                       .kind = d->attempt->route.agent,
                       .account = d->attempt->route.account,
                       .stream = {.fd = -1, .is_closed = true}};
    list_init(&p->link);
    arena_init(&p->arena, &heap, PEER_ARENA);
    if (arena_dup(&p->arena, d->attempt->route.destination, &p->destination))
        return p;
    peer_free(p);
    return NULL;
}

void smtp_agent_deliver(struct smtp_agent *agent, struct delivery *d, const struct targets *targets)
{
    if (agent->is_stopping || !delivery_open(d)) {
        d->done(d);
        return;
    }
    struct peer *p = take_idle(agent, d, targets);
    bool is_reused = p != NULL;
    if (!p)
        p = peer_new(agent, d);
    if (!p) {
        d->done(d); /* without an outcome: it comes again soon */
        return;
    }
    p->delivery = d;
    p->targets = targets;
    p->target = 0;
    p->is_in_clear = p->is_one_by_one = false;
    list_append(&agent->active, &p->link);
    if (is_reused) {
        transcript_note(&d->transcript, "The connection is used again: ", p->host);
        send_message(p);
        pull(p);
    } else if (!peer_connect(p)) {
        peer_set_host(p, &targets->list[targets->count - 1]);
        settle(p, OUTCOME_ALL, STAGE_CONNECT, NULL, p->failure);
        finish_delivery(p);
        peer_free(p);
    }
}

void smtp_agent_stop(struct smtp_agent *agent)
{
    struct list *next;
    agent->is_stopping = true;
    for (struct list *at = agent->active.next; at != &agent->active; at = next) {
        struct peer *p = LIST_ITEM(at, struct peer, link);
        next = at->next;
        if (p->is_end_given)
            continue; /* broken off now, the message might come twice */
        finish_delivery(p);
        peer_free(p);
    }
}
