/* Hints: with them, without them, and with whatever is left of them a start finds the same. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "spool/log/hint.h"
#include "spool/logs.h"
#include "system/heap.h"

enum { TEXT = 1 << 18, FILE_MOST = 1 << 16 };

/* The pure part. */

static void add(struct hint *h, enum record_type type, uint64_t id, struct slice body, size_t *at)
{
    struct record r = {.type = type, .id = id, .crc = (uint32_t)id * 7, .body = body};
    hint_add(h, &r, (uint32_t)*at);
    *at += record_size(body.len);
}

static size_t make(struct hint *h)
{
    static char message[BODY_PREFIX + 5 + CHUNK_REF + 8];
    size_t at = record_size(SEGMENT_BODY);
    body_prefix(message, 5, 1, CHUNK_SIZE + 5);
    memcpy(message + BODY_PREFIX, "hello", 5);
    memcpy(message + BODY_PREFIX + 5 + CHUNK_REF, "envelope", 8);
    hint_init(h, &heap, 1 << 20);
    add(h, RECORD_CHUNK, 0, SLICE("passed over"), &at);
    add(h, RECORD_MESSAGE, 7, slice_of(message, sizeof(message)), &at);
    add(h, RECORD_STATE, 7, SLICE("state"), &at);
    add(h, RECORD_END, 3, SLICE(""), &at);
    return at;
}

static void keeps_what_the_list_needs(void **state)
{
    (void)state;
    struct hint h;
    struct body body;
    struct hint_entry e;
    size_t end = make(&h), near = 0;
    assert_int_equal(hint_count(&h), 3);
    e = hint_entry(&h, 0);
    assert_true(body_read(e.text, &body));
    assert_slice(body.content, "");
    assert_slice(body.envelope, "envelope");
    assert_int_equal(body.chunk_count, 1);
    assert_int_equal(body.size, CHUNK_SIZE + 5);
    for (int times = 0; times < 2; times++) /* in order, and from the wrong place */
        for (size_t i = 0; i < 3; i++) {
            assert_true(hint_find(&h, hint_entry(&h, i).offset, &near, &e));
            assert_int_equal(e.id, i < 2 ? 7 : 3);
        }
    assert_slice(hint_entry(&h, 1).text, "state");
    assert_false(hint_find(&h, 0, &near, &e));
    assert_false(hint_find(&h, (uint32_t)end, &near, &e));
    hint_free(&h);
}

static void is_right_only_as_it_was(void **state)
{
    (void)state;
    struct hint h;
    char head[HINT_HEAD];
    struct hint_head read, wrote = {.generation = 5, .number = 6, .last_id = 9};
    wrote.end = make(&h);
    hint_head_write(head, &wrote, &h);
    assert_true(hint_head_read(head, &read));
    assert_int_equal(read.end, wrote.end);
    assert_true(hint_is_right(&h, head, &read));
    struct slice parts[] = {slice_of(head, HINT_HEAD), buf_slice(&h.entries), buf_slice(&h.texts)};
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < parts[part].len * 8; i++) {
            char *at = part == 0 ? head : part == 1 ? h.entries.at : h.texts.at;
            at[i / 8] = (char)(at[i / 8] ^ 1 << i % 8);
            assert_false(hint_head_read(head, &read) && hint_is_right(&h, head, &read));
            at[i / 8] = (char)(at[i / 8] ^ 1 << i % 8);
        }
    /* a right checksum does not make right what cannot be */
    wrote.last_id = 6;
    hint_head_write(head, &wrote, &h);
    assert_true(hint_head_read(head, &read));
    assert_false(hint_is_right(&h, head, &read));
    wrote.last_id = 9;
    wrote.end -= RECORD_ALIGN;
    hint_head_write(head, &wrote, &h);
    assert_true(hint_head_read(head, &read));
    assert_false(hint_is_right(&h, head, &read));
    hint_free(&h);
}

/* In the spool. */

