#include "receive/screening.h"

#include <stdlib.h>

#include "net/resolver.h"
#include "net/timer.h"
#include "receive/inside.h"
#include "receive/reverse_check.h"
#include "system/heap.h"

/* One question of a screening. */
struct screening_question {
    struct screening *screening;
    const struct dnsbl *list;
};

struct screening {
    struct connection *connection;
    size_t pending; /* questions without an answer, and one for the time in which they are asked */
    bool is_late;   /* what is not answered by now does not count */
    struct timer timer;
    const struct dnsbl *listed; /* the first list in order that has the client; NULL: none */
    bool wants_reverse;
    struct reverse_check reverse;
    struct list waiting;    /* recipients */
    struct smtp_event next; /* XCLIENT, which speaks for another client */
    bool has_next;
    struct screening_question questions[];
};

/* A recipient that was named before the answers were in. */
struct waiting {
    struct list link;
    struct smtp_event
        event; /* what it shows lives until the transaction ends, which waits for it */
};

static bool is_open(const struct screening *s)
{
    return s->pending > 0 && !s->is_late;
}

/* Who has to be reachable for everybody (RFC 5321 4.5.1, RFC 2142 4): how else should somebody ask
 * why he is refused? */
static bool is_for_help(const struct address *recipient)
{
    return slice_ieq(recipient->local, SLICE("postmaster")) ||
           slice_ieq(recipient->local, SLICE("abuse"));
}

static struct reply say_listed(const struct screening *s, struct slice client, struct arena *arena)
{
    struct buf url;
    buf_init(&url, &heap, REPLY_LINE_MAX);
    dnsbl_url(s->listed, client, &url);
    struct reply r =
        REPLY_MAKE(SITUATION_CLIENT_LISTED, arena, client, s->listed->zone, buf_slice(&url));
    buf_free(&url);
    return r;
}

/* False: nothing speaks against the client. */
static bool find_refusal(const struct screening *s, struct reply *r)
{
    struct slice client = slice_str(s->connection->client_text);
    struct arena *arena = smtp_server_arena(s->connection->session);
    bool is_confirmed = !s->wants_reverse || s->reverse.verdict == REVERSE_CONFIRMED;
    if (s->listed)
        *r = say_listed(s, client, arena);
    else if (!is_confirmed && s->reverse.verdict == REVERSE_ABSENT)
        *r = REPLY_MAKE(SITUATION_REVERSE_ABSENT, arena, client);
    else if (!is_confirmed && s->reverse.verdict == REVERSE_UNCONFIRMED)
        *r = REPLY_MAKE(SITUATION_REVERSE_UNCONFIRMED, arena, client, slice_str(s->reverse.name));
    else if (!is_confirmed)
        *r = REPLY_MAKE(SITUATION_REVERSE_UNKNOWN, arena, client);
    return s->listed || !is_confirmed;
}

static bool refuse(const struct screening *s, const struct smtp_event *e)
{
    struct connection *c = s->connection;
    struct reply r;
    if (!find_refusal(s, &r))
        return false;
    connection_answer(c, e->ticket, r);
    return true;
}

bool screening_admits(struct connection *c, const struct smtp_event *e)
{
    struct screening *s = c->screening;
    if (!s || c->user || is_for_help(&e->address))
        return true;
    if (!is_open(s))
        return !refuse(s, e);
    struct waiting *w = malloc(sizeof(*w));
    if (!w) {
        connection_answer(c, e->ticket, reply_plain(SITUATION_LOCAL_ERROR));
        return false;
    }
    w->event = *e;
    list_append(&s->waiting, &w->link);
    return false;
}

/* May free the connection. */
static void finish(struct screening *s)
{
    struct connection *c = s->connection;
    for (struct list *link; (link = list_take_first(&s->waiting));) {
        struct waiting *w = LIST_ITEM(link, struct waiting, link);
        connection_check_recipient(c, &w->event);
        free(w);
    }
    if (s->has_next && s->pending == 0 && !c->is_gone) {
        struct smtp_event next = s->next;
        proxied_begin(c, &next); /* frees this screening */
    }
    connection_go_on(c);
}

