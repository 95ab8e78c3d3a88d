#include "receive/dovecot_link.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "net/stream.h"
#include "net/timer.h"
#include "system/heap.h"

enum {
    GREETING_MS = 10 * 1000,
    ANSWER_MS = 30 * 1000,
    OUT_MAX = 1024 * 1024,
    PATH_SIZE = 108,    /* of a socket, as the system has it */
    MECHANISM_SIZE = 21 /* RFC 4422 3.1 */
};

struct dovecot_link {
    struct list link;
    struct loop *loop;
    const struct log *log;
    char path[PATH_SIZE];
    struct stream stream;
    struct dovecot_auth protocol;
    bool is_up;      /* connected, or on the way to it */
    bool is_greeted; /* we said who we are */
    bool is_away;    /* that it is not there was logged */
    uint32_t last_id;
    struct list logins;
    struct buf out;
    char names[DOVECOT_NAMES_MAX + 1]; /* as it told last */
};

struct dovecot_login {
    struct list link; /* in to->logins */
    struct dovecot_link *to;
    uint32_t id;
    bool is_asked;
    char mechanism[MECHANISM_SIZE];
    struct buf question; /* for when Dovecot is ready */
    struct timer timer;
    dovecot_answered *answered;
    void *ctx;
};

static struct dovecot_link *link_of(struct stream *s)
{
    return LIST_ITEM(s, struct dovecot_link, stream);
}

/* Passwords are in it: no copy of the memory tells them. */
static void wipe(struct buf *b)
{
    if (b->at)
        explicit_bzero(b->at, b->size);
    buf_free(b);
}

static void release(struct dovecot_login *login)
{
    list_remove(&login->link);
    timer_stop(&login->timer);
    wipe(&login->question);
    free(login);
}

static void answer_last(struct dovecot_login *login, const struct dovecot_event *e)
{
    dovecot_answered *answered = login->answered;
    void *ctx = login->ctx;
    release(login);
    answered(ctx, e);
}

static void close_link(struct dovecot_link *l)
{
    stream_close(&l->stream);
    dovecot_auth_free(&l->protocol);
    wipe(&l->out);
    l->is_up = false;
}

/* Logged once, until it is back. */
static void tell_away(struct dovecot_link *l, struct slice why)
{
    if (!l->is_away)
        LOG(l->log, LOG_LEVEL_ERROR, "accounts-away", {"socket", slice_str(l->path)},
            {"reason", why});
    l->is_away = true;
}

static void tell_back(struct dovecot_link *l)
{
    if (l->is_away)
        LOG(l->log, LOG_LEVEL_INFO, "accounts-back", {"socket", slice_str(l->path)});
    l->is_away = false;
}

/* All that wait are told to come back later. They may begin anew meanwhile. */
static void fail(struct dovecot_link *l, struct slice why)
{
    struct list waiting;
    tell_away(l, why);
    close_link(l);
    list_init(&waiting);
    for (struct list *link; (link = list_take_first(&l->logins));)
        list_append(&waiting, link);
    for (struct list *link; (link = list_take_first(&waiting));)
        answer_last(LIST_ITEM(link, struct dovecot_login, link),
                    &(struct dovecot_event){.kind = DOVECOT_AWAY});
}

static void flush(struct dovecot_link *l)
{
    if (!l->is_greeted || l->out.len == 0)
        return;
    buf_drop(&l->out, stream_send(&l->stream, buf_slice(&l->out)));
    if (l->out.len == 0 && l->out.at)
        explicit_bzero(l->out.at, l->out.size);
}

/* What Dovecot does not know any more since it was started anew would end the link for all. */
static void ask(struct dovecot_login *login)
{
    struct dovecot_link *l = login->to;
    if (!dovecot_auth_offers(&l->protocol, slice_str(login->mechanism))) {
        timer_set(&login->timer, 0);
        return;
    }
    buf_add(&l->out, buf_slice(&login->question));
    wipe(&login->question);
    login->is_asked = true;
}

static void begin_logins(struct dovecot_link *l)
{
    struct buf names;
    buf_init_fixed(&names, l->names, sizeof(l->names) - 1);
    dovecot_auth_names(&l->protocol, &names);
    l->names[names.len] = '\0';
    tell_back(l);
    stream_set_deadline(&l->stream, INT64_MAX);
    for (struct list *at = l->logins.next; at != &l->logins; at = at->next)
        ask(LIST_ITEM(at, struct dovecot_login, link));
    flush(l);
}

static struct dovecot_login *find(struct dovecot_link *l, uint32_t id)
{
    for (struct list *at = l->logins.next; at != &l->logins; at = at->next) {
        struct dovecot_login *login = LIST_ITEM(at, struct dovecot_login, link);
        if (login->id == id && login->is_asked)
            return login;
    }
    return NULL; /* given up meanwhile */
}

/* False: the link is closed. */
static bool heed(struct dovecot_link *l, const struct dovecot_event *e)
{
    struct dovecot_login *login;
    switch (e->kind) {
    case DOVECOT_NOTHING:
        break;
    case DOVECOT_READY:
        begin_logins(l);
        break;
    case DOVECOT_BROKEN:
        fail(l, e->text);
        return false;
    case DOVECOT_CHALLENGE:
        login = find(l, e->id);
        if (login) {
            timer_stop(&login->timer);
            login->answered(login->ctx, e);
        }
        break;
    case DOVECOT_RIGHT:
    case DOVECOT_WRONG:
    case DOVECOT_EXPIRED:
    case DOVECOT_DISABLED:
    case DOVECOT_AWAY:
        login = find(l, e->id);
        if (login)
            answer_last(login, e);
        break;
    }
    return l->is_up;
}

