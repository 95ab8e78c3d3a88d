/* Files that a power cut or a bad disk has changed: what was acknowledged and is not touched is
 * there, what is touched is missed or refused, and nothing is ever silently wrong. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "spool/logs.h"
#include "system/heap.h"

enum { TORN = 24, MANY = 400, PAGE = 4096 };

struct known {
    spool_id id;
    size_t size;
    size_t file_end; /* of the file when it was acknowledged */
};

/* The segment with the number; a new spool's first is 1. */
static void segment_path(const char *folder, unsigned number, char out[128])
{
    snprintf(out, 128, "%s/seg-%016x.log", folder, number);
}

static size_t segment_size(const char *folder, unsigned number)
{
    char path[128];
    struct stat st;
    segment_path(folder, number, path);
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

enum tear { TEAR_CUT, TEAR_ZEROS, TEAR_GARBAGE, TEAR_KINDS };

/* What a power cut may leave of the bytes after `at`. */
static void tear(const char *folder, size_t at, enum tear kind)
{
    char path[128], bytes[1 << 16];
    size_t size = segment_size(folder, 1);
    segment_path(folder, 1, path);
    assert_true(size - at <= sizeof(bytes));
    assert_int_equal(truncate(path, (off_t)at), 0);
    if (kind == TEAR_CUT)
        return;
    memset(bytes, 0, size - at);
    if (kind == TEAR_GARBAGE)
        use_fill(99, at, bytes, size - at);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, size - at, (off_t)at), size - at);
    close(fd);
}

static void survives_a_torn_tail_at(struct logs *f, const struct known *known, size_t at,
                                    enum tear kind)
{
    char copy[80];
    snprintf(copy, sizeof(copy), "%s-torn", f->path);
    use_copy_folder(f->path, copy);
    tear(copy, at, kind);
    f->damage.count = 0;
    logs_open(f, copy);
    for (size_t i = 0; i < TORN; i++) {
        enum err_code result = use_check(f->spool, known[i].id, i, known[i].size);
        assert_true(result == ERR_OK || (result == ERR_NOT_FOUND && known[i].file_end > at));
    }
    assert_int_equal(f->damage.count, 0); /* a torn tail is nothing special */
    struct put p = logs_put(f, 1000, 10);
    assert_int_equal(p.result, ERR_OK);
    for (size_t i = 0; i < TORN; i++)
        assert_true(p.id != known[i].id || known[i].file_end > at);
    logs_reopen(f);
    assert_int_equal(use_check(f->spool, p.id, 1000, 10), ERR_OK);
    assert_int_equal(f->damage.count, 0);
    logs_close(f);
    use_remove_folder(copy);
}

static void survives_torn_tails(void **state)
{
    struct logs *f = *state;
    struct known known[TORN];
    for (size_t i = 0; i < TORN; i++) {
        known[i].size = i * 5;
        known[i].id = logs_put(f, i, i * 5).id;
        known[i].file_end = segment_size(f->path, 1);
    }
    logs_close(f);
    size_t end = known[TORN - 1].file_end;
    for (size_t at = 0; at < end; at += 61)
        survives_a_torn_tail_at(f, known, at, (enum tear)(at / 61 % TEAR_KINDS));
    for (size_t i = 0; i < TORN; i++) {
        survives_a_torn_tail_at(f, known, known[i].file_end, TEAR_GARBAGE);
        survives_a_torn_tail_at(f, known, known[i].file_end - 1, TEAR_CUT);
    }
}

static void put_many(struct logs *f, struct known *known)
{
    for (size_t i = 0; i < MANY; i++) {
        known[i].size = i % 40 == 39 ? 300000 : i * 37 % 9000;
        known[i].id = logs_put(f, i, known[i].size).id;
        if (i % 2)
            assert_int_equal(use_state(f->spool, known[i].id, SLICE("a state")), ERR_OK);
        if (i % 10 == 9)
            assert_int_equal(use_end(f->spool, known[i - 5].id), ERR_OK);
    }
}