struct text {
    char at[TEXT];
    size_t len;
};

static void list_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct text *t = ctx;
    int len = snprintf(t->at + t->len, TEXT - t->len, "%llu %.*s %.*s\n", (unsigned long long)id,
                       SLICE_ARG(envelope), SLICE_ARG(state));
    t->len += (size_t)len;
    assert_true(t->len < TEXT);
}

static void hint_path(const char *folder, unsigned number, char out[128])
{
    snprintf(out, 128, "%s/seg-%016x.hint", folder, number);
}

static size_t read_file(const char *path, char *to)
{
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, to, FILE_MOST);
    if (fd >= 0)
        close(fd);
    assert_true(got >= 0 && got < FILE_MOST);
    return (size_t)got;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static size_t count_hints(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));)
        count += slice_iends(slice_str(e->d_name), SLICE(".hint"));
    closedir(dir);
    return count;
}

/* Opens, lists, puts one message more, which tells the last id. */
static void list(struct logs *f, const char *folder, struct text *to)
{
    to->len = 0;
    f->damage.count = 0;
    logs_open(f, folder);
    assert_int_equal(f->spool->ops->each(f->spool, list_one, to), ERR_OK);
    struct put p = logs_put(f, 1, 1);
    assert_int_equal(p.result, ERR_OK);
    list_one(to, p.id, SLICE("next"), SLICE(""));
    logs_close(f);
}

/* A spool with something of everything in many segments. */
static void fill(struct logs *f, size_t count, size_t size)
{
    spool_id ids[200];
    assert_true(count <= 200);
    for (size_t i = 0; i < count; i++) {
        ids[i] = logs_put(f, i, i % 23 == 22 ? 300000 : i * 37 % size).id;
        if (i % 3)
            assert_int_equal(use_state(f->spool, ids[i], SLICE("waits")), ERR_OK);
        if (i % 4 == 3)
            assert_int_equal(use_end(f->spool, ids[i - 2]), ERR_OK);
    }
}

static void lists_the_same_without(void **state)
{
    struct logs *f = *state;
    static struct text with, without;
    char copy[80];
    fill(f, 200, 5000);
    logs_close(f);
    snprintf(copy, sizeof(copy), "%s-copy", f->path);
    use_copy_folder(f->path, copy);
    size_t hints = count_hints(copy);
    assert_true(hints > 5);
    list(f, copy, &with);
    assert_int_equal(f->damage.count, 0);
    use_remove_folder(copy);
    use_copy_folder(f->path, copy);
    use_remove_files(copy, ".hint");
    list(f, copy, &without);
    assert_int_equal(f->damage.count, 0);
    assert_string_equal(with.at, without.at);
    assert_true(count_hints(copy) > 5); /* a scan leaves them for the next start */
    use_remove_folder(copy);
}

/* The bytes of the first hint, after a life of a few small segments. */
static size_t small_spool(struct logs *f, char *bytes, struct text *right)
{
    char path[128], copy[80];
    logs_close(f);
    f->options.segment_size = 4096;
    logs_open(f, f->path);
    fill(f, 22, 1500);
    logs_close(f);
    hint_path(f->path, 2, path);
    snprintf(copy, sizeof(copy), "%s-copy", f->path);
    use_copy_folder(f->path, copy);
    assert_true(count_hints(copy) > 1);
    use_remove_files(copy, ".hint");
    list(f, copy, right);
    use_remove_folder(copy);
    return read_file(path, bytes);
}

static void lists_right_beside(struct logs *f, const char *bytes, size_t size,
                               const struct text *right)
{
    static struct text text;
    char path[128], copy[80];
    snprintf(copy, sizeof(copy), "%s-copy", f->path);
    use_copy_folder(f->path, copy);
    hint_path(copy, 2, path);
    write_file(path, bytes, size);
    list(f, copy, &text);
    assert_string_equal(text.at, right->at);
    assert_int_equal(f->damage.count, 0);
    use_remove_folder(copy);
}

