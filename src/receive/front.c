/* The bytes before the client's first, in which a proxy says who he is. They are looked at before
 * they are taken: what stands behind them may be the client's TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receive/inside.h"
#include "receive/proxy_header.h"

/* A proxy sends it all at once, with the connection. */
enum { FRONT_MS = 10000 };

struct front {
    int64_t wait; /* ms */
    size_t len;
    char bytes[PROXY_HEADER_MAX];
};

bool front_begin(struct connection *c)
{
    c->front = malloc(sizeof(*c->front));
    if (!c->front)
        return false;
    c->front->len = 0;
    c->front->wait = connection_patience(c, FRONT_MS);
    stream_peek(&c->stream, true);
    stream_set_deadline(&c->stream, loop_now(c->stream.loop) + c->front->wait);
    return true;
}

void front_end(struct connection *c)
{
    free(c->front);
    c->front = NULL;
}

/* Without a word: the other side waits for none before it has said who it speaks for. */
static void refuse(struct connection *c, const char *what)
{
    LOG(c->receiver->log, LOG_LEVEL_WARNING, "proxy-refused", {"proxy", slice_str(c->client_text)},
        {"reason", slice_str(what)});
    connection_close(c);
}

void front_give_up(struct connection *c)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "no whole PROXY header came within %g seconds",
                   (double)c->front->wait / 1000);
    refuse(c, text);
}

static void begin_client(struct connection *c, const struct proxy_header *header)
{
    front_end(c);
    stream_peek(&c->stream, false);
    stream_set_deadline(&c->stream, INT64_MAX);
    if (header->client.family != IP_NONE) {
        LOG(c->receiver->log, LOG_LEVEL_DEBUG, "proxied", {"proxy", slice_str(c->client_text)});
        connection_set_client(c, header->client);
    }
    connection_begin(c);
}

void front_take(struct connection *c, struct slice in)
{
    struct front *f = c->front;
    struct proxy_header header;
    size_t before = f->len;
    size_t fits = sizeof(f->bytes) - f->len < in.len ? sizeof(f->bytes) - f->len : in.len;
    memcpy(f->bytes + f->len, in.at, fits);
    f->len += fits;
    switch (proxy_header_read(slice_of(f->bytes, f->len), &header)) {
    case PROXY_MORE:
        stream_take(&c->stream, fits);
        return;
    case PROXY_DONE:
        stream_take(&c->stream, header.len - before);
        begin_client(c, &header);
        return;
    case PROXY_BAD:
        stream_take(&c->stream, in.len);
        refuse(c, header.what);
    }
}
