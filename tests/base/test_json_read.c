#include "base/json_read.h"

#include "check.h"
#include "system/heap.h"

static const struct {
    const char *json, *path, *text; /* NULL: it is not there */
} members[] = {
    {"{\"a\":\"x\"}", "a", "x"},
    {" { \"z\" : [1,{\"a\":\"no\"}] , \"a\" : \"x\" } ", "a", "x"},
    {"{\"b\":{\"a\":\"}\\\"{\"}}", "b.a", "}\"{"},
    {"{\"b\":{\"a\":1},\"a\":2}", "a", "2"},
    {"{\"a\":-1.5e3}", "a", "-1.5e3"},
    {"{\"a\":\"\\u00e4\\ud83d\\ude00\\n\\/\"}", "a", "\xc3\xa4\xf0\x9f\x98\x80\n/"},
    {"{\"a\":\"\\ud83d \\udc\"}", "a", "\xef\xbf\xbd udc"},
    {"{\"a\":null,\"b\":[1]}", "a", ""},
    {"{\"a\":null,\"b\":[1]}", "b", ""},
    {"{\"a\":\"cut o", "a", "cut o"},
    {"{\"b\":\"cut o", "a", NULL},
    {"{\"a\"", "a", NULL},
    {"[\"a\"]", "a", NULL},
    {"{\"a\":{\"b\":1}}", "a.c", NULL},
    {"", "a", NULL},
};

static void test_members(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, &heap, 1 << 16);
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        struct slice value;
        bool is_there = json_read_member(slice_str(members[i].json), members[i].path, &value);
        if (is_there != (members[i].text != NULL))
            fail_msg("%s: %d", members[i].json, is_there);
        if (is_there)
            assert_slice(json_read_text(value, &arena), members[i].text);
    }
    arena_reset(&arena);
}

static void test_items(void **state)
{
    (void)state;
    struct slice list = SLICE(" [ \"a\" ,[1,2], {\"b\":[]} , 3 ] "), item;
    const char *const items[] = {"\"a\"", "[1,2]", "{\"b\":[]}", "3"};
    for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
        assert_true(json_read_item(&list, &item));
        assert_slice(item, items[i]);
    }
    assert_false(json_read_item(&list, &item));
}

static void test_ends(void **state)
{
    (void)state;
    assert_int_equal(json_read_end(SLICE("{\"}\":\"\\\"}\"} x")), 11);
    assert_int_equal(json_read_end(SLICE("12,")), 2);
    assert_true(json_read_end(SLICE("{\"a\":[{}]")) == SLICE_NONE);
    assert_true(json_read_end(SLICE("\"a\\\"")) == SLICE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members), cmocka_unit_test(test_items),
                                       cmocka_unit_test(test_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
