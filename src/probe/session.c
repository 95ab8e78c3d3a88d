/* One connection, as the agent would make it, up to RCPT. */
#include <stdlib.h>

#include "base/list.h"
#include "deliver/login.h"
#include "deliver/target_tls.h"
#include "net/loop.h"
#include "probe/inside.h"
#include "system/heap.h"

enum { SAID_MAX = 2048, WHAT_MAX = 320 };

static void connect_session(struct probe_session *s);
static void begin_session(struct probe *p);

static struct slice kept(struct probe_session *s, struct slice text)
{
    struct slice copy;
    return arena_dup(s->probe->arena, text, &copy) ? copy : SLICE("");
}

/* ---- what was said ---- */

/* A reply in one line. */
static void write_reply(struct buf *out, const struct reply *r)
{
    struct slice rest = r->text, line;
    buf_addf(out, "%u", r->code);
    if (r->enhanced.class) {
        buf_add_char(out, ' ');
        enhanced_write(out, r->enhanced);
    }
    while (slice_line(&rest, &line)) {
        buf_add_char(out, ' ');
        buf_add(out, line);
    }
}

/* The keywords behind the first line, which is a greeting. */
static void write_offers(struct buf *out, const struct reply *r)
{
    struct slice rest = r->text, line;
    const char *between = "";
    if (!slice_line(&rest, &line))
        return;
    while (slice_line(&rest, &line)) {
        buf_add_str(out, between);
        buf_add(out, line);
        between = ", ";
    }
}

/* Where there is another way: HELO for EHLO (RFC 5321 3.2), mail in the clear where TLS is not
 * asked for. */
static enum finding_mark mark_of_refusal(const struct probe_session *s, enum stage stage)
{
    bool has_helo = stage == STAGE_EHLO && s->hellos == 1;
    bool needs_no_tls = stage == STAGE_STARTTLS && s->target->security->tls == TARGET_TLS_MAY;
    return has_helo || needs_no_tls ? FINDING_DOUBT : FINDING_BAD;
}

static void add_said(struct probe_session *s, const char *step, const char *what, enum stage stage,
                     const struct reply *r)
{
    char storage[SAID_MAX];
    struct buf text;
    struct arena *arena = s->probe->arena;
    bool failed = reply_severity(r) >= 4;
    buf_init_fixed(&text, storage, sizeof(storage));
    if (stage == STAGE_EHLO && !failed)
        write_offers(&text, r);
    if (text.len == 0)
        write_reply(&text, r);
    struct finding *f = finding_add(arena, s->at, failed ? mark_of_refusal(s, stage) : FINDING_GOOD,
                                    step, "%s: %.*s", what, SLICE_ARG(buf_slice(&text)));
    finding_note_number(f, "code", r->code);
    if (stage == STAGE_EHLO && !failed)
        finding_note(f, "offers", buf_slice(&text));
    else if (failed)
        finding_explain(
            f, &(struct diagnosis_input){.reply = *r, .stage = stage, .remote = s->target->host});
}

static void take_said(struct probe_session *s, const struct smtp_client_event *e)
{
    static const struct {
        const char *step;
        const char *what;
    } names[] = {
        [STAGE_CONNECT] = {"greeting", "greeting"},
        [STAGE_EHLO] = {"ehlo", "EHLO"},
        [STAGE_STARTTLS] = {"starttls", "STARTTLS"},
        [STAGE_AUTH] = {"auth", "AUTH"},
        [STAGE_MAIL] = {"mail", "MAIL"},
        [STAGE_RCPT] = {"rcpt", "RCPT"},
        [STAGE_DATA] = {"data", "DATA"},
        [STAGE_END_OF_DATA] = {"end-of-data", "the message"},
        [STAGE_QUEUE] = {NULL, NULL},
    };
    char storage[WHAT_MAX];
    struct buf what;
    const struct probe_question *q = s->probe->question;
    if (!names[e->stage].what)
        return; /* RSET and QUIT say nothing of mail */
    buf_init_fixed(&what, storage, sizeof(storage) - 1);
    buf_add_str(&what, names[e->stage].what);
    if (e->stage == STAGE_MAIL)
        buf_addf(&what, " FROM:<%.*s>", SLICE_ARG(q->sender));
    else if (e->stage == STAGE_RCPT)
        buf_addf(&what, " TO:<%.*s>", SLICE_ARG(q->recipient));
    else if (e->stage == STAGE_EHLO && s->hellos++ > 0)
        buf_add_str(&what, s->is_secure ? " inside TLS" : " refused, HELO");
    storage[what.len] = '\0';
    add_said(s, names[e->stage].step, storage, e->stage, &e->reply);
}

