#include "smtp/client/client_session.h"

#include "smtp/client/inside.h"

/* For each step: the stage its reply belongs to, and what it waits for, in words. */
static const struct {
    enum stage stage;
    const char *timed_out;
} steps[] = {
    [STEP_GREETING] = {STAGE_CONNECT, "timed out waiting for the greeting"},
    [STEP_EHLO] = {STAGE_EHLO, "timed out waiting for the answer to EHLO"},
    [STEP_HELO] = {STAGE_EHLO, "timed out waiting for the answer to HELO"},
    [STEP_STARTTLS] = {STAGE_STARTTLS, "timed out waiting for the answer to STARTTLS"},
    [STEP_SECURE] = {STAGE_STARTTLS, "timed out in the TLS handshake"},
    [STEP_AUTH] = {STAGE_AUTH, "timed out waiting for the answer to AUTH"},
    [STEP_IDLE] = {STAGE_NONE, ""},
    [STEP_MAIL] = {STAGE_MAIL, "timed out waiting for the answer to MAIL"},
    [STEP_RCPT] = {STAGE_RCPT, "timed out waiting for the answer to RCPT"},
    [STEP_DATA] = {STAGE_DATA, "timed out waiting for the answer to DATA"},
    [STEP_BODY] = {STAGE_END_OF_DATA, "timed out sending the message"},
    [STEP_END] = {STAGE_END_OF_DATA, "timed out waiting for the answer to the end of the message"},
    [STEP_RSET] = {STAGE_NONE, "timed out waiting for the answer to RSET"},
    [STEP_QUIT] = {STAGE_NONE, "timed out waiting for the answer to QUIT"},
    [STEP_CLOSED] = {STAGE_NONE, ""},
};

struct smtp_client *smtp_client_new(const struct mem *mem,
                                    const struct smtp_client_options *options, int64_t now)
{
    struct smtp_client *c = mem_take(mem, sizeof(*c));
    if (!c)
        return NULL;
    *c = (struct smtp_client){.mem = mem, .options = *options, .now = now};
    buf_init(&c->in, mem, CLIENT_INPUT_MAX);
    buf_init(&c->out, mem, SIZE_MAX / 2); /* bounded by the pieces of content that are given */
    reply_parser_init(&c->parser, mem);
    client_enter(c, STEP_GREETING);
    return c;
}

void smtp_client_free(struct smtp_client **at)
{
    struct smtp_client *c = *at;
    if (!c)
        return;
    client_forget_message(c);
    buf_free(&c->in);
    buf_free(&c->out);
    reply_parser_free(&c->parser);
    mem_give(c->mem, c, sizeof(*c));
    *at = NULL;
}

void client_event(struct smtp_client *c, enum smtp_client_event_kind kind, enum stage stage,
                  uint32_t recipient, const struct client_answer *why)
{
    struct smtp_client_event *e = &c->events[c->events_count++];
    *e = (struct smtp_client_event){.kind = kind, .stage = stage, .recipient = recipient};
    if (!why)
        return;
    e->failure = why->failure;
    if (why->reply)
        e->reply = *why->reply;
    if (why->failure) /* the code would be taken at its word */
        e->reply.code = 0;
}

enum stage client_stage(const struct smtp_client *c)
{
    return steps[c->step].stage;
}

static uint64_t written(const struct smtp_client *c)
{
    return c->sent + smtp_client_output(c).len;
}

static int64_t timeout_of(const struct smtp_client *c)
{
    const struct smtp_client_options *o = &c->options;
    switch (c->step) {
    case STEP_GREETING:
        return o->greeting_timeout;
    case STEP_EHLO:
    case STEP_HELO:
    case STEP_STARTTLS:
    case STEP_SECURE:
    case STEP_AUTH:
        return o->helo_timeout;
    case STEP_MAIL:
    case STEP_RSET:
    case STEP_QUIT:
        return o->mail_timeout;
    case STEP_RCPT:
        return o->rcpt_timeout;
    case STEP_DATA:
        return o->data_timeout;
    case STEP_BODY:
        return o->block_timeout;
    case STEP_END:
        return written(c) > c->sent ? o->block_timeout : o->end_timeout;
    case STEP_IDLE:
    case STEP_CLOSED:
        break;
    }
    return INT64_MAX;
}

void client_wait(struct smtp_client *c)
{
    int64_t timeout = timeout_of(c);
    c->deadline = timeout > INT64_MAX - c->now ? INT64_MAX : c->now + timeout;
}

static uint64_t answer_after(const struct smtp_client *c)
{
    switch (c->step) {
    case STEP_GREETING:
        return 0;
    case STEP_IDLE:
    case STEP_BODY:
    case STEP_SECURE:
        return UINT64_MAX;
    case STEP_END:
        return written(c);
    default:
        return written(c) + 1;
    }
}

