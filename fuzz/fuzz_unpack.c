/* Packed files: a head that is known is unpacked to the same bytes however little is given and
 * taken at once, it ends, and what is called whole was not damaged. */
#include "cli/unpack.h"
#include "system/heap.h"

#include "base/buf.h"

/* What a few bytes unpack to may be endless: it is looked at up to here. */
enum { OUT_MOST = 1 << 16, ROOM = 4096 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

struct end {
    bool is_good, is_whole, is_cut;
};

static struct end unpack(const char *name, struct slice in, size_t piece, size_t room,
                         struct buf *out)
{
    struct unpack *u = unpack_new(name);
    struct end e = {.is_good = true};
    struct slice given = slice_head(in, piece);
    size_t got;
    require(u != NULL);
    while (e.is_good && out->len < OUT_MOST) {
        char bytes[ROOM];
        size_t before = given.len;
        e.is_good = unpack_run(u, &given, bytes, room, &got);
        require(got <= room && given.len <= before);
        buf_add(out, slice_of(bytes, got));
        if (e.is_good && got == 0 && given.len == before) {
            size_t used = (size_t)(given.at - in.at);
            if (used + given.len == in.len)
                break;
            given = slice_head(slice_from(in, used), given.len + piece);
        }
    }
    e.is_cut = out->len >= OUT_MOST;
    e.is_whole = e.is_good && !e.is_cut && unpack_is_whole(u);
    unpack_free(u);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    const char *name = unpack_recognise(slice_head(in, UNPACK_HEAD));
    struct buf whole, cut;
    if (!name)
        return 0;
    buf_init(&whole, &heap, 2 * OUT_MOST);
    buf_init(&cut, &heap, 2 * OUT_MOST);
    struct end a = unpack(name, in, size, ROOM, &whole);
    struct end b = unpack(name, in, 1 + size % 7, UNPACK_ROOM + size % 300, &cut);
    require(a.is_whole == b.is_whole || a.is_cut || b.is_cut);
    size_t common = whole.len < cut.len ? whole.len : cut.len;
    require(slice_eq(slice_head(buf_slice(&whole), common), slice_head(buf_slice(&cut), common)));
    require(!a.is_whole || a.is_cut || b.is_cut || whole.len == cut.len);
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
