/* The server session as a network, a clock, a policy and a store play with it, each as a line of
 * the input says; a model (session_model.h) judges what it said. Lines as in the golden transcripts
 * (tests/smtp/script.h), and more:
 *
 *   C: text    C< bytes    what the client has sent, not yet fed
 *   feed N     so many bytes of it come in; without N all
 *   plan yntcgl…  the next verdicts: yes, no, not now, 421, 334, late (given by `late`)
 *   late N L   of the late verdicts the N-th is given now, as the letter L
 *   out N      so many bytes of output go out; from then on none goes out by itself
 *   tick N     ms pass          fail N    the N-th allocation from here has no memory
 *   secured    shutdown    proxy    option NAME NUMBER    mechanisms of AUTH need `secured` first
 *
 * What is none of these is let pass. In the end all that was sent is fed, and all verdicts come. */
#include <stdlib.h>

#include "session_model.h"
#include "smtp/script.h"
#include "smtp/server/server_session.h"
#include "system/heap.h"

enum { LATE_MAX = 128, WIRE_MAX = 1 << 20, INPUT_MOST = 1 << 16, TICK_MOST = 1 << 24 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

struct late {
    uint32_t ticket;
    enum smtp_event_kind kind;
    size_t content; /* of END_OF_DATA: which */
};

struct play {
    struct mem mem;
    long until_failure; /* negative: never */
    size_t used;        /* bytes */
    bool has_failed;
    struct smtp_server_options options;
    struct smtp_server *s;
    struct model model;
    struct buf wire; /* sent, not fed */
    size_t fed;      /* of it */
    struct buf body;
    struct slice plan;
    struct late late[LATE_MAX];
    size_t late_count;
    int64_t now;
    bool is_securing, keeps_output;
};

/* ---- memory ---- */

static void *take(void *ctx, size_t size)
{
    struct play *p = ctx;
    if (p->until_failure == 0) {
        p->has_failed = true;
        return NULL;
    }
    p->until_failure -= p->until_failure > 0;
    p->used += size;
    return malloc(size ? size : 1);
}

static void give(void *ctx, void *at, size_t size)
{
    ((struct play *)ctx)->used -= size;
    free(at);
}

/* ---- verdicts ---- */

static const struct verdicts {
    enum situation yes, no, later, more; /* SITUATION_NONE: as yes */
} verdicts[] = {
    [SMTP_EVENT_CONNECT] = {SITUATION_GREETING, SITUATION_GREETING_REFUSED, SITUATION_OVERLOAD,
                            SITUATION_NEVER_ACCEPTS},
    [SMTP_EVENT_XCLIENT] = {SITUATION_GREETING, SITUATION_GREETING_REFUSED, SITUATION_OVERLOAD,
                            SITUATION_NONE},
    [SMTP_EVENT_MAIL] = {SITUATION_MAIL_OK, SITUATION_SENDER_NO_DOMAIN, SITUATION_SPOOL_FULL,
                         SITUATION_MAIL_OK_UNHURRIED},
    [SMTP_EVENT_RCPT] = {SITUATION_RCPT_OK, SITUATION_RELAY_DENIED, SITUATION_RECIPIENTS_TOO_FAST,
                         SITUATION_RCPT_FORWARDED},
    [SMTP_EVENT_DATA] = {SITUATION_DATA_GO_AHEAD, SITUATION_RELAY_DENIED, SITUATION_LOCAL_ERROR,
                         SITUATION_NONE},
    [SMTP_EVENT_END_OF_DATA] = {SITUATION_ACCEPTED, SITUATION_RELAY_DENIED, SITUATION_SPOOL_FAILED,
                                SITUATION_NONE},
    [SMTP_EVENT_AUTH] = {SITUATION_AUTH_OK, SITUATION_AUTH_FAILED, SITUATION_AUTH_UNAVAILABLE,
                         SITUATION_AUTH_CHALLENGE},
    [SMTP_EVENT_AUTH_RESPONSE] = {SITUATION_AUTH_OK, SITUATION_AUTH_FAILED,
                                  SITUATION_AUTH_UNAVAILABLE, SITUATION_AUTH_CHALLENGE},
    [SMTP_EVENT_HELP] = {SITUATION_HELP, SITUATION_HELP_UNKNOWN, SITUATION_LOCAL_ERROR,
                         SITUATION_STATUS},
    [SMTP_EVENT_VRFY] = {SITUATION_VRFY, SITUATION_NO_SUCH_MAILBOX, SITUATION_LOCAL_ERROR,
                         SITUATION_VRFY_KNOWN},
    [SMTP_EVENT_EXPN] = {SITUATION_EXPN_LIST, SITUATION_EXPN_UNKNOWN, SITUATION_LOCAL_ERROR,
                         SITUATION_EXPN},
    [SMTP_EVENT_ETRN] = {SITUATION_ETRN_STARTED, SITUATION_ETRN_DENIED, SITUATION_ETRN_UNABLE,
                         SITUATION_ETRN_NOTHING},
    [SMTP_EVENT_STARTTLS] = {SITUATION_TLS_GO_AHEAD, SITUATION_TLS_UNAVAILABLE,
                             SITUATION_TLS_UNAVAILABLE, SITUATION_NONE},
};

static enum situation choose(enum smtp_event_kind kind, char letter)
{
    const struct verdicts *v = &verdicts[kind];
    switch (letter) {
    case 'n':
        return v->no;
    case 't':
        return v->later;
    case 'g':
        return v->more ? v->more : v->yes;
    case 'c':
        return SITUATION_OVERLOAD;
    default:
        return v->yes;
    }
}

static void answer(struct play *p, const struct late *asked, char letter)
{
    char words[64];
    struct buf text;
    struct reply reply = reply_plain(choose(asked->kind, letter));
    buf_init_fixed(&text, words, sizeof(words));
    buf_addf(&text, "%c\r\n250 not a reply", letter);
    if (asked->kind == SMTP_EVENT_AUTH_RESPONSE) /* what is said is said in one reply */
        reply.text = buf_slice(&text);
    if (asked->kind == SMTP_EVENT_END_OF_DATA)
        p->model.contents[asked->content].code = reply.code;
    smtp_server_answer(p->s, asked->ticket, &reply);
}

static void judge(struct play *p, const struct smtp_event *e)
{
    struct late asked = {e->ticket, e->kind, p->model.content_count - 1};
    char letter = p->plan.len ? p->plan.at[0] : 'y';
    p->plan = slice_from(p->plan, 1);
    if (letter == 'l' && p->late_count < LATE_MAX)
        p->late[p->late_count++] = asked;
    else
        answer(p, &asked, letter);
}

/* ---- what the session hands out ---- */

static void keep_content(struct play *p, const struct smtp_event *e)
{
    struct model *m = &p->model;
    if (m->content_count == MODEL_CONTENTS_MAX) /* a script can't get there: it is too long */
        abort();
    struct model_content *c = &m->contents[m->content_count++];
    *c = (struct model_content){.recipients = e->envelope->count};
    buf_init(&c->body, &heap, WIRE_MAX);
    buf_add(&c->body, buf_slice(&p->body));
    require(e->envelope->size == p->body.len || p->has_failed);
    require(e->envelope->count <= p->options.recipients_max || !p->options.recipients_max);
}

static void hear(struct play *p, const struct smtp_event *e)
{
    require(!p->model.is_closed);
    if (e->kind == SMTP_EVENT_MAIL || e->kind == SMTP_EVENT_DATA)
        buf_clear(&p->body);
    else if (e->kind == SMTP_EVENT_BODY)
        buf_add(&p->body, e->text);
    else if (e->kind == SMTP_EVENT_END_OF_DATA)
        keep_content(p, e);
    else if (e->kind == SMTP_EVENT_SECURE)
        p->is_securing = true;
    else if (e->kind == SMTP_EVENT_CLOSE)
        p->model.is_closed = true;
    if (e->ticket)
        judge(p, e);
}

static void send_out(struct play *p, size_t most)
{
    struct slice out = slice_head(smtp_server_output(p->s), most);
    buf_add(&p->model.output, out);
    smtp_server_sent(p->s, out.len);
}

static void drain(struct play *p)
{
    struct smtp_refusal refusal;
    struct smtp_event e;
    while (smtp_server_next(p->s, &e))
        hear(p, &e);
    while (smtp_server_next_refusal(p->s, &refusal))
        require(reply_severity(&refusal.reply) >= 4);
    if (!p->keeps_output)
        send_out(p, SIZE_MAX);
}

/* ---- lines ---- */

/* Each piece a copy of its own, so that a sanitizer sees a read past its end or after its time. */
static size_t feed(struct play *p, size_t most)
{
    struct slice in = slice_head(slice_from(buf_slice(&p->wire), p->fed), most);
    if (in.len == 0 || p->is_securing)
        return 0;
    char *copy = malloc(in.len);
    require(copy != NULL);
    memcpy(copy, in.at, in.len);
    size_t used = smtp_server_feed(p->s, slice_of(copy, in.len), p->now);
    require(used <= in.len);
    buf_add(&p->model.phases[p->model.phase_count - 1], slice_head(in, used));
    p->fed += used;
    drain(p);
    free(copy);
    return used;
}

static void secure(struct play *p)
{
    if (!p->is_securing || p->model.phase_count == MODEL_PHASES_MAX)
        return;
    p->is_securing = false;
    p->model.phase_count++;
    p->fed = p->wire.len; /* no client puts more behind STARTTLS than that */
    smtp_server_secured(p->s, p->now);
    drain(p);
}

/* Who was silent for too long is let go then, and not before. */
static void tick(struct play *p, uint64_t ms)
{
    smtp_server_tick(p->s, p->now);
    drain(p);
    int64_t deadline = smtp_server_deadline(p->s);
    require(deadline > p->now || p->model.is_closed || p->has_failed);
    p->now += (int64_t)(ms < TICK_MOST ? ms : TICK_MOST);
    bool was_closed = p->model.is_closed;
    smtp_server_tick(p->s, p->now);
    drain(p);
    require(p->has_failed || was_closed || p->model.is_closed == (p->now >= deadline));
}

static void answer_late(struct play *p, uint64_t which, char letter)
{
    if (p->late_count == 0)
        return;
    size_t i = which % p->late_count;
    struct late asked = p->late[i];
    p->late[i] = p->late[--p->late_count];
    answer(p, &asked, letter);
    drain(p);
}

static void do_words(struct play *p, struct slice line)
{
    struct slice word, argument = SLICE("");
    uint64_t number;
    if (!slice_word(&line, &word))
        return;
    (void)slice_word(&line, &argument);
    if (!slice_u64(argument, &number))
        number = UINT64_MAX;
    if (slice_eq(word, SLICE("feed")))
        while (feed(p, number) && number == UINT64_MAX)
            ;
    else if (slice_eq(word, SLICE("late")))
        answer_late(p, number, slice_trim(line).len ? slice_trim(line).at[0] : 'y');
    else if (slice_eq(word, SLICE("plan")))
        p->plan = argument;
    else if (slice_eq(word, SLICE("tick")))
        tick(p, number);
    else if (slice_eq(word, SLICE("fail")))
        p->until_failure = number < TICK_MOST ? (long)number : -1;
    else if (slice_eq(word, SLICE("secured")))
        secure(p);
    else if (slice_eq(word, SLICE("shutdown")))
        smtp_server_shutdown(p->s);
    else if (slice_eq(word, SLICE("proxy")))
        smtp_server_trust_proxy(p->s);
    if (slice_eq(word, SLICE("out"))) {
        p->keeps_output = true;
        send_out(p, number);
    }
    drain(p);
}

static void do_line(struct play *p, struct slice line)
{
    if (slice_starts(line, SLICE("C:")) || slice_starts(line, SLICE("C< ")))
        script_client_bytes(&p->wire, line);
    else
        do_words(p, line);
}

/* ---- a script ---- */

static void set_options(struct play *p, struct slice script)
{
    struct slice line;
    p->options = (struct smtp_server_options){
        .hostname = SLICE("mx.example.org"),
        .size_max = 2000,
        .recipients_max = 5,
        .command_timeout = 300000,
        .data_timeout = 180000,
        .hops_max = 4,
        .line_max = 1000,
        .mechanisms = SLICE("PLAIN LOGIN"),
        .offers_tls = true,
        .offers_etrn = true,
    };
    while (slice_line(&script, &line))
        if (slice_starts(line, SLICE("option ")))
            (void)script_set_option(&p->options, slice_from(line, strlen("option ")));
    p->model.normalizes = p->options.normalizes;
}

/* All that was sent comes in, all verdicts are given, all output goes out: then nothing waits. */
static void finish(struct play *p)
{
    p->keeps_output = false;
    drain(p);
    while (!p->model.is_closed && !p->is_securing) {
        size_t used = feed(p, SIZE_MAX);
        bool is_late = p->late_count > 0;
        answer_late(p, 0, 'y');
        if (used == 0 && !is_late)
            break;
    }
    drain(p);
    require(p->fed == p->wire.len || p->model.is_closed || p->is_securing || p->has_failed);
}

static void play(struct play *p, struct slice script)
{
    struct slice line;
    *p = (struct play){.until_failure = -1, .mem = {take, give, p}, .plan = SLICE("")};
    model_init(&p->model, &heap);
    set_options(p, script);
    buf_init(&p->wire, &heap, WIRE_MAX);
    buf_init(&p->body, &heap, WIRE_MAX);
    p->s = smtp_server_new(&p->mem, &p->options, 0);
    require(p->s != NULL);
    /* the verdict on the client is asked for before anything is said */
    if (slice_starts(script, SLICE("plan ")) && slice_line(&script, &line))
        do_words(p, line);
    drain(p);
    while (slice_line(&script, &line))
        do_line(p, line);
    finish(p);
    smtp_server_free(&p->s);
    require(p->used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play p;
    if (size == 0 || size > INPUT_MOST ||
        slice_count(slice_of((const char *)data, size), '\n') > 256)
        return 0;
    play(&p, slice_of((const char *)data, size));
    if (!p.has_failed && !p.wire.failed && !p.model.output.failed)
        model_check(&p.model);
    model_free(&p.model);
    buf_free(&p.wire);
    buf_free(&p.body);
    return 0;
}
