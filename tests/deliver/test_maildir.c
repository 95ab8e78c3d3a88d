#include "deliver/maildir.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "spool/ram/ram.h"
#include "system/heap.h"

static char folder[] = "/tmp/candor-test-XXXXXX";

static bool find(void *ctx, struct slice address, struct arena *arena, struct maildir_box *box_r)
{
    (void)ctx;
    char path[256];
    if (slice_eq(address, SLICE("gone@example.org")))
        return false;
    bool is_bad = slice_eq(address, SLICE("bad@example.org"));
    snprintf(path, sizeof(path), "%s/%s", folder, is_bad ? "no/such/place" : "box");
    *box_r = (struct maildir_box){.quota = 0};
    return arena_dup(arena, slice_str(path), &box_r->path);
}

static spool_id stored;
static struct spool_content *stored_content;

static void note_stored(void *ctx, enum err_code result, spool_id id, struct spool_content *content)
{
    (void)ctx;
    assert_int_equal(result, ERR_OK);
    stored = id;
    stored_content = content;
}

static void done(struct delivery *d)
{
    *(bool *)d->ctx = true;
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char inner[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* The one message in the Maildir's folder. */
static size_t read_only_file(const char *sub, char *out, size_t size)
{
    char path[512] = "";
    size_t len = 0;
    snprintf(path, sizeof(path), "%s/box/%s", folder, sub);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        assert_int_equal(len, 0);
        snprintf(path, sizeof(path), "%s/box/%s/%s", folder, sub, e->d_name);
        FILE *f = fopen(path, "r");
        len = fread(out, 1, size, f);
        fclose(f);
    }
    closedir(dir);
    return len;
}

static void writes_the_message_and_says_what_became_of_each(void **state)
{
    (void)state;
    struct spool *spool = spool_ram_open(&heap);
    struct spool_writer *writer;
    struct recipient to[] = {{.address = SLICE("alice@example.org")},
                             {.address = SLICE("gone@example.org")},
                             {.address = SLICE("bad@example.org")}};
    struct envelope envelope = {.sender = SLICE("bob@example.net"),
                                .helo = SLICE("mail.example.net"),
                                .client = SLICE("192.0.2.1"),
                                .protocol = SLICE("ESMTP"),
                                .recipients = to,
                                .count = 3};
    const uint32_t indexes[] = {0, 1, 2};
    bool is_done = false;
    char content[4096];

    assert_non_null(mkdtemp(folder));
    assert_int_equal(spool_begin(spool, 0, &writer), ERR_OK);
    assert_int_equal(spool->ops->write(writer, SLICE("Subject: x\r\n\r\nbody\rbare\r\n")), ERR_OK);
    spool->ops->commit(writer, SLICE(""), note_stored, NULL);
    struct attempt attempt = {.id = stored,
                              .envelope = &envelope,
                              .recipients = indexes,
                              .count = 3,
                              .content = stored_content};
    struct delivery *d = delivery_new(&attempt, spool, SLICE("mx.example.org"), done, &is_done);
    struct maildir_agent agent = {.find = find};
    maildir_deliver(&agent, d);
    /* again, as after a crash that came before the outcome was written down */
    struct delivery *again = delivery_new(&attempt, spool, SLICE("mx.example.org"), done, &is_done);
    maildir_deliver(&agent, again);

    assert_true(is_done);
    assert_int_equal(again->outcomes[0].reply.code, 250);
    delivery_free(again);
    assert_int_equal(d->count, 3);
    assert_int_equal(d->outcomes[0].reply.code, 250);
    assert_int_equal(d->outcomes[1].reply.code, 550);
    assert_int_equal(d->outcomes[2].reply.code, 451);
    size_t len = read_only_file("new", content, sizeof(content) - 1);
    content[len] = '\0';
    assert_non_null(strstr(content,
                           "Return-Path: <bob@example.net>\nDelivered-To: alice@example.org"
                           "\nReceived: from mail.example.net ([192.0.2.1])\n\tby "
                           "mx.example.org (Candor) with ESMTP id "));
    assert_non_null(strstr(content, "\nSubject: x\n\nbody\rbare\n"));
    assert_int_equal(read_only_file("tmp", content, sizeof(content)), 0);

    delivery_free(d);
    spool->ops->drop(stored_content);
    spool->ops->close(spool);
    remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_message_and_says_what_became_of_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
