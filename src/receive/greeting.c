#include "receive/greeting.h"

#include <stdlib.h>

#include "net/timer.h"
#include "receive/inside.h"
#include "receive/limits.h"
#include "receive/verdict.h"

/* A greeting that is kept back. */
struct greeting {
    struct timer timer;
    struct connection *connection;
    uint32_t ticket;
};

static void greet(struct connection *c, uint32_t ticket)
{
    connection_answer(
        c, ticket,
        REPLY_MAKE(SITUATION_GREETING, smtp_server_arena(c->session), c->options->hostname));
}

/* Its ticket; the greeting is not kept back any more. */
static uint32_t take(struct connection *c)
{
    uint32_t ticket = c->greeting->ticket;
    greeting_end(c);
    return ticket;
}

static void on_time(void *ctx)
{
    struct connection *c = ((struct greeting *)ctx)->connection;
    greet(c, take(c));
    connection_go_on(c);
}

/* Not in TLS from the first byte: there the client begins, with the handshake. */
static void greet_later(struct connection *c, uint32_t ticket)
{
    int64_t wait = c->options->greeting_delay;
    if (wait && !c->is_trusted && !c->stream.is_securing)
        c->greeting = calloc(1, sizeof(*c->greeting));
    if (!c->greeting) {
        greet(c, ticket);
        return;
    }
    c->greeting->connection = c;
    c->greeting->ticket = ticket;
    timer_init(&c->greeting->timer, c->receiver->loop, on_time, c->greeting);
    timer_set(&c->greeting->timer, wait);
}

/* Whether the loop has more to do than it can: as it was at its last pulse, or is since. */
static bool is_overloaded(const struct connection *c)
{
    const struct receiver *r = c->receiver;
    int64_t late = loop_now(r->loop) - r->pulse_at - RECEIVER_PULSE_MS;
    int64_t most = c->options->overload_delay;
    return most && r->pulse_at && (late > most || r->late > most);
}

void greeting_begin(struct connection *c, const struct smtp_event *e)
{
    struct receiver *r = c->receiver;
    struct arena *arena = smtp_server_arena(c->session);
    if (c->is_no_proxy) {
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_GREETING_REFUSED, arena, c->options->hostname,
                                     slice_str(c->client_text),
                                     SLICE("This entrance is for known proxies alone; use the "
                                           "address that its operator has published")));
    } else if (c->never_accepts) {
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_NEVER_ACCEPTS, arena, c->options->hostname));
    } else if (atomic_load(r->connections) > c->options->connections_max) {
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_OVERLOAD, arena, c->options->hostname));
    } else if (!c->is_trusted && is_overloaded(c)) {
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_TOO_BUSY, arena, c->options->hostname));
    } else if (!c->is_counted && !c->is_trusted) {
        connection_answer(c, e->ticket,
                          verdict_too_many(r->clients, slice_str(c->client_text), arena));
    } else if (limits_let_in(c, e)) {
        if (!c->is_trusted)
            screening_begin(c);
        greet_later(c, e->ticket);
    }
}

void greeting_note_bytes(struct connection *c)
{
    if (!c->greeting)
        return;
    connection_answer(c, take(c),
                      REPLY_MAKE(SITUATION_GREETING_REFUSED, smtp_server_arena(c->session),
                                 c->options->hostname, slice_str(c->client_text),
                                 SLICE("You sent commands before this greeting; wait for it, as "
                                       "RFC 5321 4.3.1 says")));
}

void greeting_end(struct connection *c)
{
    if (c->greeting)
        timer_stop(&c->greeting->timer);
    free(c->greeting);
    c->greeting = NULL;
}
