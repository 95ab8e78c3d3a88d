#include "net/resolver.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unbound.h>

#include "base/list.h"
#include "net/timer.h"

struct resolver {
    struct loop *loop;
    struct ub_ctx *ub;
    struct event *readable;
    int64_t patience;
    struct list questions; /* under way, the oldest first: freed with the resolver */
    struct list given_up;  /* answered, but the library still has them */
    struct timer timer;    /* for the oldest question */
    bool is_silent;        /* a question ended without an answer, and nobody was heard since */
    bool is_cancelled;
};

struct question {
    struct list link;
    struct resolver *resolver;
    resolver_answered *answered; /* NULL: was answered without the library */
    void *ctx;
    int64_t asked_at;
};

static const struct dns_answer failed = {.status = DNS_FAILED};
static const struct dns_answer timed_out = {.status = DNS_TIMED_OUT};

/* As long as resolvers ask on; whoever waits longer for a name will not get it. */
enum { PATIENCE = 30 * 1000 };
/* The library tells of name servers that are silent as of such that fail: by SERVFAIL. But a
 * failure comes at once; before the library gives up it has asked for longer than this, and once it
 * has, it does not ask for a while. */
enum { SILENCE = 3 * 1000 };

/* RFC 1035 4.1.1 */
enum { RCODE_OK = 0, RCODE_NXDOMAIN = 3, CLASS_IN = 1 };
/* More records than any honest answer has; the rest is not looked at. */
enum { RECORDS_MAX = 256 };

static enum dns_status status_of(int error, const struct ub_result *result)
{
    if (error || !result)
        return DNS_FAILED;
    if (result->bogus)
        return DNS_BOGUS;
    if (result->nxdomain || result->rcode == RCODE_NXDOMAIN)
        return DNS_NO_NAME;
    if (result->rcode != RCODE_OK)
        return DNS_FAILED;
    return result->havedata ? DNS_OK : DNS_NO_DATA;
}

static bool is_silence(const struct question *q)
{
    const struct resolver *r = q->resolver;
    return r->is_silent || loop_now(r->loop) - q->asked_at >= SILENCE;
}

static void on_result(void *ctx, int error, struct ub_result *result)
{
    struct question *q = ctx;
    struct slice records[RECORDS_MAX];
    struct dns_answer answer = {.status = status_of(error, result), .records = records};
    if (answer.status == DNS_OK)
        for (; answer.count < RECORDS_MAX && result->data[answer.count]; answer.count++)
            records[answer.count] =
                slice_of(result->data[answer.count], (size_t)result->len[answer.count]);
    answer.is_secure = result && result->secure;
    if (answer.status == DNS_OK && result->canonname)
        answer.canonical = slice_str(result->canonname);
    if (answer.status == DNS_BOGUS)
        answer.why = slice_str(result->why_bogus);
    list_remove(&q->link);
    if (answer.status == DNS_FAILED && is_silence(q))
        answer.status = DNS_TIMED_OUT;
    q->resolver->is_silent = answer.status == DNS_TIMED_OUT;
    if (q->answered)
        q->answered(q->ctx, &answer);
    free(q);
    ub_resolve_free(result);
}

/* No more is awaited of the library: what it says later is let pass. */
static void answer_without(struct resolver *r, struct question *q, const struct dns_answer *answer)
{
    resolver_answered *answered = q->answered;
    list_remove(&q->link);
    list_append(&r->given_up, &q->link);
    q->answered = NULL;
    if (answered)
        answered(q->ctx, answer);
}

static struct question *oldest(struct resolver *r)
{
    return list_is_empty(&r->questions) ? NULL
                                        : LIST_ITEM(r->questions.next, struct question, link);
}

static void set_timer(struct resolver *r)
{
    struct question *q = oldest(r);
    if (q)
        timer_set(&r->timer, q->asked_at + r->patience - loop_now(r->loop));
}

static void on_timer(void *ctx)
{
    struct resolver *r = ctx;
    struct question *q;
    while ((q = oldest(r)) && loop_now(r->loop) - q->asked_at >= r->patience) {
        r->is_silent = true;
        answer_without(r, q, &timed_out);
    }
    set_timer(r);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct resolver *r = ctx;
    (void)fd;
    (void)what;
    ub_process(r->ub);
}

static bool set_nameservers(struct ub_ctx *ub, const struct resolver_options *o)
{
    if (o->count == 0)
        return ub_ctx_resolvconf(ub, NULL) == 0;
    for (size_t i = 0; i < o->count; i++) {
        char text[ENDPOINT_TEXT + 1];
        struct buf out;
        buf_init_fixed(&out, text, sizeof(text));
        ip_write(&out, o->nameservers[i].ip);
        buf_addf(&out, "@%u", o->nameservers[i].port);
        if (out.failed || ub_ctx_set_fwd(ub, text) != 0)
            return false;
    }
    return true;
}