static size_t on_bytes(struct stream *s, struct slice in)
{
    struct dovecot_link *l = link_of(s);
    struct dovecot_event e;
    size_t used = 0;
    while (used < in.len) {
        used += dovecot_auth_take(&l->protocol, slice_from(in, used), &e);
        if (!heed(l, &e))
            return STREAM_GONE;
    }
    return used;
}

/* Connected, or room again. */
static void on_writable(struct stream *s)
{
    struct dovecot_link *l = link_of(s);
    if (!l->is_greeted) {
        dovecot_auth_greet(&l->out, (uint32_t)getpid());
        l->is_greeted = true;
    }
    flush(l);
}

static void on_ended(struct stream *s, const char *failure)
{
    fail(link_of(s), slice_str(failure ? failure : "Dovecot closed the connection"));
}

static void on_deadline(struct stream *s)
{
    fail(link_of(s), SLICE("it does not say within 10 seconds which logins it knows"));
}
_Static_assert(GREETING_MS == 10 * 1000, "the words above name it");

static const struct stream_owner owner = {
    .bytes = on_bytes, .writable = on_writable, .ended = on_ended, .timer = on_deadline};

static void connect_link(struct dovecot_link *l)
{
    struct net_address a;
    dovecot_auth_init(&l->protocol, &heap);
    buf_init(&l->out, &heap, OUT_MAX);
    l->is_greeted = false;
    const char *why = net_address_from_path(&a, slice_str(l->path))
                          ? stream_connect(&l->stream, l->loop, &a, NULL, &owner)
                          : "the path is too long";
    l->is_up = !why;
    if (why)
        tell_away(l, slice_str(why));
    else
        stream_set_deadline(&l->stream, loop_now(l->loop) + GREETING_MS);
}

struct dovecot_link *dovecot_link_get(struct list *links, struct loop *loop, const struct log *log,
                                      struct slice path)
{
    struct dovecot_link *l = NULL;
    for (struct list *at = links->next; at != links && !l; at = at->next)
        if (slice_eq(slice_str(LIST_ITEM(at, struct dovecot_link, link)->path), path))
            l = LIST_ITEM(at, struct dovecot_link, link);
    if (!l) {
        l = calloc(1, sizeof(*l));
        if (!l || !slice_cstr(path, l->path, sizeof(l->path))) {
            free(l);
            return NULL;
        }
        l->loop = loop;
        l->log = log;
        l->stream = (struct stream){.fd = -1, .is_closed = true};
        list_init(&l->logins);
        list_append(links, &l->link);
    }
    if (!l->is_up)
        connect_link(l);
    return l;
}

void dovecot_links_free(struct list *links)
{
    for (struct list *link; (link = list_take_first(links));) {
        struct dovecot_link *l = LIST_ITEM(link, struct dovecot_link, link);
        for (struct list *at; (at = list_take_first(&l->logins));)
            release(LIST_ITEM(at, struct dovecot_login, link));
        close_link(l);
        free(l);
    }
}

void dovecot_link_names(const struct dovecot_link *l, struct buf *out)
{
    buf_add_str(out, l->names[0] ? l->names : "PLAIN LOGIN");
}

/* Dovecot did not answer, or could not be asked. */
static void on_timer(void *ctx)
{
    struct dovecot_login *login = ctx;
    struct dovecot_link *l = login->to;
    if (login->is_asked) {
        LOG(l->log, LOG_LEVEL_WARNING, "accounts-late", {"socket", slice_str(l->path)},
            {"reason", SLICE("no answer to a login within 30 seconds")});
        dovecot_auth_cancel(&l->out, login->id);
        flush(l);
    }
    answer_last(login, &(struct dovecot_event){.kind = DOVECOT_AWAY});
}
_Static_assert(ANSWER_MS == 30 * 1000, "the words above name it");

struct dovecot_login *dovecot_login_begin(struct dovecot_link *l, const struct dovecot_question *q,
                                          dovecot_answered *answered, void *ctx)
{
    struct dovecot_login *login = calloc(1, sizeof(*login));
    if (!login)
        return NULL;
    buf_init(&login->question, &heap, DOVECOT_LINE_MAX);
    if (++l->last_id == 0)
        l->last_id = 1;
    if (!slice_cstr(q->mechanism, login->mechanism, sizeof(login->mechanism)) ||
        !dovecot_auth_ask(&login->question, l->last_id, q) || login->question.failed) {
        wipe(&login->question);
        free(login);
        return NULL;
    }
    login->to = l;
    login->id = l->last_id;
    login->answered = answered;
    login->ctx = ctx;
    list_append(&l->logins, &login->link);
    timer_init(&login->timer, l->loop, on_timer, login);
    timer_set(&login->timer, l->is_up ? ANSWER_MS : 0);
    if (l->is_up && l->protocol.is_ready) {
        ask(login);
        flush(l);
    }
    return login;
}

bool dovecot_login_respond(struct dovecot_login *login, struct slice response)
{
    struct dovecot_link *l = login->to;
    if (!dovecot_auth_respond(&l->out, login->id, response))
        return false;
    timer_set(&login->timer, ANSWER_MS);
    flush(l);
    return true;
}

void dovecot_login_end(struct dovecot_login *login)
{
    struct dovecot_link *l = login->to;
    if (login->is_asked && l->is_up) {
        dovecot_auth_cancel(&l->out, login->id);
        flush(l);
    }
    release(login);
}
