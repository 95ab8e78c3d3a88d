#include "smtp/server/session.h"

enum {
    /* What the longest reply, with all that a pipeline may add to it, needs. */
    OUTPUT_MAX = 256 * 1024,
    /* A client that does not read is not listened to. */
    OUTPUT_HIGH = 16 * 1024,
    /* Verdicts (and replies behind them) that may wait at once: enough for a pipeline to hide the
     * time that look-ups take, few enough that a client can't make us hold much. */
    SLOTS_MAX = 64,
    /* Texts of a transaction: a path of 256 and ORCPT of 500 octets for each recipient, the list of
     * recipients as it grows, and some room for replies. */
    ARENA_BASE = 64 * 1024,
    ARENA_PER_RECIPIENT = 1024
};

struct smtp_server *smtp_server_new(const struct mem *mem,
                                    const struct smtp_server_options *options, int64_t now)
{
    struct smtp_server *s = mem_take(mem, sizeof(*s));
    if (!s)
        return NULL;
    *s = (struct smtp_server){.mem = mem,
                              .options = options,
                              .mechanisms = options->mechanisms,
                              .state = STATE_CONNECT,
                              .now = now,
                              .since = now};
    buf_init(&s->line.partial, mem, LINE_MAX_AUTH);
    buf_init(&s->output, mem, OUTPUT_MAX);
    arena_init(&s->arena, mem, ARENA_BASE + (size_t)options->recipients_max * ARENA_PER_RECIPIENT);
    if (session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_CONNECT}))
        return s;
    smtp_server_free(&s);
    return NULL;
}

void smtp_server_free(struct smtp_server **server)
{
    struct smtp_server *s = *server;
    if (!s)
        return;
    *server = NULL;
    session_drop_slots(s);
    refusals_drop(s);
    session_set_helo(s, SLICE(""), false);
    buf_free(&s->line.partial);
    buf_free(&s->output);
    arena_reset(&s->arena);
    mem_give(s->mem, s, sizeof(*s));
}

/* Whoever goes on after a reply that could not be said any more must not open the session again. */
void session_set_state(struct smtp_server *s, enum server_state to)
{
    if (s->state != STATE_CLOSED)
        s->state = to;
}

void session_set_helo(struct smtp_server *s, struct slice name, bool is_extended)
{
    if (s->helo.len)
        mem_give(s->mem, (void *)(uintptr_t)s->helo.at, s->helo.len);
    s->helo = SLICE("");
    s->is_extended = is_extended;
    char *at = name.len ? mem_take(s->mem, name.len) : NULL;
    if (!at)
        return;
    memcpy(at, name.at, name.len);
    s->helo = slice_of(at, name.len);
}

void session_reset(struct smtp_server *s)
{
    if (!session_in_transaction(s))
        return;
    if (s->state == STATE_CHUNKS && !s->content.flaws)
        s->told |= TOLD_ABORT;
    if (s->state & STATES_TRANSACTION)
        session_set_state(s, STATE_READY);
    s->told |= TOLD_RESET;
}

/* The memory goes when RESET has been told: until then events may be looked at. */
static void forget_transaction(struct smtp_server *s)
{
    s->envelope = (struct envelope){0};
    s->recipients_room = 0;
    s->tried_rcpt = false;
    arena_reset(&s->arena);
}

void session_close(struct smtp_server *s)
{
    if (s->state == STATE_CLOSED)
        return;
    if ((s->state & STATES_CONTENT) && !s->content.flaws)
        s->told |= TOLD_ABORT;
    session_set_state(s, STATE_CLOSED);
    session_drop_slots(s);
    s->has_event = false;
    s->told |= TOLD_CLOSE;
}

struct smtp_event *session_event(struct smtp_server *s, enum smtp_event_kind kind)
{
    s->event = (struct smtp_event){.kind = kind, .text = SLICE(""), .envelope = &s->envelope};
    s->has_event = true;
    return &s->event;
}

static bool takes_input(const struct smtp_server *s)
{
    return !s->has_event && !s->told && !s->holds && s->slots_count < SLOTS_MAX &&
           s->output.len - s->output_sent < OUTPUT_HIGH;
}

void session_note_flow(struct smtp_server *s, size_t len)
{
    if (!s->is_flowing) {
        s->is_flowing = true;
        s->flow_since = s->now;
        s->flow_bytes = 0;
    }
    s->flow_bytes += len;
    s->since = s->now;
}

static size_t skip(struct smtp_server *s, struct slice in)
{
    size_t used = s->skip_left < in.len ? (size_t)s->skip_left : in.len;
    s->skip_left -= used;
    session_note_flow(s, used);
    return used;
}

/* How many bytes were taken; 0: a command that has to wait for verdicts. */
static size_t take(struct smtp_server *s, struct slice in)
{
    if (s->skip_left)
        return skip(s, in);
    if (s->state == STATE_CHUNK)
        return chunk_take(s, in);
    return s->state == STATE_DATA ? data_take(s, in) : line_take(s, in);
}