/* The names of private addresses are the operator's name server's to tell, not the library's to
 * deny (RFC 6303 has such defaults). */
static bool ask_about_all(struct ub_ctx *ub)
{
    return ub_ctx_set_option(ub, "unblock-lan-zones:", "yes") == 0 &&
           ub_ctx_set_option(ub, "insecure-lan-zones:", "yes") == 0;
}

/* Left to itself the library asks 16 questions at a time and remembers little: enough for a
 * person's browser, but a queue that wakes up asks about hundreds of domains, some of which nobody
 * answers for. */
static bool ask_many(struct ub_ctx *ub)
{
    static const char *const options[][2] = {
        {"outgoing-range:", "1024"},  {"num-queries-per-thread:", "512"},
        {"outgoing-num-tcp:", "64"},  {"msg-cache-size:", "16m"},
        {"rrset-cache-size:", "32m"},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        if (ub_ctx_set_option(ub, options[i][0], options[i][1]) != 0)
            return false;
    return true;
}

static const char *set_up(struct ub_ctx *ub, const struct resolver_options *o)
{
    char file[4096];
    /* a name server on this machine is common, and the tests' one is there */
    if (ub_ctx_set_option(ub, "do-not-query-localhost:", "no") != 0 || !ask_about_all(ub) ||
        !ask_many(ub))
        return "the resolver library does not take its options";
    if (!set_nameservers(ub, o))
        return "no name server to ask; name one in the configuration: resolver { nameserver = "
               "{ \"192.0.2.53\" } }";
    if (o->trust_anchor.len &&
        (!slice_cstr(o->trust_anchor, file, sizeof(file)) || ub_ctx_add_ta_file(ub, file) != 0))
        return "the trust anchor file can't be read";
    if (ub_ctx_async(ub, 1) != 0)
        return "the resolver's thread can't be started";
    /* the library has one more such zone, which only goes when it is set up */
    if (ub_ctx_zone_remove(ub, "127.in-addr.arpa.") != 0)
        return "the resolver library does not take its zones";
    return NULL;
}

struct resolver *resolver_new(struct loop *loop, const struct resolver_options *o,
                              struct err *err_r)
{
    struct resolver *r = calloc(1, sizeof(*r));
    const char *what = "out of memory";
    if (r) {
        r->loop = loop;
        r->patience = o->patience ? o->patience : PATIENCE;
        list_init(&r->questions);
        list_init(&r->given_up);
        timer_init(&r->timer, loop, on_timer, r);
        r->ub = ub_ctx_create();
        if (r->ub)
            what = set_up(r->ub, o);
    }
    if (!what) {
        r->readable =
            event_new(loop_base(loop), ub_fd(r->ub), EV_READ | EV_PERSIST, on_readable, r);
        if (r->readable && event_add(r->readable, NULL) == 0)
            return r;
        what = "out of memory";
    }
    err_set(err_r, ERR_IO, 0, what);
    resolver_free(r);
    return NULL;
}

static void forget(struct list *questions)
{
    for (struct list *link; (link = list_take_first(questions));)
        free(LIST_ITEM(link, struct question, link));
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    if (r->readable)
        event_free(r->readable);
    if (r->ub)
        ub_ctx_delete(r->ub);
    timer_stop(&r->timer);
    forget(&r->questions);
    forget(&r->given_up);
    free(r);
}

void resolver_ask(struct resolver *r, struct slice name, enum dns_type type,
                  resolver_answered *answered, void *ctx)
{
    char text[256];
    struct question *q = r->is_cancelled ? NULL : malloc(sizeof(*q));
    if (q && slice_cstr(name, text, sizeof(text))) {
        bool is_first = list_is_empty(&r->questions);
        *q = (struct question){
            .resolver = r, .answered = answered, .ctx = ctx, .asked_at = loop_now(r->loop)};
        list_append(&r->questions, &q->link);
        if (ub_resolve_async(r->ub, text, type, CLASS_IN, q, on_result, NULL) == 0) {
            if (is_first)
                set_timer(r);
            return;
        }
        list_remove(&q->link);
    }
    free(q);
    answered(ctx, &failed);
}

struct loop *resolver_loop(const struct resolver *r)
{
    return r->loop;
}

void resolver_cancel(struct resolver *r)
{
    r->is_cancelled = true;
    for (struct question *q; (q = oldest(r));)
        answer_without(r, q, &failed);
}
