/* Replies and verdicts: they come in any order and leave in the order of the commands (RFC
 * 2920 3.2).
 */
#include "smtp/server/session.h"

/* Room for the words of one reply of the session's own. */
enum { WORDS_MAX = 8192 };

struct slice session_number(char storage[NUMBER_TEXT], uint64_t value)
{
    struct buf digits;
    buf_init_fixed(&digits, storage, NUMBER_TEXT);
    buf_add_u64(&digits, value);
    return buf_slice(&digits);
}

static void drop_slot(struct smtp_server *s, struct slot *slot)
{
    if (slot->reply.text.len)
        mem_give(s->mem, (void *)(uintptr_t)slot->reply.text.at, slot->reply.text.len);
    mem_give(s->mem, slot, sizeof(*slot));
}

static struct slot *take_first_slot(struct smtp_server *s)
{
    struct slot *slot = s->slots;
    s->slots = slot->next;
    if (!s->slots)
        s->slots_last = NULL;
    s->slots_count--;
    return slot;
}

void session_drop_slots(struct smtp_server *s)
{
    while (s->slots)
        drop_slot(s, take_first_slot(s));
    s->rcpts_waiting = 0;
    s->holds = false;
}

static struct slot *add_slot(struct smtp_server *s)
{
    struct slot *slot = mem_take(s->mem, sizeof(*slot));
    if (!slot)
        return NULL;
    *slot = (struct slot){0};
    if (s->slots_last)
        s->slots_last->next = slot;
    else
        s->slots = slot;
    s->slots_last = slot;
    s->slots_count++;
    return slot;
}

/* Keeps a reply until its turn comes; without memory for the words it goes without them. */
static void keep_reply(struct smtp_server *s, struct slot *slot, const struct reply *r)
{
    slot->is_answered = true;
    slot->reply = *r;
    char *text = r->text.len ? mem_take(s->mem, r->text.len) : NULL;
    if (text)
        memcpy(text, r->text.at, r->text.len);
    slot->reply.text = slice_of(text ? text : "", text ? r->text.len : 0);
}

static void write_out(struct smtp_server *s, const struct reply *r)
{
    size_t whole = s->output.len;
    struct reply said = *r;
    refusal_note(s, r, &said);
    reply_write(&s->output, &said);
    if (!s->output.failed)
        return;
    s->output.len = whole; /* no half lines */
    s->farewell_left = s->options->farewell.len;
    session_close(s);
}

/* Puts a reply out, and draws the conclusions that hold for all of them. */
static void say(struct smtp_server *s, const struct reply *r, bool counts)
{
    write_out(s, r);
    if (r->code == 421)
        session_close(s);
    if (!counts || reply_severity(r) != 5 || s->state == STATE_CLOSED)
        return;
    s->errors++;
    if (!s->options->errors_max || s->errors < s->options->errors_max)
        return;
    char number[NUMBER_TEXT];
    const struct slice args[] = {session_number(number, s->errors)};
    session_say_last(s, SITUATION_TOO_MANY_ERRORS, args, 1);
}

void session_say_last(struct smtp_server *s, enum situation id, const struct slice *args,
                      size_t count)
{
    if (s->state == STATE_CLOSED)
        return;
    struct arena words;
    arena_init(&words, s->mem, WORDS_MAX);
    struct reply r = reply_make(id, &words, args, count);
    write_out(s, &r);
    arena_reset(&words);
    session_close(s);
}

void session_reply(struct smtp_server *s, const struct reply *r)
{
    if (!s->slots) {
        say(s, r, true);
        return;
    }
    struct slot *slot = add_slot(s);
    if (!slot) {
        s->farewell_left = s->options->farewell.len;
        session_close(s);
        return;
    }
    keep_reply(s, slot, r);
}

void session_reply_plain(struct smtp_server *s, enum situation id)
{
    struct reply r = reply_plain(id);
    session_reply(s, &r);
}

void session_reply_args(struct smtp_server *s, enum situation id, const struct slice *args,
                        size_t count)
{
    struct arena words;
    arena_init(&words, s->mem, WORDS_MAX);
    struct reply r = reply_make(id, &words, args, count);
    session_reply(s, &r);
    arena_reset(&words);
}

/* Kinds whose verdict decides what may come next, so that nothing runs before it is known. */
static bool holds(enum smtp_event_kind kind)
{
    return kind == SMTP_EVENT_CONNECT || kind == SMTP_EVENT_XCLIENT || kind == SMTP_EVENT_MAIL ||
           kind == SMTP_EVENT_DATA || kind == SMTP_EVENT_AUTH || kind == SMTP_EVENT_AUTH_RESPONSE ||
           kind == SMTP_EVENT_END_OF_DATA || kind == SMTP_EVENT_STARTTLS;
}

bool session_ask(struct smtp_server *s, const struct smtp_event *event)
{
    struct slot *slot = add_slot(s);
    if (!slot) {
        session_reply_plain(s, SITUATION_LOCAL_ERROR);
        return false;
    }
    if (++s->last_ticket == 0)
        ++s->last_ticket;
    slot->ticket = s->last_ticket;
    slot->kind = event->kind;
    slot->recipient = event->recipient;
    s->holds = holds(event->kind);
    s->rcpts_waiting += event->kind == SMTP_EVENT_RCPT;
    struct smtp_event *put = session_event(s, event->kind);
    put->ticket = slot->ticket;
    put->address = event->address;
    put->recipient = event->recipient;
    put->response = event->response;
    put->has_response = event->has_response;
    put->has_subdomains = event->has_subdomains;
    put->has_utf8_header = event->has_utf8_header;
    put->claim = event->claim;
    if (event->text.at)
        put->text = event->text;
    return true;
}

