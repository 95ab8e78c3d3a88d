/* Any bytes, whole: each item has a kind and a likely code, its JSON is one
 * line, and reading it again tells the same. */
#include "guide/reader.h"
#include "system/heap.h"

enum { MOST = 16 * 1024, JSON_MOST = 1024 * 1024 };

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

struct seen {
    size_t items, bytes;
};

static bool on_item(void *ctx, const struct explained *x)
{
    struct seen *s = ctx;
    struct buf out;
    buf_init(&out, &heap, JSON_MOST);
    struct json j = json_to(&out);
    json_put_object(&j, NULL);
    explained_put_json(&j, x);
    json_end_object(&j);
    must(!out.failed && slice_find(buf_slice(&out), '\n', 0) == SLICE_NONE);
    must(x->in.reply.code <= 999 && *explained_kind(x) && *explained_input(x));
    must(x->diagnosis.confidence >= 0 && x->diagnosis.confidence <= 1);
    s->items++;
    s->bytes += out.len;
    buf_free(&out);
    return true;
}

static bool no_more(void *ctx, struct slice *rest)
{
    return (void)ctx, (void)rest, false;
}

static struct seen read_all(struct slice whole)
{
    static const struct guide_listener listener = {.item = on_item};
    struct guide_input in = {.rest = whole, .more = no_more};
    struct guide_reader r;
    struct seen seen = {0};
    guide_reader_init(&r, &heap, &listener, &seen, NULL);
    r.clock = (struct log_clock){.now = 1795762800000};
    must(guide_read(&r, "-", &in));
    guide_reader_free(&r);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST)
        return 0;
    struct slice whole = slice_of((const char *)data, size);
    struct seen first = read_all(whole), again = read_all(whole);
    must(first.items == again.items && first.bytes == again.bytes);
    return 0;
}
