#include "cli/unpack.h"

#include <stdlib.h>

#include "base/buf.h"
#include "check.h"

/* "a line\n", packed by each program. */
static const struct sample {
    const char *name;
    const char *bytes;
    size_t len;
} samples[] = {
    {"gzip",
     "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x54\xc8\xc9\xcc\x4b\xe5\x02\x00\x0a"
     "\x2f\xfb\x17\x07\x00\x00\x00",
     27},
    {"xz",
     "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00"
     "\x74\x2f\xe5\xa3\x01\x00\x06\x61\x20\x6c\x69\x6e\x65\x0a\x00\x00\x0d\x13\xb8\x2b"
     "\x65\x3e\x08\x52\x00\x01\x1f\x07\x16\x2e\xb8\x73\x1f\xb6\xf3\x7d\x01\x00\x00\x00"
     "\x00\x04\x59\x5a",
     64},
    {"zstd", "\x28\xb5\x2f\xfd\x04\x58\x39\x00\x00\x61\x20\x6c\x69\x6e\x65\x0a\x29\x79\xad\xa0",
     20},
    {"bzip2",
     "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xe1\xf7\xdc\x19\x00\x00\x01\x51\x00\x00"
     "\x10\x40\x00\x22\x25\x20\x00\x22\x0c\x9b\x42\x18\x06\xd0\x42\x8b\xb9\x22\x9c\x28"
     "\x48\x70\xfb\xee\x0c\x80",
     46},
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]), ROOM = 64 };

/* Feeds pieces of `step` bytes; what came out is in `out`. */
static bool unpack_in_steps(const char *name, struct slice in, size_t step, struct buf *out,
                            bool *whole_r)
{
    struct unpack *u = unpack_new(name);
    bool good = u != NULL;
    assert_non_null(u);
    for (size_t at = 0; at < in.len && good; at += step) {
        struct slice piece = slice_head(slice_from(in, at), step);
        size_t len;
        do {
            char *to = buf_reserve(out, ROOM);
            assert_non_null(to);
            size_t before = piece.len;
            good = unpack_run(u, &piece, to, ROOM, &len);
            out->len += len;
            if (len == 0 && piece.len == before)
                break;
        } while (good);
    }
    *whole_r = unpack_is_whole(u);
    unpack_free(u);
    return good;
}

static void check(const struct sample *s, struct slice in, size_t step, const char *want)
{
    char storage[1024];
    struct buf out;
    bool whole;
    buf_init_fixed(&out, storage, sizeof(storage));
    assert_true(unpack_in_steps(s->name, in, step, &out, &whole));
    assert_true(whole);
    assert_slice(buf_slice(&out), want);
}

static void unpacks_at_every_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct slice in = slice_of(samples[i].bytes, samples[i].len);
        assert_string_equal(unpack_recognise(in), samples[i].name);
        for (size_t step = 1; step <= in.len; step++)
            check(&samples[i], in, step, "a line\n");
    }
}

static void unpacks_one_behind_the_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        char twice[512];
        memcpy(twice, samples[i].bytes, samples[i].len);
        memcpy(twice + samples[i].len, samples[i].bytes, samples[i].len);
        for (size_t step = 1; step <= 2 * samples[i].len; step++)
            check(&samples[i], slice_of(twice, 2 * samples[i].len), step, "a line\na line\n");
    }
}

/* "é 𝄞\n" in both byte orders. */
static void reads_utf_16_at_every_step(void **state)
{
    (void)state;
    static const struct sample sixteen[] = {
        {"UTF-16LE", "\xff\xfe\xe9\x00\x20\x00\x34\xd8\x1e\xdd\x0a\x00", 12},
        {"UTF-16BE", "\xfe\xff\x00\xe9\x00\x20\xd8\x34\xdd\x1e\x00\x0a", 12},
    };
    for (size_t i = 0; i < 2; i++) {
        struct slice in = slice_of(sixteen[i].bytes, sixteen[i].len);
        assert_string_equal(unpack_recognise(in), sixteen[i].name);
        for (size_t step = 1; step <= in.len; step++)
            check(&sixteen[i], in, step, "\xc3\xa9 \xf0\x9d\x84\x9e\n");
        check(&sixteen[i], slice_head(in, 8 - 2), 1, "\xc3\xa9 ");
    }
    static const struct sample halves = {"UTF-16BE", "\xd8\x34\xd8\x34\x00\x41\xdd\x1e", 8};
    check(&halves, slice_of(halves.bytes, halves.len), 1, "?A?");
}

/* Never more than was packed, and never taken for whole. */
static void tells_what_is_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t len = 1; len < samples[i].len; len++) {
            char storage[1024];
            struct buf out;
            bool whole = false;
            buf_init_fixed(&out, storage, sizeof(storage));
            bool good = unpack_in_steps(samples[i].name, slice_of(samples[i].bytes, len), len, &out,
                                        &whole);
            assert_false(good && whole);
            assert_true(slice_starts(SLICE("a line\n"), buf_slice(&out)));
        }
}

static void survives_any_changed_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t at = 0; at < samples[i].len; at++)
            for (int bit = 0; bit < 8; bit++) {
                char bytes[256], storage[64 * 1024];
                struct buf out;
                bool whole;
                memcpy(bytes, samples[i].bytes, samples[i].len);
                bytes[at] = (char)(bytes[at] ^ 1 << bit);
                buf_init_fixed(&out, storage, sizeof(storage));
                (void)unpack_in_steps(samples[i].name, slice_of(bytes, samples[i].len),
                                      samples[i].len, &out, &whole);
            }
}

static void takes_text_as_it_is(void **state)
{
    (void)state;
    assert_null(unpack_recognise(SLICE("550 5.1.1 no such user")));
    assert_null(unpack_recognise(SLICE("BZ")));
    assert_null(unpack_recognise(SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_at_every_step),
        cmocka_unit_test(unpacks_one_behind_the_other),
        cmocka_unit_test(reads_utf_16_at_every_step),
        cmocka_unit_test(tells_what_is_cut_off),
        cmocka_unit_test(survives_any_changed_byte),
        cmocka_unit_test(takes_text_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