/* Writes over one page somewhere in a random segment; false if that segment is not there. */
static bool damage_a_page(const char *folder, uint64_t *random, unsigned last)
{
    char path[128], bytes[PAGE];
    *random = *random * 6364136223846793005U + 1442695040888963407U;
    unsigned number = 1 + (unsigned)(*random >> 33) % last;
    size_t size = segment_size(folder, number);
    segment_path(folder, number, path);
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        return false;
    size_t page = (size_t)(*random >> 20 & 0xffff) % ((size + PAGE - 1) / PAGE);
    size_t len = size - page * PAGE < PAGE ? size - page * PAGE : PAGE;
    use_fill(*random, 0, bytes, sizeof(bytes));
    assert_int_equal(pwrite(fd, bytes, len, (off_t)(page * PAGE)), len);
    close(fd);
    return true;
}

static unsigned last_segment(const char *folder)
{
    unsigned last = 0;
    for (unsigned number = 1; number < 1000; number++)
        if (segment_size(folder, number))
            last = number;
    return last;
}

enum { ROUNDS = 20, PAGES = 3, LOST_MOST = PAGES * 40 };

/* What of the messages is lost in a copy with some pages damaged. The damage is told when the spool
 * opens or, behind a hint, when what it lies in is read. */
static size_t lost_to_damage(struct logs *f, const struct known *known, bool has_hints,
                             uint64_t *random)
{
    char copy[80];
    size_t lost = 0, pages = 0;
    snprintf(copy, sizeof(copy), "%s-copy", f->path);
    use_copy_folder(f->path, copy);
    unsigned last = last_segment(copy);
    if (!has_hints)
        use_remove_files(copy, ".hint");
    while (pages < PAGES)
        pages += damage_a_page(copy, random, last - 1);
    f->damage.count = 0;
    logs_open(f, copy);
    size_t told = f->damage.count;
    assert_true(has_hints || told > 0);
    for (size_t i = 0; i < MANY; i++) {
        enum err_code result = use_check(f->spool, known[i].id, i, known[i].size);
        assert_true(result == ERR_OK || result == ERR_NOT_FOUND || result == ERR_CORRUPT);
        assert_true(result != ERR_CORRUPT || f->damage.count > told);
        lost += result != ERR_OK && i % 10 != 4;
    }
    assert_true(f->damage.count > 0 || !lost);
    logs_close(f);
    use_remove_folder(copy);
    return lost;
}

static void damaged_pages_cost_what_is_in_them(void **state)
{
    struct logs *f = *state;
    static struct known known[MANY];
    uint64_t random = 7;
    size_t lost_in_all[2] = {0};
    put_many(f, known);
    logs_reopen(f); /* now it is written down where the last segment ended */
    logs_close(f);
    assert_true(last_segment(f->path) > 10);
    for (int round = 0; round < ROUNDS; round++) {
        size_t lost = lost_to_damage(f, known, round % 2, &random);
        assert_true(lost <= LOST_MOST);
        lost_in_all[round % 2] += lost;
    }
    assert_true(lost_in_all[0] > 0 && lost_in_all[1] > 0); /* else we look in the wrong place */
}

static void damage_every_head(const char *folder)
{
    char path[128];
    for (unsigned number = 1; number <= 1000; number++) {
        segment_path(folder, number, path);
        int fd = open(path, O_WRONLY);
        if (fd < 0)
            continue;
        assert_int_equal(pwrite(fd, "????????????????", 16, 40), 16);
        close(fd);
    }
}

static void finds_all_with_every_head_damaged(void **state)
{
    struct logs *f = *state;
    static struct known known[MANY];
    put_many(f, known);
    logs_close(f);
    damage_every_head(f->path);
    logs_open(f, f->path);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(use_check(f->spool, known[i].id, i, known[i].size),
                         i % 10 == 4 ? ERR_NOT_FOUND : ERR_OK);
    assert_true(f->damage.count > 0);
    struct put p = logs_put(f, 1, 1);
    assert_true(p.id > known[MANY - 1].id);
}