/* ---- the end ---- */

/* A message goes to one host only: the next one is tried where the agent would try it. */
static void end_session(struct probe_session *s)
{
    struct probe *p = s->probe;
    if (s->is_over)
        return;
    s->is_over = true;
    stream_close(&s->stream);
    if (--p->open)
        return;
    if (p->begun < p->targets.count && probe_goes_on(p, p->begun - 1))
        begin_session(p);
    else
        probe_finish_sessions(p);
}

static void settle(struct probe_session *s, enum stage stage, const struct reply *reply,
                   struct slice failure)
{
    if (s->outcome.reply.code || s->outcome.failure.len)
        return;
    s->outcome = (struct outcome){.stage = stage, .reply = *reply, .host = s->target->host};
    s->outcome.reply.text = kept(s, reply->text);
    if (!reply->code)
        s->outcome.failure = kept(s, failure);
    if (reply_severity(reply) != 2)
        finding_worsen(s->at, FINDING_BAD);
}

/* What the host did not say itself. */
static void add_failure(struct probe_session *s, enum stage stage, const char *failure)
{
    static const char *const steps[] = {[STAGE_CONNECT] = "connect",
                                        [STAGE_EHLO] = "ehlo",
                                        [STAGE_STARTTLS] = "tls",
                                        [STAGE_AUTH] = "auth"};
    const char *step = stage <= STAGE_AUTH && steps[stage] ? steps[stage] : "session";
    struct finding *f = finding_add(s->probe->arena, s->at, FINDING_BAD, step, "%s", failure);
    finding_explain(f, &(struct diagnosis_input){.reply.text = slice_str(failure),
                                                 .stage = stage,
                                                 .remote = s->target->host});
}

/* The message can't be offered to this host at all: nobody said so but we. */
static void add_own_refusal(struct probe_session *s, const struct smtp_client_event *e)
{
    struct finding *f = finding_add(s->probe->arena, s->at, FINDING_BAD, "session",
                                    "nothing is sent there: %.*s", SLICE_ARG(e->reply.text));
    finding_explain(f, &(struct diagnosis_input){.reply = e->reply, .stage = e->stage});
}

/* TLS did not work, and a rule wants it. */
static bool blame_rule(struct probe_session *s, const struct smtp_client_event *e)
{
    struct reply ours;
    if (!target_blame(s->target->security, s->target->host, e, s->probe->arena, &ours))
        return false;
    struct finding *f =
        finding_add(s->probe->arena, s->at, FINDING_BAD, "tls",
                    "nothing is sent there: the connection is not safe by the rule of %s",
                    s->target->security->rule);
    finding_explain(f, &(struct diagnosis_input){.reply = ours, .stage = STAGE_STARTTLS});
    settle(s, e->stage, &ours, SLICE(""));
    s->outcome.host = SLICE("");
    return true;
}

static void close_session(struct probe_session *s, const struct smtp_client_event *e)
{
    bool is_failure = !s->has_quit;
    if (is_failure && e->stage == STAGE_STARTTLS && !s->is_in_clear &&
        s->target->security->tls == TARGET_TLS_MAY) {
        /* RFC 7435: mail in the clear is better than none */
        struct finding *f = finding_add(s->probe->arena, s->at, FINDING_DOUBT, "tls",
                                        "TLS does not work: %s; once more, in the clear",
                                        e->failure ? e->failure : "it was refused");
        finding_advise(f, "Nobody asks for TLS here, so mail goes without it, and can be read on "
                          "its way. Whoever runs the host has to mend its TLS.");
        s->is_in_clear = true;
        connect_session(s);
        return;
    }
    if (is_failure && !blame_rule(s, e)) {
        if (e->failure)
            add_failure(s, e->stage, e->failure);
        settle(s, e->stage, &e->reply, slice_str(e->failure));
    }
    end_session(s);
}

/* ---- the session ---- */

static void quit(struct probe_session *s)
{
    s->has_quit = true;
    smtp_client_quit(s->client, loop_now(s->probe->loop));
}

