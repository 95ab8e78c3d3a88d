#include "player.h"

const struct smtp_client_options player_options = {.helo = SLICE_INIT("me.example.org"),
                                                   .greeting_timeout = 1000,
                                                   .helo_timeout = 2000,
                                                   .mail_timeout = 3000,
                                                   .rcpt_timeout = 4000,
                                                   .data_timeout = 5000,
                                                   .block_timeout = 6000,
                                                   .end_timeout = 7000};

void player_start(struct player *p, const struct script *s)
{
    struct smtp_client_options options = player_options;
    options.lmtp = s->way == WAY_LMTP;
    options.tells_all = s->way == WAY_ASKING;
    if (s->way >= WAY_TLS_MAY && s->way != WAY_ASKING)
        options.tls = s->way == WAY_TLS_MAY ? SMTP_CLIENT_TLS_MAY : SMTP_CLIENT_TLS_MUST;
    if (s->way == WAY_LOGIN_CLEAR)
        options.tls = SMTP_CLIENT_TLS_NEVER;
    if (s->way == WAY_LOGIN || s->way == WAY_LOGIN_CLEAR) {
        options.login = (struct sasl_secret){.name = SLICE("me"), .password = SLICE("secret")};
    }
    *p = (struct player){.script = s, .client = smtp_client_new(&heap, &options, 0)};
    p->message = (struct smtp_client_message){.envelope = s->envelope,
                                              .recipients = p->recipients,
                                              .count = s->envelope->count,
                                              .by_left = PLAYER_BY_LEFT,
                                              .only_asks = s->way == WAY_ASKING,
                                              .size = s->content ? strlen(s->content) : 0};
    for (uint32_t i = 0; i < s->envelope->count; i++)
        p->recipients[i] = i;
    buf_init(&p->sent, &heap, 1 << 24);
    buf_init(&p->told, &heap, 1 << 20);
}

void player_end(struct player *p)
{
    smtp_client_free(&p->client);
    buf_free(&p->sent);
    buf_free(&p->told);
}

static void tell_answer(struct player *p, const struct smtp_client_event *e)
{
    buf_addf(&p->told, " %s %u", stage_name(e->stage), e->reply.code);
    if (e->failure)
        buf_addf(&p->told, " %s", e->failure);
    buf_add_char(&p->told, '\n');
}

static void handle(struct player *p, const struct smtp_client_event *e)
{
    const struct script *s = p->script;
    assert_false(p->is_closed); /* CLOSE is the last */
    switch (e->kind) {
    case SMTP_CLIENT_SAID:
        buf_add_str(&p->told, "said");
        tell_answer(p, e);
        break;
    case SMTP_CLIENT_SECURE:
        buf_add_str(&p->told, "secure\n");
        smtp_client_secured(p->client, 0);
        break;
    case SMTP_CLIENT_READY:
        buf_add_str(&p->told, "ready\n");
        if (p->given++ < s->messages)
            smtp_client_send(p->client, &p->message, 0);
        else
            smtp_client_quit(p->client, 0);
        p->settled = 0;
        p->is_settled_by_all = false;
        break;
    case SMTP_CLIENT_REPLY:
        assert_false(p->is_settled_by_all);
        assert_true(p->settled++ < s->envelope->count);
        if (e->recipient == UINT32_MAX) {
            buf_add_str(&p->told, "reply all");
            p->is_settled_by_all = true;
        } else {
            buf_addf(&p->told, "reply %u", e->recipient);
        }
        tell_answer(p, e);
        break;
    case SMTP_CLIENT_NEEDS_BODY:
        buf_add_str(&p->told, "body\n");
        smtp_client_body(p->client, slice_str(s->content), true, 0);
        break;
    case SMTP_CLIENT_DONE:
        buf_add_str(&p->told, "done\n");
        break;
    case SMTP_CLIENT_CLOSE:
        buf_add_str(&p->told, "close");
        tell_answer(p, e);
        p->is_closed = true;
        break;
    }
}

void player_pull(struct player *p)
{
    struct smtp_client_event e;
    struct slice out;
    do {
        while (smtp_client_next(p->client, &e))
            handle(p, &e);
        out = smtp_client_output(p->client);
        buf_add(&p->sent, out);
        smtp_client_sent(p->client, out.len, 0);
    } while (out.len);
}

void player_feed(struct player *p, struct slice in)
{
    smtp_client_feed(p->client, in, 0);
    player_pull(p);
}

void player_expect(struct player *p, const struct turn *t)
{
    if (!slice_eq(buf_slice(&p->sent), slice_str(t->client)) ||
        !slice_eq(buf_slice(&p->told), slice_str(t->told)))
        fail_msg("%s, after «%s»:\nsent «%.*s»\nwant «%s»\ntold «%.*s»\nwant «%s»", p->script->name,
                 t->server, SLICE_ARG(buf_slice(&p->sent)), t->client,
                 SLICE_ARG(buf_slice(&p->told)), t->told);
    buf_clear(&p->sent);
    buf_clear(&p->told);
}

static void play_split(const struct script *s, size_t split)
{
    struct player p;
    player_start(&p, s);
    for (const struct turn *t = s->turns; t->server; t++) {
        struct slice in = slice_str(t->server);
        player_feed(&p, slice_head(in, split));
        player_feed(&p, slice_from(in, split));
        player_expect(&p, t);
    }
    player_end(&p);
}

void player_play(const struct script *s)
{
    size_t longest = 0;
    for (const struct turn *t = s->turns; t->server; t++)
        longest = strlen(t->server) > longest ? strlen(t->server) : longest;
    for (size_t split = 0; split <= longest; split++)
        play_split(s, split);
}