static void write_salt(const char *folder, const char *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/salt", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* What a message carries could look like a record: the salt is not guessed from one. */
static void does_not_guess_the_salt(void **state)
{
    struct logs *f = *state;
    char path[128], salt[64];
    struct err err = {0};
    spool_id id = logs_put(f, 1, 1000).id;
    logs_close(f);
    snprintf(path, sizeof(path), "%s/salt", f->path);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, salt, sizeof(salt));
    assert_true(size > 8 && size < 64);
    close(fd);
    damage_every_head(f->path);
    for (ssize_t at = -1; at < size; at++) { /* -1: no file; then each byte of it wrong */
        unlink(path);
        if (at >= 0) {
            salt[at] = (char)(salt[at] ^ 16);
            write_salt(f->path, salt, (size_t)size);
            salt[at] = (char)(salt[at] ^ 16);
        }
        if (at >= 20)
            continue; /* zeros that nobody reads */
        assert_int_equal(spool_log_open(&f->options, &heap, &f->spool, &err), ERR_CORRUPT);
        assert_non_null(strstr(err.what, "salt"));
        f->spool = NULL;
    }
    write_salt(f->path, salt, (size_t)size);
    logs_open(f, f->path);
    assert_int_equal(use_check(f->spool, id, 1, 1000), ERR_OK);
}

/* A spool of before there was the file, and one with another's file: the heads win. */
static void heads_win_over_the_salt_file(void **state)
{
    struct logs *f = *state;
    spool_id id = logs_put(f, 1, 1000).id;
    logs_close(f);
    for (size_t size = 0; size < 50; size += 10) {
        write_salt(f->path, "nonsense nonsense nonsense nonsense nonsense nonsense", size);
        logs_open(f, f->path);
        assert_int_equal(use_check(f->spool, id, 1, 1000), ERR_OK);
        logs_close(f);
    }
    damage_every_head(f->path); /* and the file is right again */
    logs_open(f, f->path);
    assert_int_equal(use_check(f->spool, id, 1, 1000), ERR_OK);
}

static void takes_no_forged_record(void **state)
{
    /* a message that carries a copy of a whole segment, and damage before it */
    struct logs *f = *state;
    char path[128];
    static char bytes[1 << 16];
    spool_id first = logs_put(f, 1, 1000).id;
    segment_path(f->path, 1, path);
    int fd = open(path, O_RDWR);
    ssize_t len = pread(fd, bytes, sizeof(bytes), 0);
    assert_true(len > 1000);
    assert_int_equal(use_end(f->spool, first), ERR_OK);
    logs_reopen(f); /* a new segment, a new generation */
    struct put p = use_put(f->spool, 3, 8, SLICE("envelope"));
    f->spool->ops->drop(p.content);
    struct spool_writer *w;
    assert_int_equal(spool_begin(f->spool, 0, &w), ERR_OK);
    assert_int_equal(f->spool->ops->write(w, slice_of(bytes, (size_t)len)), ERR_OK);
    f->spool->ops->abort(w);
    close(fd);
    struct put forged = use_put(f->spool, 4, 16, slice_of(bytes, (size_t)len));
    f->spool->ops->drop(forged.content);
    logs_close(f);
    segment_path(f->path, last_segment(f->path), path);
    fd = open(path, O_RDWR);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    off_t header = st.st_size - (off_t)((16 + 16 + (size_t)len + 7) / 8 * 8) - 32;
    assert_int_equal(pwrite(fd, "XXXXXXXX", 8, header), 8);
    close(fd);
    logs_open(f, f->path);
    assert_int_equal(use_check(f->spool, first, 1, 1000), ERR_NOT_FOUND);
    assert_int_equal(use_check(f->spool, forged.id, 4, 16), ERR_NOT_FOUND);
    assert_int_equal(use_check(f->spool, p.id, 3, 8), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGS_TEST(survives_torn_tails),
        LOGS_TEST(damaged_pages_cost_what_is_in_them),
        LOGS_TEST(finds_all_with_every_head_damaged),
        LOGS_TEST(does_not_guess_the_salt),
        LOGS_TEST(heads_win_over_the_salt_file),
        LOGS_TEST(takes_no_forged_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
