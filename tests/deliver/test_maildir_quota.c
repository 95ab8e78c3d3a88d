#include "deliver/maildir_quota.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"

static char box[] = "/tmp/candor-quota-XXXXXX";

static const char *path(const char *name)
{
    static char text[300];
    (void)snprintf(text, sizeof(text), "%s/%s", box, name);
    return text;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_file(const char *want)
{
    char text[300] = "";
    FILE *f = fopen(path("maildirsize"), "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, want);
}

static int set_up(void **state)
{
    static const char *const folders[] = {"tmp",      "new",    "cur",       ".Sub",
                                          ".Sub/cur", ".Trash", ".Trash/cur"};
    (void)state;
    memset(box + strlen(box) - 6, 'X', 6);
    if (!mkdtemp(box))
        return 1;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        (void)mkdir(path(folders[i]), 0700);
    put("new/a,S=100", "not 100 bytes");
    put("cur/b:2,S", "12345");
    put(".Sub/cur/c,S=1000:2,S", "");
    put(".Trash/cur/d,S=50000:2,S", "");
    return 0;
}

static int remove_entry(const char *name, const struct stat *about, int type, struct FTW *at)
{
    (void)about;
    (void)type;
    (void)at;
    return remove(name);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(box, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void counts_once_and_adds_then(void **state)
{
    struct maildirsize size;
    (void)state;
    maildir_quota_count(box, 2000, &size);
    assert_int_equal(size.bytes, 1105);
    assert_int_equal(size.count, 3);
    assert_true(maildir_quota_fits(&size, 895));
    assert_false(maildir_quota_fits(&size, 896));
    expect_file("2000S\n1105 3\n");
    maildir_quota_add(box, 95);
    expect_file("2000S\n1105 3\n95 1\n");
    maildir_quota_count(box, 2000, &size);
    assert_int_equal(size.bytes, 1200);
    maildir_quota_count(box, 3000, &size); /* another limit: counted anew */
    assert_int_equal(size.bytes, 1105);
    expect_file("3000S\n1105 3\n");
}

static void without_a_limit_there_is_no_file(void **state)
{
    struct maildirsize size;
    (void)state;
    maildir_quota_count(box, 0, &size);
    assert_true(maildir_quota_fits(&size, UINT32_MAX));
    maildir_quota_add(box, 95);
    assert_int_equal(access(path("maildirsize"), F_OK), -1);
}

static void keeps_to_the_file_that_is_there(void **state)
{
    struct maildirsize size;
    (void)state;
    put("maildirsize", "5000S,4C\n4000 3\n");
    maildir_quota_count(box, 0, &size);
    assert_int_equal(size.bytes, 4000);
    assert_true(maildir_quota_fits(&size, 1000));
    put("maildirsize", "5000S,3C\n1 3\n");
    maildir_quota_count(box, 0, &size);
    assert_false(maildir_quota_fits(&size, 1));
}

static void counts_anew_what_seems_full_for_long(void **state)
{
    struct maildirsize size;
    const struct timeval old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    (void)state;
    put("maildirsize", "2000S\n2001 3\n");
    maildir_quota_count(box, 2000, &size);
    assert_int_equal(size.bytes, 2001);
    assert_int_equal(utimes(path("maildirsize"), old), 0);
    maildir_quota_count(box, 2000, &size);
    assert_int_equal(size.bytes, 1105);
    put("maildirsize", "broken\n");
    maildir_quota_count(box, 2000, &size);
    expect_file("2000S\n1105 3\n");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(counts_once_and_adds_then), CASE(without_a_limit_there_is_no_file),
        CASE(keeps_to_the_file_that_is_there), CASE(counts_anew_what_seems_full_for_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
