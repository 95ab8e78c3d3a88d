#include "system/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static void makes_values_harmless(void **state)
{
    (void)state;
    static const struct {
        struct slice value;
        const char *want;
    } cases[] = {
        {SLICE_INIT("plain"), "e k=plain"},
        {SLICE_INIT("<a@b.c>"), "e k=<a@b.c>"},
        {SLICE_INIT(""), "e k=\"\""},
        {SLICE_INIT("two words"), "e k=\"two words\""},
        {SLICE_INIT("a=b"), "e k=\"a=b\""},
        {SLICE_INIT("say \"x\" \\"), "e k=\"say \\\"x\\\" \\\\\""},
        {SLICE_INIT("x\r\nerror forged=1"), "e k=\"x\\x0d\\x0aerror forged=1\""},
        {SLICE_INIT("\x1b[31m"), "e k=\"\\x1b[31m\""},
        {SLICE_INIT("\xc3\xa4 \xff\0"), "e k=\"\xc3\xa4 \\xff\\x00\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char storage[200];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        log_write_text(&out, "e", &(struct log_field){"k", cases[i].value}, 1);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    static char much[LOG_VALUE_MAX + 1], storage[2 * LOG_VALUE_MAX];
    memset(much, 'x', sizeof(much));
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    log_write_text(&out, "e", &(struct log_field){"k", slice_of(much, sizeof(much))}, 1);
    assert_int_equal(out.len, strlen("e k=\"\"…") + LOG_VALUE_MAX);
}

static void writes_json_with_the_time(void **state)
{
    (void)state;
    char storage[200];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    log_write_json(&out, 1795461318123, LOG_LEVEL_WARNING, "refused",
                   &(struct log_field){"why", SLICE("\"x\"")}, 1);
    assert_slice(buf_slice(&out), "{\"time\":\"2026-11-23T19:15:18.123Z\",\"level\":\"warning\","
                                  "\"event\":\"refused\",\"why\":\"\\\"x\\\"\"}");
}

enum { THREADS = 4, LINES = 200 };

static void *write_lines(void *ctx)
{
    const struct log *log = log_of(ctx);
    for (int i = 0; i < LINES; i++)
        LOG(log, LOG_LEVEL_INFO, "told", {"by", SLICE("a thread among others")}, {"n", SLICE("1")});
    LOG(log, LOG_LEVEL_DEBUG, "never", {"n", SLICE("1")});
    return NULL;
}

static size_t count_lines(const char *path, const char *end)
{
    char line[LOG_LINE_MAX];
    size_t count = 0;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        assert_true(slice_iends(slice_str(line), slice_str(end)));
        count++;
    }
    assert_int_equal(fclose(f), 0);
    return count;
}

static void lines_of_threads_never_mix(void **state)
{
    (void)state;
    char folder[] = "/tmp/candor-test-XXXXXX", path[64], moved[64];
    const char *why;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    (void)snprintf(moved, sizeof(moved), "%s/old", folder);
    struct log_sink *sink =
        log_open(&(struct log_options){.to = slice_str(path), .level = LOG_LEVEL_INFO}, &why);
    assert_non_null(sink);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, sink), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(count_lines(path, " info    told by=\"a thread among others\" n=1\n"),
                     THREADS * LINES);

    assert_int_equal(rename(path, moved), 0);
    assert_true(log_reopen(sink, &why));
    LOG(log_of(sink), LOG_LEVEL_ERROR, "after", {"id", SLICE("7")});
    assert_int_equal(count_lines(path, " error   after id=7\n"), 1);
    log_close(&sink);
    assert_null(sink);
    assert_int_equal(unlink(path) | unlink(moved) | rmdir(folder), 0);
}

static void says_why_a_file_can_not_be_opened(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(log_open(&(struct log_options){.to = SLICE("/nonexistent/log")}, &why));
    assert_string_equal(why, "No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_values_harmless),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(writes_json_with_the_time),
        cmocka_unit_test(lines_of_threads_never_mix),
        cmocka_unit_test(says_why_a_file_can_not_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
