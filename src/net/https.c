#include "net/https.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "net/stream.h"
#include "net/timer.h"
#include "system/heap.h"

enum { WHY_MAX = 600, REQUEST_MAX = 128 * 1024 };

struct https {
    struct stream stream;
    struct timer start;
    struct https_request request;
    struct net_address addresses[HTTPS_ADDRESSES_MAX];
    size_t tried;
    char host[HTTPS_HOST_MAX + 1];
    int64_t deadline;
    bool is_asked;  /* the request went out: no other address is tried */
    struct buf out; /* what is left of it */
    struct buf in;
    struct buf why;
    char why_text[WHY_MAX];
    https_done *done;
    void *ctx;
};

static struct https *https_of(struct stream *s)
{
    return LIST_ITEM(s, struct https, stream);
}

/* There may be a secret in it. */
static void forget(struct buf *b)
{
    if (b->at)
        explicit_bzero(b->at, b->size);
    buf_free(b);
}

void https_cancel(struct https *h)
{
    timer_stop(&h->start);
    stream_close(&h->stream);
    buf_free(&h->in);
    forget(&h->out);
    free(h);
}

static void finish(struct https *h, const struct http_response *r)
{
    h->done(h->ctx, r, buf_slice(&h->why));
    https_cancel(h);
}

static void try_next(struct https *h);

static void fail(struct https *h, const char *why)
{
    buf_clear(&h->why);
    buf_add_str(&h->why, why);
    if (h->is_asked || loop_now(h->request.loop) >= h->deadline)
        finish(h, NULL);
    else
        try_next(h);
}

static struct tls_expect expect_of(const struct https *h)
{
    return (struct tls_expect){.name = h->host, .proof = TLS_PROOF_AUTHORITIES};
}

/* Whether it is over. */
static bool look(struct https *h, bool is_end)
{
    struct http_response r;
    switch (http_response_read(buf_slice(&h->in), is_end, &r)) {
    case HTTP_MORE:
        return false;
    case HTTP_DONE:
        finish(h, &r);
        return true;
    case HTTP_BAD:
        break;
    }
    fail(h, "the answer is not one of HTTP, or not whole");
    return true;
}

static size_t on_bytes(struct stream *s, struct slice in)
{
    struct https *h = https_of(s);
    buf_add(&h->in, in);
    if (h->in.failed) {
        fail(h, "the answer is too long");
        return STREAM_GONE;
    }
    return look(h, false) ? STREAM_GONE : in.len;
}

static void on_ended(struct stream *s, const char *failure)
{
    struct https *h = https_of(s);
    if (failure || !h->is_asked)
        fail(h, failure ? failure : "the server closed the connection");
    else
        look(h, true);
}

static void on_timer(struct stream *s)
{
    fail(https_of(s), "timed out");
}

static void send_rest(struct https *h)
{
    buf_drop(&h->out, stream_send(&h->stream, buf_slice(&h->out)));
}

/* Connected, or room again. */
static void on_writable(struct stream *s)
{
    struct https *h = https_of(s);
    struct tls_expect expect = expect_of(h);
    if (s->tls)
        send_rest(h);
    else if (!stream_secure(s, h->request.tls, &expect))
        fail(h, "out of memory");
}

static void write_request(struct https *h)
{
    const struct https_request *r = &h->request;
    bool is_literal = slice_find(slice_str(h->host), ':', 0) != SLICE_NONE;
    buf_addf(&h->out,
             "%s %.*s HTTP/1.0\r\nHost: %s%s%s\r\nUser-Agent: Candor\r\nConnection: close\r\n",
             r->form.len ? "POST" : "GET", SLICE_ARG(r->path), is_literal ? "[" : "", h->host,
             is_literal ? "]" : "");
    if (r->authorization.len) {
        buf_add_str(&h->out, "Authorization: ");
        buf_add(&h->out, r->authorization);
        buf_add_str(&h->out, "\r\n");
    }
    if (r->form.len)
        buf_addf(&h->out,
                 "Accept: application/json\r\n"
                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
                 r->form.len);
    buf_add_str(&h->out, "\r\n");
    buf_add(&h->out, r->form);
}

static void on_secured(struct stream *s)
{
    struct https *h = https_of(s);
    struct tls_expect expect = expect_of(h);
    buf_clear(&h->why);
    if (tls_find_flaw(s->tls, &expect, &h->why) != TLS_FLAW_NONE) {
        finish(h, NULL); /* another address would not make it better */
        return;
    }
    write_request(h);
    h->is_asked = true;
    if (h->out.failed)
        fail(h, "the request is too long, or there is no memory for it");
    else
        send_rest(h);
}

static const struct stream_owner owner = {.bytes = on_bytes,
                                          .writable = on_writable,
                                          .ended = on_ended,
                                          .timer = on_timer,
                                          .secured = on_secured};

static void try_next(struct https *h)
{
    stream_close(&h->stream);
    while (h->tried < h->request.count) {
        const struct net_address *a = &h->addresses[h->tried++];
        const char *why = stream_connect(&h->stream, h->request.loop, a, NULL, &owner);
        if (!why) {
            stream_set_deadline(&h->stream, h->deadline);
            return;
        }
        buf_clear(&h->why);
        buf_add_str(&h->why, why);
    }
    finish(h, NULL);
}

static void begin(void *ctx)
{
    try_next(ctx);
}

struct https *https_ask(const struct https_request *request, https_done *done, void *ctx)
{
    struct https *h = calloc(1, sizeof(*h));
    if (!h || !slice_cstr(request->host, h->host, sizeof(h->host))) {
        free(h);
        return NULL;
    }
    h->request = *request;
    if (h->request.count > HTTPS_ADDRESSES_MAX)
        h->request.count = HTTPS_ADDRESSES_MAX;
    memcpy(h->addresses, request->addresses, h->request.count * sizeof(*h->addresses));
    h->stream = (struct stream){.fd = -1, .is_closed = true};
    h->deadline = loop_now(request->loop) + request->timeout;
    buf_init(&h->in, &heap, request->most);
    buf_init(&h->out, &heap, REQUEST_MAX);
    buf_init_fixed(&h->why, h->why_text, sizeof(h->why_text));
    buf_add_str(&h->why, "it has no address");
    h->done = done;
    h->ctx = ctx;
    timer_init(&h->start, request->loop, begin, h);
    timer_set(&h->start, 0);
    return h;
}
