#include "cli/unpack.h"

#include <bzlib.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/utf16.h"

/* What a file may ask for to be unpacked; `xz -9` needs 65 MiB. */
enum { MEMORY_MAX = 256 * 1024 * 1024 };

enum step { STEP_ON, STEP_MEMBER_END, STEP_BAD };

struct unpack {
    const struct kind *kind;
    bool is_inside; /* of a member: it may not end here */
    union {
        struct utf16 utf16; /* read as if UTF-8 had been packed in it */
        z_stream gzip;
        bz_stream bzip2;
        lzma_stream xz;
        ZSTD_DStream *zstd;
    } of;
};

struct window {
    struct slice in;
    char *out;
    size_t room;
};

struct kind {
    const char *name;
    const char *magic;
    size_t magic_len;
    bool is_padded; /* zeros behind a member are nothing */
    bool (*begin)(struct unpack *u);
    enum step (*run)(struct unpack *u, struct window *w);
    void (*end)(struct unpack *u);
};

static unsigned in_chunk(const struct window *w)
{
    return w->in.len < UINT_MAX ? (unsigned)w->in.len : UINT_MAX;
}

static unsigned out_chunk(const struct window *w)
{
    return w->room < UINT_MAX ? (unsigned)w->room : UINT_MAX;
}

/* Moves on to where a library that counts down its `avail` fields stopped. */
static void advance(struct window *w, size_t in_used, size_t out_used)
{
    w->in = slice_from(w->in, in_used);
    w->out += out_used;
    w->room -= out_used;
}

static bool gzip_begin(struct unpack *u)
{
    enum { GZIP_OR_ZLIB = 32 };
    memset(&u->of.gzip, 0, sizeof(u->of.gzip));
    return inflateInit2(&u->of.gzip, MAX_WBITS + GZIP_OR_ZLIB) == Z_OK;
}

static enum step gzip_run(struct unpack *u, struct window *w)
{
    z_stream *z = &u->of.gzip;
    unsigned in = in_chunk(w), out = out_chunk(w);
    union {
        const char *view;
        Bytef *bytes; /* zlib does not write there */
    } next = {.view = w->in.at};
    z->next_in = next.bytes;
    z->avail_in = in;
    z->next_out = (Bytef *)w->out;
    z->avail_out = out;
    int got = inflate(z, Z_NO_FLUSH);
    advance(w, in - z->avail_in, out - z->avail_out);
    if (got == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? STEP_MEMBER_END : STEP_BAD;
    return got == Z_OK || got == Z_BUF_ERROR ? STEP_ON : STEP_BAD;
}

static void gzip_end(struct unpack *u)
{
    inflateEnd(&u->of.gzip);
}

static bool bzip2_begin(struct unpack *u)
{
    memset(&u->of.bzip2, 0, sizeof(u->of.bzip2));
    return BZ2_bzDecompressInit(&u->of.bzip2, 0, 0) == BZ_OK;
}

static enum step bzip2_run(struct unpack *u, struct window *w)
{
    bz_stream *z = &u->of.bzip2;
    unsigned in = in_chunk(w), out = out_chunk(w);
    union {
        const char *view;
        char *bytes; /* libbz2 does not write there */
    } next = {.view = w->in.at};
    z->next_in = next.bytes;
    z->avail_in = in;
    z->next_out = w->out;
    z->avail_out = out;
    int got = BZ2_bzDecompress(z);
    advance(w, in - z->avail_in, out - z->avail_out);
    if (got == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(z);
        return bzip2_begin(u) ? STEP_MEMBER_END : STEP_BAD;
    }
    return got == BZ_OK ? STEP_ON : STEP_BAD;
}

static void bzip2_end(struct unpack *u)
{
    BZ2_bzDecompressEnd(&u->of.bzip2);
}

static bool xz_begin(struct unpack *u)
{
    u->of.xz = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&u->of.xz, MEMORY_MAX, 0) == LZMA_OK;
}