static void go_on(struct probe_session *s)
{
    const struct probe_question *q = s->probe->question;
    if (!s->is_secure && s->target->security->tls != TARGET_TLS_OFF && !s->is_in_clear) {
        struct finding *f = finding_add(s->probe->arena, s->at, FINDING_DOUBT, "starttls",
                                        "no TLS: mail goes in the clear");
        finding_advise(f, "The host does not offer STARTTLS, or refused it. Nobody asks for TLS "
                          "here, so mail goes without it, and can be read on its way.");
    }
    if (q->recipient.len == 0 || s->has_quit) {
        quit(s);
        return;
    }
    smtp_client_send(s->client, &s->message, loop_now(s->probe->loop));
}

static void give_content(struct probe_session *s)
{
    smtp_client_body(s->client, s->probe->question->content, true, loop_now(s->probe->loop));
}

/* False: the session is over, or another one. */
static bool take_event(struct probe_session *s, const struct smtp_client_event *e)
{
    switch (e->kind) {
    case SMTP_CLIENT_SAID:
        s->is_answered = true;
        take_said(s, e);
        return true;
    case SMTP_CLIENT_SECURE:
        s->wants_tls = true;
        return true;
    case SMTP_CLIENT_READY:
        s->is_answered = false;
        go_on(s);
        return true;
    case SMTP_CLIENT_REPLY:
        if (e->failure && !e->reply.code)
            add_failure(s, e->stage, e->failure);
        else if (!s->is_answered)
            add_own_refusal(s, e);
        settle(s, e->stage, &e->reply, slice_str(e->failure));
        return true;
    case SMTP_CLIENT_NEEDS_BODY:
        give_content(s);
        return true;
    case SMTP_CLIENT_DONE:
        quit(s);
        return true;
    case SMTP_CLIENT_CLOSE:
        close_session(s, e);
        return false;
    }
    return true;
}

static void begin_tls(struct probe_session *s)
{
    char name[OUTCOME_HOST_MAX + 1];
    struct tls_expect expect = target_expect(s->target->security, s->target->host, name);
    s->wants_tls = false;
    if (!stream_secure(&s->stream, s->probe->tls, &expect))
        smtp_client_lost(s->client, "out of memory", loop_now(s->probe->loop));
}

static void pull(struct probe_session *s)
{
    struct smtp_client_event e;
    size_t sent;
    do {
        while (smtp_client_next(s->client, &e))
            if (!take_event(s, &e))
                return;
        struct slice out = smtp_client_output(s->client);
        sent = out.len ? stream_send(&s->stream, out) : 0;
        if (sent)
            smtp_client_sent(s->client, sent, loop_now(s->probe->loop));
    } while (sent);
    if (s->wants_tls) {
        begin_tls(s);
        if (!s->stream.is_securing) {
            pull(s);
            return;
        }
    }
    stream_set_deadline(&s->stream,
                        s->connect_until ? s->connect_until : smtp_client_deadline(s->client));
}

static struct probe_session *session_of(struct stream *stream)
{
    return LIST_ITEM(stream, struct probe_session, stream);
}

static size_t on_bytes(struct stream *stream, struct slice in)
{
    struct probe_session *s = session_of(stream);
    smtp_client_feed(s->client, in, loop_now(s->probe->loop));
    pull(s);
    return s->stream.is_closed || s->connect_until ? STREAM_GONE : in.len;
}

static void on_writable(struct stream *stream)
{
    struct probe_session *s = session_of(stream);
    if (s->connect_until) {
        struct net_address from;
        int64_t took = loop_now(s->probe->loop) - s->began_at;
        s->connect_until = 0;
        if (stream_own_address(&s->stream, &from))
            probe_note_own_address(s->probe, &from);
        finding_note_number(finding_add(s->probe->arena, s->at, FINDING_GOOD, "connect",
                                        "connected after %lld ms", (long long)took),
                            "ms", took);
    }
    pull(s);
}

static void on_ended(struct stream *stream, const char *failure)
{
    struct probe_session *s = session_of(stream);
    smtp_client_lost(s->client, failure ? failure : "the other side closed the connection",
                     loop_now(s->probe->loop));
    pull(s);
}

static void on_timer(struct stream *stream)
{
    struct probe_session *s = session_of(stream);
    int64_t now = loop_now(s->probe->loop);
    if (s->connect_until)
        smtp_client_lost(s->client, "connection timed out", now);
    else
        smtp_client_tick(s->client, now);
    pull(s);
}

static void on_secured(struct stream *stream)
{
    struct probe_session *s = session_of(stream);
    const char *why;
    char binding[TLS_BINDING];
    int64_t now = loop_now(s->probe->loop);
    s->is_secure = true;
    if (tls_binding(s->stream.tls, binding))
        smtp_client_bind(s->client, binding);
    if (probe_prove(s, &why))
        smtp_client_secured(s->client, now);
    else
        smtp_client_lost(s->client, why, now);
    pull(s);
}

