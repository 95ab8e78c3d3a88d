#include "system/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "system/heap.h"

static char folder[] = "/tmp/candor-file-XXXXXX";

static void expect(const char *text)
{
    char path[100];
    struct buf out;
    const char *why = "";
    buf_init(&out, &heap, 8192);
    (void)snprintf(path, sizeof(path), "%s/kept", folder);
    if (!file_read(path, 900, &out, &why))
        fail_msg("%s: %s", path, why);
    assert_slice(buf_slice(&out), text);
    buf_free(&out);
}

static int count_files(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void takes_the_old_ones_place(void **state)
{
    char part[100], live[100];
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(file_replace(folder, "kept", SLICE("one")), 0);
    expect("one");
    assert_int_equal(file_replace(folder, "kept", SLICE("two, and longer")), 0);
    expect("two, and longer");
    assert_int_equal(count_files(), 1);

    /* what a crash left half written is in nobody's way */
    (void)snprintf(part, sizeof(part), "%s/.new-kept", folder);
    FILE *f = fopen(part, "w");
    assert_non_null(f);
    (void)fputs("a long text that nobody finished", f);
    fclose(f);
    assert_int_equal(file_replace(folder, "kept", SLICE("three")), 0);
    expect("three");
    assert_int_equal(count_files(), 1);

    /* a folder stands where the new file would be written: the old one stays */
    assert_int_equal(mkdir(part, 0700), 0);
    assert_int_equal(file_replace(folder, "kept", SLICE("four")), EISDIR);
    expect("three");
    assert_int_equal(rmdir(part), 0);

    (void)snprintf(live, sizeof(live), "%s/kept", folder);
    assert_int_equal(unlink(live), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(file_replace(folder, "kept", SLICE("five")), ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_the_old_ones_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