void client_enter(struct smtp_client *c, enum client_step step)
{
    c->step = step;
    c->answer_after = answer_after(c);
    if (c->in.len > c->in_at)
        c->is_early = true;
    client_wait(c);
}

void client_command(struct smtp_client *c, enum client_step step, const char *command,
                    struct slice argument)
{
    client_enter(c, step);
    buf_add_str(&c->out, command);
    buf_add(&c->out, argument);
    buf_add_str(&c->out, "\r\n");
    client_check_memory(c);
}

void client_close(struct smtp_client *c, const struct client_answer *why)
{
    if (c->step == STEP_CLOSED)
        return;
    /* what is unsent must not go out after the caller was told that it failed */
    buf_clear(&c->out);
    c->out_at = 0;
    /* who refuses STARTTLS and leaves, leaves because of it: nothing else was asked of him yet */
    enum stage stage = c->is_tls_refused ? STAGE_STARTTLS : client_stage(c);
    client_event(c, SMTP_CLIENT_CLOSE, stage, UINT32_MAX, why);
    client_enter(c, STEP_CLOSED);
}

void client_note_behind(struct smtp_client *c)
{
    bool is_envelope = c->step >= STEP_MAIL && c->step <= STEP_DATA;
    c->is_behind = is_envelope && !c->is_tls_refused && (c->offers & OFFER_PIPELINING);
}

bool smtp_client_fell_behind(const struct smtp_client *c)
{
    return c->is_behind;
}

static void fail(struct smtp_client *c, const char *failure)
{
    client_close(c, &(struct client_answer){.failure = failure});
}

void client_check_memory(struct smtp_client *c)
{
    if (c->out.failed)
        fail(c, "out of memory");
}

void client_ready(struct smtp_client *c)
{
    if (c->quit_wanted) {
        client_command(c, STEP_QUIT, "QUIT", SLICE(""));
        return;
    }
    client_enter(c, STEP_IDLE);
    if (!c->held)
        client_event(c, SMTP_CLIENT_READY, STAGE_NONE, UINT32_MAX, NULL);
}

void smtp_client_send(struct smtp_client *c, const struct smtp_client_message *m, int64_t now)
{
    c->now = now;
    c->held = m;
}

void smtp_client_quit(struct smtp_client *c, int64_t now)
{
    c->now = now;
    c->quit_wanted = true;
    if (c->step == STEP_IDLE)
        client_ready(c);
}

void smtp_client_feed(struct smtp_client *c, struct slice in, int64_t now)
{
    c->now = now;
    if (c->step == STEP_CLOSED || c->lost || !in.len)
        return;
    if (c->sent < c->answer_after)
        c->is_early = true;
    buf_add(&c->in, in);
    if (c->in.failed)
        c->lost = "the other side said more than could be taken";
}

void smtp_client_bind(struct smtp_client *c, const char binding[SCRAM_BINDING])
{
    c->options.login.can_bind = true;
    memcpy(c->options.login.binding, binding, SCRAM_BINDING);
}

void smtp_client_secured(struct smtp_client *c, int64_t now)
{
    c->now = now;
    if (c->step != STEP_SECURE)
        return;
    if (c->in.len > c->in_at) {
        /* whoever stands between could have put it there for us to take for an answer inside TLS */
        fail(c, "the other side said something between STARTTLS and the handshake");
        return;
    }
    c->is_secure = true;
    c->is_early = false;
    c->offers = 0;
    c->mechanisms = 0;
    c->size_max = c->mails_max = c->recipients_max = c->domains_max = c->by_least = 0;
    client_say_hello(c);
}

void smtp_client_lost(struct smtp_client *c, const char *what, int64_t now)
{
    c->now = now;
    if (!c->lost)
        c->lost = what;
}

/* A reply that came before what it would answer: the peer is leaving, or speaks out of turn. */
static void take_early(struct smtp_client *c, const struct reply *r)
{
    struct client_answer why = {.reply = r};
    if (reply_severity(r) < 4)
        why.failure = "the other side answered what it had not been asked";
    /* nothing of a message was sent before MAIL: another connection may still take it */
    if (c->step != STEP_MAIL)
        client_settle_rest(c, &why);
    client_close(c, &why);
}

/* What the peer answers to the step it was asked. */
static void take_answer(struct smtp_client *c, const struct reply *r)
{
    c->is_tls_refused = false;
    if (c->step <= STEP_STARTTLS)
        client_hello_reply(c, r);
    else if (c->step == STEP_AUTH)
        client_login_reply(c, r);
    else if (c->step != STEP_RSET)
        client_transaction_reply(c, r);
    else if (reply_severity(r) == 2)
        client_ready(c);
    else
        client_close(c, &(struct client_answer){.reply = r});
}