size_t smtp_server_feed(struct smtp_server *s, struct slice in, int64_t now)
{
    size_t used = 0;
    s->now = now;
    if (s->since == SINCE_NEXT_TICK)
        s->since = now;
    while (used < in.len && takes_input(s)) {
        if (s->state & (STATE_CLOSED | STATE_SECURE))
            return in.len;
        size_t taken = take(s, slice_from(in, used));
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

/* The first of what is told without a payload, or 0. CLOSE comes after the event, the others
 * before. */
static unsigned next_told(const struct smtp_server *s)
{
    unsigned before = s->told & (TOLD_ABORT | TOLD_RESET);
    if (before)
        return before & -before;
    return s->has_event ? 0 : s->told;
}

bool smtp_server_next(struct smtp_server *s, struct smtp_event *event_r)
{
    static const enum smtp_event_kind kinds[] = {
        [TOLD_ABORT] = SMTP_EVENT_ABORT,
        [TOLD_RESET] = SMTP_EVENT_RESET,
        [TOLD_CLOSE] = SMTP_EVENT_CLOSE,
    };
    if (s->state == STATE_CHUNK && s->chunk_left == 0 && !s->has_event)
        chunk_end(s);
    unsigned told = next_told(s);
    if (told) {
        s->told &= ~told;
        if (told == TOLD_RESET)
            forget_transaction(s);
        *event_r =
            (struct smtp_event){.kind = kinds[told], .text = SLICE(""), .envelope = &s->envelope};
        return true;
    }
    if (!s->has_event) {
        line_release(&s->line);
        return false;
    }
    *event_r = s->event;
    s->has_event = false;
    return true;
}

void smtp_server_secured(struct smtp_server *s, int64_t now)
{
    s->is_secure = true;
    s->is_logged_in = false;
    if (s->state != STATE_SECURE)
        return;
    s->now = s->since = now;
    line_release(&s->line);
    session_set_helo(s, SLICE(""), false);
    session_set_state(s, STATE_START);
}

void smtp_server_set_wall(struct smtp_server *s, int64_t unix_ms)
{
    s->wall = unix_ms - s->now;
}

void smtp_server_offer(struct smtp_server *s, struct slice mechanisms)
{
    s->mechanisms = mechanisms;
}

void smtp_server_trust(struct smtp_server *s, bool is_trusted)
{
    s->is_trusted = is_trusted;
}

void smtp_server_trust_proxy(struct smtp_server *s)
{
    s->is_proxy = true;
}

struct arena *smtp_server_arena(struct smtp_server *s)
{
    return &s->arena;
}

struct slice smtp_server_output(const struct smtp_server *s)
{
    struct slice farewell = s->options->farewell;
    if (s->output.len > s->output_sent || s->farewell_left == 0)
        return slice_from(buf_slice(&s->output), s->output_sent);
    return slice_from(farewell, farewell.len - s->farewell_left);
}

void smtp_server_sent(struct smtp_server *s, size_t len)
{
    size_t left = s->output.len - s->output_sent;
    if (left == 0 && s->farewell_left) {
        s->farewell_left -= len < s->farewell_left ? len : s->farewell_left;
        return;
    }
    s->output_sent += len < left ? len : left;
    if (s->output_sent == s->output.len) {
        buf_free(&s->output); /* an idle session holds no buffers */
        s->output_sent = 0;
    } else if (s->output_sent >= OUTPUT_HIGH) {
        buf_drop(&s->output, s->output_sent); /* a reader that is always a bit behind */
        s->output_sent = 0;
    }
}

/* When fewer bytes of content will have come than should: a client that sends one a minute holds
 * us as one that sends none does. */
static int64_t rate_deadline(const struct smtp_server *s)
{
    const struct smtp_server_options *o = s->options;
    if (!o->data_rate || !s->is_flowing || (!(s->state & STATES_FLOWING) && !s->skip_left))
        return INT64_MAX;
    return s->flow_since + o->data_timeout + (int64_t)(s->flow_bytes * 1000 / o->data_rate);
}

int64_t smtp_server_deadline(const struct smtp_server *s)
{
    if (s->state == STATE_CLOSED || s->slots)
        return INT64_MAX;
    if (s->since == SINCE_NEXT_TICK)
        return s->now;
    int64_t rate = rate_deadline(s);
    int64_t silence = s->since + ((s->state & STATES_FLOWING) ? s->options->data_timeout
                                                              : s->options->command_timeout);
    return rate < silence ? rate : silence;
}

static void say_too_slow(struct smtp_server *s)
{
    char bytes[NUMBER_TEXT], seconds[NUMBER_TEXT], least[NUMBER_TEXT];
    const struct slice args[] = {s->options->hostname, session_number(bytes, s->flow_bytes),
                                 session_number(seconds, (uint64_t)(s->now - s->flow_since) / 1000),
                                 session_number(least, s->options->data_rate)};
    session_say_last(s, SITUATION_DATA_TOO_SLOW, args, 4);
}

static void time_out(struct smtp_server *s)
{
    if (s->now >= rate_deadline(s)) {
        say_too_slow(s);
        return;
    }
    bool in_data = (s->state & STATES_FLOWING) != 0;
    int64_t ms = in_data ? s->options->data_timeout : s->options->command_timeout;
    char seconds[NUMBER_TEXT];
    const struct slice args[] = {s->options->hostname,
                                 session_number(seconds, (uint64_t)ms / 1000)};
    session_say_last(s, in_data ? SITUATION_DATA_TIMEOUT : SITUATION_IDLE_TIMEOUT, args, 2);
}

void smtp_server_tick(struct smtp_server *s, int64_t now)
{
    s->now = now;
    if (s->since == SINCE_NEXT_TICK)
        s->since = now;
    else if (now >= smtp_server_deadline(s))
        time_out(s);
}

bool smtp_server_is_idle(const struct smtp_server *s)
{
    return !s->slots && !(s->state & STATES_CONTENT) && !s->told && !s->has_event;
}

/* Only a client whose verdict is awaited before the greeting is neither idle nor worth waiting for.
 */
void smtp_server_shutdown(struct smtp_server *s)
{
    s->is_stopping = true;
    if (s->state == STATE_CONNECT)
        session_drop_slots(s);
    session_stop_if_idle(s);
}