static void on_timeout(void *ctx)
{
    struct screening *s = ctx;
    LOG(s->connection->receiver->log, LOG_LEVEL_WARNING, "dns-late",
        {"client", slice_str(s->connection->client_text)},
        {"reason", SLICE("what the DNS did not say of this client in time does not count")});
    s->is_late = true;
    finish(s);
}

static void note_unusable(const struct screening *s, const struct dnsbl *list, struct ip code)
{
    char text[IP_TEXT];
    struct buf answer;
    buf_init_fixed(&answer, text, sizeof(text));
    ip_write(&answer, code);
    LOG(s->connection->receiver->log, LOG_LEVEL_WARNING, "list-unusable", {"list", list->zone},
        {"answer", buf_slice(&answer)},
        {"reason", SLICE("this answer is no listing: the list refuses the query (an open resolver, "
                         "too many queries) or is gone; nobody is refused by it")});
}

/* May free the connection. */
static void note_answer(struct screening *s)
{
    if (--s->pending > 0)
        return;
    timer_stop(&s->timer);
    finish(s);
}

static void on_reverse(void *ctx)
{
    note_answer(ctx);
}

static void on_list(void *ctx, const struct dns_answer *answer)
{
    struct screening_question *q = ctx;
    struct screening *s = q->screening;
    struct ip code;
    switch (dnsbl_judge(q->list, answer, &code)) {
    case DNSBL_LISTED:
        if (!s->is_late && (!s->listed || q->list < s->listed))
            s->listed = q->list;
        break;
    case DNSBL_UNUSABLE:
        note_unusable(s, q->list, code);
        break;
    case DNSBL_UNKNOWN:
        LOG(s->connection->receiver->log, LOG_LEVEL_WARNING, "list-silent", {"list", q->list->zone},
            {"reason", slice_str(dns_status_text(answer->status))});
        break;
    case DNSBL_ABSENT:
        break;
    }
    note_answer(s);
}

static void ask_lists(struct screening *s, const struct screening_options *o)
{
    struct connection *c = s->connection;
    for (size_t i = 0; i < o->list_count; i++) {
        char name[DNSBL_NAME_MAX];
        struct buf question;
        buf_init_fixed(&question, name, sizeof(name));
        dnsbl_question(&o->lists[i], c->client, &question);
        s->questions[i] = (struct screening_question){s, &o->lists[i]};
        resolver_ask_from(o->resolver, c->receiver->loop, buf_slice(&question), DNS_A, on_list,
                          &s->questions[i]);
    }
}

static void ask_reverse(struct screening *s, const struct screening_options *o)
{
    s->reverse = (struct reverse_check){.resolver = o->resolver,
                                        .loop = s->connection->receiver->loop,
                                        .client = s->connection->client,
                                        .done = on_reverse,
                                        .ctx = s};
    reverse_check_begin(&s->reverse);
}

void screening_begin(struct connection *c)
{
    const struct screening_options *o = &c->options->screening;
    size_t size = sizeof(struct screening) + o->list_count * sizeof(struct screening_question);
    struct screening *s = o->list_count || o->reverse ? calloc(1, size) : NULL;
    if (!s)
        return;
    c->screening = s;
    s->connection = c;
    s->wants_reverse = o->reverse;
    s->pending = o->list_count + o->reverse + 1;
    list_init(&s->waiting);
    timer_init(&s->timer, c->receiver->loop, on_timeout, s);
    timer_set(&s->timer, o->timeout);
    ask_lists(s, o);
    if (o->reverse)
        ask_reverse(s, o);
    if (--s->pending == 0)
        timer_stop(&s->timer);
}

void screening_hold(struct connection *c, const struct smtp_event *e)
{
    c->screening->next = *e;
    c->screening->has_next = true;
}

bool screening_is_awaited(const struct connection *c)
{
    return c->screening && c->screening->pending > 0;
}

void screening_free(struct connection *c)
{
    struct screening *s = c->screening;
    c->screening = NULL;
    if (!s)
        return;
    timer_stop(&s->timer);
    for (struct list *link; (link = list_take_first(&s->waiting));)
        free(LIST_ITEM(link, struct waiting, link));
    free(s);
}
