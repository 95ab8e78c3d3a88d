#include "cli/explain_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/unpack.h"
#include "system/heap.h"

enum { CHUNK = 256 * 1024 };

void explain_input_init(struct explain_input *in, size_t window_max)
{
    *in = (struct explain_input){.fd = -1};
    buf_init(&in->window, &heap, window_max + CHUNK);
    buf_init(&in->packed, &heap, 2 * CHUNK);
}

void explain_input_open(struct explain_input *in, int fd)
{
    unpack_free(in->unpack);
    buf_clear(&in->window);
    buf_clear(&in->packed);
    *in = (struct explain_input){.fd = fd,
                                 .wait = in->wait,
                                 .wait_ctx = in->wait_ctx,
                                 .window = in->window,
                                 .packed = in->packed};
}

void explain_input_free(struct explain_input *in)
{
    unpack_free(in->unpack);
    buf_free(&in->packed);
    buf_free(&in->window);
}

uint64_t explain_input_taken(const struct explain_input *in, struct slice rest)
{
    return in->read - rest.len;
}

static void end(struct explain_input *in, const char *failure)
{
    in->is_end = true;
    in->failure = failure;
}

/* What the file has, behind what `b` holds; false at its end. */
static bool read_chunk(struct explain_input *in, struct buf *b)
{
    char *at = buf_reserve(b, CHUNK);
    if (!at)
        return end(in, "there is no memory left"), false;
    ssize_t got;
    do
        got = read(in->fd, at, CHUNK);
    while ((got < 0 && errno == EINTR && !interrupt_came()) ||
           (got == 0 && in->wait && in->wait(in->wait_ctx, in->fd)));
    if (got < 0 && errno == EINTR)
        return end(in, NULL), false;
    if (got < 0)
        return end(in, errno == EISDIR ? "it is a folder" : "it can't be read"), false;
    b->len += (size_t)got;
    in->read += (uint64_t)got;
    return got > 0;
}

/* The first bytes: tells whether they are packed. A plain text in pieces is not waited for longer
 * than its first bytes go along with a packed one. */
static bool begin(struct explain_input *in)
{
    in->is_begun = true;
    while (in->window.len < UNPACK_HEAD && read_chunk(in, &in->window))
        if (in->window.len > 0 && !strchr("\x1f\xfd\x28\xff\xfe"
                                          "B",
                                          in->window.at[0]))
            break;
    const char *packed = unpack_recognise(buf_slice(&in->window));
    if (!packed)
        return in->window.len > 0 || (end(in, in->failure), false);
    in->unpack = unpack_new(packed);
    if (!in->unpack)
        return end(in, "there is no memory left to unpack it"), false;
    buf_add(&in->packed, buf_slice(&in->window));
    buf_clear(&in->window);
    return true;
}

/* Unpacks into the window until something came of it. */
static bool unpack_more(struct explain_input *in)
{
    size_t before = in->window.len;
    char *out = buf_reserve(&in->window, CHUNK);
    while (out && in->window.len == before) {
        struct slice rest = slice_from(buf_slice(&in->packed), in->packed_at);
        size_t len = 0;
        bool good = unpack_run(in->unpack, &rest, out, CHUNK, &len);
        in->window.len += len;
        in->packed_at = in->packed.len - rest.len;
        if (!good)
            return end(in, "it is damaged: it can't be unpacked from here on"), len > 0;
        if (len > 0)
            break;
        buf_drop(&in->packed, in->packed_at);
        in->packed_at = 0;
        if (!read_chunk(in, &in->packed)) {
            if (!in->failure && !unpack_is_whole(in->unpack))
                in->failure = "it ends in the middle of what is packed in it";
            return end(in, in->failure), false;
        }
    }
    return out != NULL;
}

static bool more(struct explain_input *in)
{
    if (in->is_end)
        return false;
    if (in->at > 0) {
        buf_drop(&in->window, in->at);
        in->at = 0;
    }
    if (in->window.len + CHUNK > in->window.limit)
        return false;
    bool is_first = !in->is_begun;
    if (is_first && !begin(in))
        return false;
    if (in->unpack)
        return unpack_more(in);
    if (is_first)
        return true;
    return read_chunk(in, &in->window) || (end(in, in->failure), false);
}

bool explain_input_more(void *ctx, struct slice *rest)
{
    struct explain_input *in = ctx;
    in->at = in->window.len - rest->len;
    bool any = more(in);
    *rest = slice_from(buf_slice(&in->window), in->at);
    return any;
}