static const struct stream_owner stream_owner = {.bytes = on_bytes,
                                                 .writable = on_writable,
                                                 .ended = on_ended,
                                                 .timer = on_timer,
                                                 .secured = on_secured};

static struct smtp_client_options options_for(struct probe_session *s)
{
    const struct probe_question *q = s->probe->question;
    int64_t wait = q->reply_timeout;
    return (struct smtp_client_options){
        .helo = q->helo,
        .tls = target_session_tls(s->is_in_clear ? TARGET_TLS_OFF : s->target->security->tls),
        .login = login_secret(q->login, &s->token),
        .tells_all = true,
        .greeting_timeout = wait,
        .helo_timeout = wait,
        .mail_timeout = wait,
        .rcpt_timeout = wait,
        .data_timeout = wait,
        .block_timeout = wait,
        .end_timeout = wait};
}

/* The first time, or once more after TLS failed. */
static void connect_session(struct probe_session *s)
{
    struct probe *p = s->probe;
    struct smtp_client_options options = options_for(s);
    stream_close(&s->stream);
    smtp_client_free(&s->client);
    s->is_secure = s->wants_tls = false;
    s->hellos = 0;
    s->began_at = loop_now(p->loop);
    s->connect_until = s->began_at + p->question->reply_timeout;
    s->client = smtp_client_new(&heap, &options, s->began_at);
    const char *failure =
        s->client ? stream_connect(&s->stream, p->loop, &s->target->address, NULL, &stream_owner)
                  : "out of memory";
    if (!failure) {
        stream_set_deadline(&s->stream, s->connect_until);
        return;
    }
    add_failure(s, STAGE_CONNECT, failure);
    settle(s, STAGE_CONNECT, &(struct reply){0}, slice_str(failure));
    end_session(s);
}

static void make_session(struct probe *p, struct probe_session *s, const struct target *t)
{
    static const uint32_t first[] = {0};
    char address[NET_ADDRESS_TEXT];
    net_address_write((const struct sockaddr *)&t->address.storage, address);
    *s = (struct probe_session){.probe = p, .target = t, .stream = {.fd = -1, .is_closed = true}};
    s->message = (struct smtp_client_message){.envelope = &p->envelope,
                                              .recipients = first,
                                              .count = 1,
                                              .only_asks = p->question->content.len == 0};
    bool has_name = !slice_eq(t->host, slice_str(address));
    s->at = finding_add(p->arena, p->root, FINDING_GOOD, "session", "%.*s%s[%s] port %u",
                        SLICE_ARG(has_name ? t->host : SLICE("")), has_name ? " " : "", address,
                        net_address_port((const struct sockaddr *)&t->address.storage));
    finding_note(s->at, "host", t->host);
    finding_note(s->at, "address", slice_str(address));
}

static void begin_session(struct probe *p)
{
    struct probe_session *s = &p->sessions[p->begun];
    make_session(p, s, &p->targets.list[p->begun++]);
    p->open = 1;
    connect_session(s);
}

void probe_talk(struct probe *p)
{
    const struct probe_question *q = p->question;
    size_t count = p->targets.count;
    p->recipient = (struct recipient){.address = q->recipient};
    p->envelope =
        (struct envelope){.sender = q->sender,
                          .recipients = &p->recipient,
                          .count = 1,
                          .size = q->content.len,
                          .smtputf8 = !slice_is_ascii(q->sender) || !slice_is_ascii(q->recipient)};
    p->sessions = count ? calloc(count, sizeof(*p->sessions)) : NULL;
    if (!p->sessions) {
        probe_finish_sessions(p);
        return;
    }
    if (q->content.len) {
        begin_session(p);
        return;
    }
    p->open = p->begun = count;
    for (size_t i = 0; i < count; i++)
        make_session(p, &p->sessions[i], &p->targets.list[i]);
    for (size_t i = 0; i < count; i++) /* the last may end all */
        connect_session(&p->sessions[i]);
}

static void end_tools(struct probe_session *s)
{
    smtp_client_free(&s->client);
    login_forget(&s->token);
}

void probe_free_sessions(struct probe *p)
{
    for (size_t i = 0; p->sessions && i < p->targets.count; i++)
        end_tools(&p->sessions[i]);
    free(p->sessions);
}