static void take_reply(struct smtp_client *c, const struct reply *r)
{
    struct client_answer why = {.reply = r};
    if (c->options.tells_all)
        client_event(c, SMTP_CLIENT_SAID, client_stage(c), UINT32_MAX, &why);
    if (c->step == STEP_QUIT) {
        client_close(c, NULL);
    } else if (c->is_early) {
        take_early(c, r);
    } else if (r->code == 421) { /* RFC 5321 3.8: may come at any time */
        if (!c->is_tls_refused)
            client_settle_rest(c, &why);
        client_close(c, &why);
    } else {
        take_answer(c, r);
    }
}

/* Reads on in what was fed, to the end of one reply at most. */
static void read_reply(struct smtp_client *c)
{
    struct slice in = slice_from(buf_slice(&c->in), c->in_at);
    struct reply r;
    size_t before = in.len;
    enum reply_read got = reply_parser_feed(&c->parser, &in, &r);
    c->in_at += before - in.len;
    c->reply_bytes += before - in.len;
    if (c->in_at == c->in.len) {
        buf_free(&c->in);
        c->in_at = 0;
    }
    if (got == REPLY_BAD) {
        fail(c, "the other side does not speak SMTP");
    } else if (got == REPLY_DONE) {
        c->reply_bytes = 0;
        take_reply(c, &r);
    } else if (c->reply_bytes > CLIENT_REPLY_MAX) {
        fail(c, "the other side sent an answer without end");
    }
}

static void end_lost(struct smtp_client *c)
{
    if (c->step == STEP_QUIT)
        client_close(c, NULL);
    else
        fail(c, c->lost);
}

/* One step on; false: nothing is to be done until more comes. */
static bool go_on(struct smtp_client *c)
{
    if (c->step == STEP_CLOSED)
        return false;
    if (c->held && c->step == STEP_IDLE) {
        client_start(c);
    } else if (c->unfit) {
        client_tell_unfit(c);
    } else if (c->in.len > c->in_at) {
        read_reply(c);
    } else if (c->lost) {
        end_lost(c);
    } else if (c->step == STEP_BODY && !c->body_asked &&
               smtp_client_output(c).len < CLIENT_OUTPUT_MUCH) {
        c->body_asked = true;
        client_event(c, SMTP_CLIENT_NEEDS_BODY, client_stage(c), UINT32_MAX, NULL);
    } else {
        return false;
    }
    client_fill(c);
    return true;
}

/* An idle session keeps no more than its struct. */
static void shrink(struct smtp_client *c)
{
    if (c->step != STEP_IDLE)
        return;
    if (!smtp_client_output(c).len)
        buf_free(&c->out);
    if (!reply_parser_in_reply(&c->parser)) {
        reply_parser_free(&c->parser);
        reply_parser_init(&c->parser, c->mem);
    }
}

bool smtp_client_next(struct smtp_client *c, struct smtp_client_event *event_r)
{
    while (c->events_at == c->events_count) {
        c->events_at = c->events_count = 0;
        if (!go_on(c)) {
            shrink(c);
            return false;
        }
    }
    *event_r = c->events[c->events_at++];
    return true;
}

struct slice smtp_client_output(const struct smtp_client *c)
{
    return slice_from(buf_slice(&c->out), c->out_at);
}

void smtp_client_sent(struct smtp_client *c, size_t len, int64_t now)
{
    c->now = now;
    c->sent += len;
    c->out_at += len;
    if (c->out_at >= c->out.len - c->out_at) { /* now and then: each byte moves once at most */
        buf_drop(&c->out, c->out_at);
        c->out_at = 0;
    }
    if (len && (c->step == STEP_BODY || c->step == STEP_END))
        client_wait(c);
    client_fill(c);
}

int64_t smtp_client_deadline(const struct smtp_client *c)
{
    return c->deadline;
}

void smtp_client_tick(struct smtp_client *c, int64_t now)
{
    c->now = now;
    if (now < c->deadline || c->lost)
        return;
    client_note_behind(c);
    c->lost = steps[c->step].timed_out;
}

bool smtp_client_offers_dsn(const struct smtp_client *c)
{
    return (c->offers & OFFER_DSN) != 0;
}

bool smtp_client_offers_by(const struct smtp_client *c)
{
    return (c->offers & OFFER_DELIVERBY) != 0;
}

uint64_t smtp_client_mails_max(const struct smtp_client *c)
{
    return c->mails_max;
}

bool smtp_client_offers_size(const struct smtp_client *c, uint64_t *size_max_r)
{
    *size_max_r = c->size_max;
    return (c->offers & OFFER_SIZE) != 0;
}
