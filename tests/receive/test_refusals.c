#include "receive/refusals.h"

#include "check.h"
#include "system/heap.h"

static struct refusals kept;
static struct buf out;

static void begin(size_t bytes_max)
{
    refusals_init(&kept, &heap, INT64_C(1795461318123), bytes_max);
    buf_init(&out, &heap, 1000);
}

static void end(void)
{
    refusals_free(&kept);
    buf_free(&out);
}

static bool finds(const char *reference)
{
    buf_clear(&out);
    return refusals_find(&kept, slice_str(reference), &out);
}

static void keep(struct slice reference, struct slice words)
{
    const struct log_field field = {"text", words};
    refusals_keep(&kept, reference, INT64_C(1795461318123), &field, 1);
}

static void finds_what_was_kept(void **state)
{
    (void)state;
    begin(10000);
    keep(SLICE("AB-1"), SLICE("one"));
    keep(SLICE("AB-12"), SLICE("twelve"));
    assert_true(finds("ab-1")); /* as somebody typed it */
    assert_slice(buf_slice(&out), "{\"time\":\"2026-11-23T19:15:18.123Z\",\"level\":\"info\","
                                  "\"event\":\"refused\",\"text\":\"one\"}");
    assert_true(finds("AB-12"));
    assert_true(slice_find_slice(buf_slice(&out), SLICE("\"twelve\""), 0) < out.len);
    assert_false(finds("AB-2"));
    assert_false(finds(""));
    assert_int_equal(out.len, 0);
    end();
}

static void forgets_the_oldest_when_there_is_no_room(void **state)
{
    (void)state;
    begin(1000);
    for (int i = 0; i < 26; i++) {
        const char name[] = {(char)('A' + i), '-', '1'};
        keep(slice_of(name, sizeof(name)), SLICE("words"));
        assert_true(kept.bytes <= 1000);
    }
    assert_true(finds("Z-1") && finds("Y-1"));
    assert_false(finds("A-1"));
    end();
}

static void names_each_session_and_none_of_the_next_run(void **state)
{
    (void)state;
    char first[REFUSALS_SESSION_TEXT], second[REFUSALS_SESSION_TEXT], later[REFUSALS_SESSION_TEXT];
    begin(1000);
    refusals_name_session(&kept, first);
    refusals_name_session(&kept, second);
    assert_string_equal(first, "T42ENGQNG");
    assert_string_equal(second, "T42ENGQNH");
    end();
    refusals_init(&kept, &heap, INT64_C(1795461318124), 1000);
    refusals_name_session(&kept, later);
    assert_string_equal(later, "T42ENGQP0");
    refusals_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_kept),
        cmocka_unit_test(forgets_the_oldest_when_there_is_no_room),
        cmocka_unit_test(names_each_session_and_none_of_the_next_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