static bool add_recipient(struct smtp_server *s, const struct recipient *recipient)
{
    struct envelope *e = &s->envelope;
    if (e->count == s->recipients_room) {
        size_t room = s->recipients_room ? s->recipients_room * 2 : 4;
        struct recipient *grown = arena_array(&s->arena, room, sizeof(*grown));
        if (!grown)
            return false;
        if (e->count)
            memcpy(grown, e->recipients, e->count * sizeof(*grown));
        e->recipients = grown;
        s->recipients_room = room;
    }
    e->recipients[e->count++] = *recipient;
    return true;
}

/* Each of these makes of a verdict what follows for the session. */

static void settle_connect(struct smtp_server *s, const struct reply *r)
{
    session_set_state(s, reply_severity(r) == 2 ? STATE_START : STATE_REFUSED);
    say(s, r, false);
}

static void settle_mail(struct smtp_server *s, const struct reply *r)
{
    if (reply_severity(r) == 2)
        session_set_state(s, STATE_MAIL);
    else
        session_reset(s);
    if (r->enhanced.subject == 3 && r->enhanced.detail == 6)
        s->envelope.priority = 0;
    say(s, r, true);
}

static void settle_rcpt(struct smtp_server *s, const struct slot *slot, const struct reply *r)
{
    struct reply failed = reply_plain(SITUATION_LOCAL_ERROR);
    s->rcpts_waiting--;
    if (reply_severity(r) == 2) {
        if (add_recipient(s, &slot->recipient))
            session_set_state(s, STATE_RCPT);
        else
            r = &failed;
    }
    say(s, r, true);
}

/* 334 asks for more; all else ends the exchange. Who only guesses passwords is let go. */
static void settle_auth(struct smtp_server *s, const struct reply *r)
{
    enum { FAILED_LOGINS_MAX = 3 };
    char number[NUMBER_TEXT];
    session_set_state(s, r->code == 334 ? STATE_AUTH : STATE_READY);
    s->is_logged_in = r->code == 235;
    say(s, r, true);
    s->failed_logins += r->code == 535;
    if (r->code == 535 && s->failed_logins >= FAILED_LOGINS_MAX) {
        const struct slice args[] = {session_number(number, s->failed_logins)};
        session_say_last(s, SITUATION_AUTH_TOO_MANY, args, 1);
    }
}

/* Once 220 is said there is no way back into the clear (RFC 3207 4). */
static void settle_starttls(struct smtp_server *s, const struct reply *r)
{
    say(s, r, true);
    if (r->code != 220 || s->state == STATE_CLOSED)
        return;
    session_set_state(s, STATE_SECURE);
    session_event(s, SMTP_EVENT_SECURE);
}

static void settle_data(struct smtp_server *s, const struct reply *r)
{
    bool is_chunked = s->content.is_chunked;
    if (r->code == 354 && is_chunked) {
        session_set_state(s, STATE_CHUNK); /* the answer comes behind the chunk */
        return;
    }
    if (r->code == 354)
        session_set_state(s, STATE_DATA);
    else if (is_chunked)
        s->skip_left = s->chunk_left;
    say(s, r, true);
}

static void settle_end(struct smtp_server *s, const struct reply *r)
{
    /* The limit is for clients that achieve nothing. */
    if (reply_severity(r) == 2)
        s->errors = 0;
    session_reset(s);
    say(s, r, true);
}

static void settle(struct smtp_server *s, const struct slot *slot, const struct reply *r)
{
    s->holds = false;
    s->settling = slot;
    switch (slot->ticket ? slot->kind : SMTP_EVENT_HELP) {
    case SMTP_EVENT_CONNECT:
    case SMTP_EVENT_XCLIENT:
        settle_connect(s, r);
        break;
    case SMTP_EVENT_MAIL:
        settle_mail(s, r);
        break;
    case SMTP_EVENT_AUTH:
    case SMTP_EVENT_AUTH_RESPONSE:
        settle_auth(s, r);
        break;
    case SMTP_EVENT_RCPT:
        settle_rcpt(s, slot, r);
        break;
    case SMTP_EVENT_DATA:
        settle_data(s, r);
        break;
    case SMTP_EVENT_END_OF_DATA:
        settle_end(s, r);
        break;
    case SMTP_EVENT_STARTTLS:
        settle_starttls(s, r);
        break;
    default: /* HELP, and the session's own replies */
        say(s, r, true);
    }
    s->settling = NULL;
}

void session_stop_if_idle(struct smtp_server *s)
{
    bool is_busy = s->slots || (s->state & STATES_CONTENT);
    if (s->is_stopping && !is_busy)
        session_say_last(s, SITUATION_SHUTDOWN, &s->options->hostname, 1);
}

static void flush(struct smtp_server *s)
{
    while (s->slots && s->slots->is_answered) {
        struct slot *slot = take_first_slot(s);
        settle(s, slot, &slot->reply);
        drop_slot(s, slot);
    }
}

static void end_wait(struct smtp_server *s)
{
    if (s->slots)
        return;
    s->since = SINCE_NEXT_TICK;
    session_stop_if_idle(s);
}

void smtp_server_answer(struct smtp_server *s, uint32_t ticket, const struct reply *r)
{
    struct slot *slot = s->slots;
    while (slot && (slot->ticket != ticket || slot->is_answered))
        slot = slot->next;
    if (!slot || ticket == 0)
        return;
    if (slot == s->slots) {
        take_first_slot(s);
        settle(s, slot, r);
        drop_slot(s, slot);
        flush(s);
    } else {
        keep_reply(s, slot, r);
    }
    if (!session_in_transaction(s))
        arena_reset(&s->arena); /* no transaction: the reply's words were all it held */
    end_wait(s);
}