static enum step xz_run(struct unpack *u, struct window *w)
{
    lzma_stream *z = &u->of.xz;
    size_t in = w->in.len, out = w->room;
    z->next_in = (const uint8_t *)w->in.at;
    z->avail_in = in;
    z->next_out = (uint8_t *)w->out;
    z->avail_out = out;
    lzma_ret got = lzma_code(z, LZMA_RUN);
    advance(w, in - z->avail_in, out - z->avail_out);
    if (got == LZMA_STREAM_END)
        return lzma_stream_decoder(z, MEMORY_MAX, 0) == LZMA_OK ? STEP_MEMBER_END : STEP_BAD;
    return got == LZMA_OK || got == LZMA_BUF_ERROR ? STEP_ON : STEP_BAD;
}

static void xz_end(struct unpack *u)
{
    lzma_end(&u->of.xz);
}

static bool zstd_begin(struct unpack *u)
{
    u->of.zstd = ZSTD_createDStream();
    return u->of.zstd != NULL;
}

static enum step zstd_run(struct unpack *u, struct window *w)
{
    ZSTD_inBuffer in = {w->in.at, w->in.len, 0};
    ZSTD_outBuffer out = {w->out, w->room, 0};
    size_t got = ZSTD_decompressStream(u->of.zstd, &out, &in);
    advance(w, in.pos, out.pos);
    if (ZSTD_isError(got))
        return STEP_BAD;
    return got == 0 ? STEP_MEMBER_END : STEP_ON;
}

static void zstd_end(struct unpack *u)
{
    ZSTD_freeDStream(u->of.zstd);
}

static bool utf16_begin(struct unpack *u)
{
    return utf16_begins(slice_of(u->kind->magic, u->kind->magic_len), &u->of.utf16);
}

static enum step utf16_step(struct unpack *u, struct window *w)
{
    struct slice rest = w->in;
    size_t used = utf16_run(&u->of.utf16, &rest, w->out, w->room);
    advance(w, w->in.len - rest.len, used);
    return utf16_is_whole(&u->of.utf16) ? STEP_MEMBER_END : STEP_ON;
}

static void utf16_end(struct unpack *u)
{
    (void)u;
}

static const struct kind kinds[] = {
    {"gzip", "\x1f\x8b\x08", 3, true, gzip_begin, gzip_run, gzip_end},
    {"xz",
     "\xfd"
     "7zXZ\0",
     6, true, xz_begin, xz_run, xz_end},
    {"zstd", "\x28\xb5\x2f\xfd", 4, true, zstd_begin, zstd_run, zstd_end},
    {"bzip2", "BZh", 3, true, bzip2_begin, bzip2_run, bzip2_end},
    {"UTF-16LE", "\xff\xfe", 2, false, utf16_begin, utf16_step, utf16_end},
    {"UTF-16BE", "\xfe\xff", 2, false, utf16_begin, utf16_step, utf16_end},
};

const char *unpack_recognise(struct slice head)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (slice_starts(head, slice_of(kinds[i].magic, kinds[i].magic_len)))
            return kinds[i].name;
    return NULL;
}

struct unpack *unpack_new(const char *name)
{
    struct unpack *u = calloc(1, sizeof(*u));
    for (size_t i = 0; u && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            u->kind = &kinds[i];
    if (u && u->kind && u->kind->begin(u))
        return u;
    free(u);
    return NULL;
}

void unpack_free(struct unpack *u)
{
    if (!u)
        return;
    u->kind->end(u);
    free(u);
}

/* xz and others pad what lies behind a member with zeros. */
static void skip_padding(struct unpack *u, struct slice *in)
{
    while (u->kind->is_padded && !u->is_inside && in->len > 0 && in->at[0] == '\0')
        *in = slice_from(*in, 1);
}

bool unpack_run(struct unpack *u, struct slice *in, char *out, size_t room, size_t *out_len_r)
{
    struct window w = {*in, out, room};
    enum step got = STEP_ON;
    size_t before;
    do {
        skip_padding(u, &w.in);
        if (w.in.len == 0 && !u->is_inside)
            break;
        before = w.in.len + w.room;
        u->is_inside = true;
        got = u->kind->run(u, &w);
        if (got == STEP_MEMBER_END)
            u->is_inside = false;
    } while (got != STEP_BAD && w.room > 0 && w.in.len + w.room < before);
    *in = w.in;
    *out_len_r = room - w.room;
    return got != STEP_BAD;
}

bool unpack_is_whole(const struct unpack *u)
{
    return !u->is_inside;
}