static void believes_no_hint_that_is_cut_or_changed(void **state)
{
    struct logs *f = *state;
    static char bytes[FILE_MOST];
    static struct text right;
    size_t size = small_spool(f, bytes, &right);
    assert_true(size > HINT_HEAD + HINT_ENTRY);
    for (size_t at = 0; at < size; at++) {
        lists_right_beside(f, bytes, at, &right);
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        lists_right_beside(f, bytes, size, &right);
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
    }
    bytes[size] = 0;
    lists_right_beside(f, bytes, size, &right);
    lists_right_beside(f, bytes, size + 1, &right);
}

/* Whole and right, but of something else: another segment's, or of this one when it was longer. */
static void believes_no_hint_of_something_else(void **state)
{
    struct logs *f = *state;
    static char bytes[FILE_MOST];
    static struct text right;
    char path[128];
    (void)small_spool(f, bytes, &right);
    hint_path(f->path, 3, path);
    size_t size = read_file(path, bytes);
    assert_true(size > HINT_HEAD);
    lists_right_beside(f, bytes, size, &right);
}

/* The segment lost its end under the hint: that is seen, and said. */
static void believes_no_hint_past_the_segments_end(void **state)
{
    struct logs *f = *state;
    static char bytes[FILE_MOST];
    static struct text text;
    char path[128];
    struct stat st;
    (void)small_spool(f, bytes, &text);
    snprintf(path, sizeof(path), "%s/seg-%016x.log", f->path, 2U);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    list(f, f->path, &text);
    assert_true(f->damage.count > 0);
    list(f, f->path, &text);
    assert_true(f->damage.count > 0); /* and said again: damage gets no hint */
}

/* That is what it is for; damage in the content shows when somebody reads it. */
static void reads_no_content_to_list(void **state)
{
    struct logs *f = *state;
    static struct text text;
    char path[128];
    spool_id first = logs_put(f, 1, 40000).id;
    assert_int_equal(logs_put(f, 2, 40000).result, ERR_OK); /* in the next segment */
    logs_close(f);
    snprintf(path, sizeof(path), "%s/seg-%016x.log", f->path, 1U);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "damage", 6, 20000), 6);
    close(fd);
    list(f, f->path, &text);
    assert_int_equal(f->damage.count, 0);
    logs_open(f, f->path);
    assert_int_equal(use_check(f->spool, first, 1, 40000), ERR_CORRUPT);
    assert_int_equal(f->damage.count, 1);
}

static void forgets_a_hint_without_a_segment(void **state)
{
    struct logs *f = *state;
    char path[128];
    struct stat st;
    logs_close(f);
    hint_path(f->path, 0x77, path);
    write_file(path, "anything", 8);
    logs_open(f, f->path);
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(logs_put(f, 1, 1).result, ERR_OK);
    snprintf(path, sizeof(path), "%s/seg-%016x.log", f->path, 0x78U);
    assert_int_equal(stat(path, &st), 0); /* 0x77 is not used again */
}

/* Segments go, and their hints with them. */
static void leaves_no_hint_behind(void **state)
{
    struct logs *f = *state;
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(use_end(f->spool, logs_put(f, i, 5000).id), ERR_OK);
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 0);
    assert_int_equal(use_end(f->spool, logs_put(f, 1, 1).id), ERR_OK);
    logs_close(f);
    assert_true(count_hints(f->path) <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_the_list_needs),
        cmocka_unit_test(is_right_only_as_it_was),
        LOGS_TEST(lists_the_same_without),
        LOGS_TEST(believes_no_hint_that_is_cut_or_changed),
        LOGS_TEST(believes_no_hint_of_something_else),
        LOGS_TEST(believes_no_hint_past_the_segments_end),
        LOGS_TEST(reads_no_content_to_list),
        LOGS_TEST(forgets_a_hint_without_a_segment),
        LOGS_TEST(leaves_no_hint_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
