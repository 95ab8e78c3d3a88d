#include "auth/introspection.h"

#include "check.h"
#include "system/heap.h"

static void what_is_asked(void **state)
{
    (void)state;
    char storage[256];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    introspection_write_form(&out, SLICE("ab.c-_~+/=&x"));
    assert_slice(buf_slice(&out), "token=ab.c-_%7E%2B%2F%3D%26x&token_type_hint=access_token");
    buf_clear(&out);
    introspection_write_authorization(&out, SLICE("cand:or"), SLICE("p w\303\274"));
    assert_slice(buf_slice(&out), "Basic Y2FuZCUzQW9yOnAlMjB3JUMzJUJD"); /* cand%3Aor:p%20w%C3%BC */
}

static void what_the_answer_says(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum introspection_verdict verdict;
        const char *name;
    } cases[] = {
        {"{\"active\":true,\"username\":\"alice@here.test\",\"scope\":\"imap smtp\"}",
         INTROSPECTION_ACTIVE, "alice@here.test"},
        {" {\"username\":\"b\\u00fcb\", \"scope\" : \"smtp\", \"exp\": 1001.5, \"active\" : true } "
         "\n",
         INTROSPECTION_ACTIVE, "b\303\274b"},
        {"{\"active\":false}", INTROSPECTION_INACTIVE, ""},
        {"{\"active\":false,\"username\":\"alice\",\"scope\":\"smtp\"}", INTROSPECTION_INACTIVE,
         ""},
        {"{\"active\":true,\"username\":\"alice\",\"scope\":\"imap smtp2\"}",
         INTROSPECTION_INACTIVE, ""},
        {"{\"active\":true,\"username\":\"alice\"}", INTROSPECTION_INACTIVE, ""},
        {"{\"active\":true,\"username\":\"alice\",\"scope\":\"smtp\",\"exp\":1000}",
         INTROSPECTION_INACTIVE, ""},
        {"{\"active\":true,\"sub\":\"alice\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS, ""},
        {"{\"active\":true,\"username\":\"al ice\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS,
         NULL},
        {"{\"active\":true,\"username\":\"al\\nice\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS,
         NULL},
        {"{\"active\":true,\"username\":\"\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS, ""},
        {"{\"active\":\"true\",\"username\":\"alice\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS,
         ""},
        {"{\"active\":1,\"username\":\"alice\",\"scope\":\"smtp\"}", INTROSPECTION_USELESS, ""},
        {"{\"username\":\"alice\"}", INTROSPECTION_USELESS, ""},
        {"{\"active\":true,\"username\":\"alice\",\"scope\":\"smtp\"", INTROSPECTION_USELESS, ""},
        {"[{\"active\":true}]", INTROSPECTION_USELESS, ""},
        {"<html>", INTROSPECTION_USELESS, ""},
        {"", INTROSPECTION_USELESS, ""},
    };
    const struct introspection_terms terms = {SLICE_INIT("username"), SLICE_INIT("smtp"), 1000};
    struct arena arena;
    arena_init(&arena, &heap, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct introspected r;
        assert_int_equal(introspection_read(slice_str(cases[i].json), &terms, &arena, &r),
                         cases[i].verdict);
        if (cases[i].name)
            assert_slice(r.name, cases[i].name);
        assert_int_equal(r.why != NULL, cases[i].verdict == INTROSPECTION_USELESS);
        arena_reset(&arena);
    }
}

static void another_member_and_any_scope(void **state)
{
    (void)state;
    const struct introspection_terms terms = {SLICE_INIT("email"), SLICE_INIT(""), 1000};
    struct introspected r;
    struct arena arena;
    arena_init(&arena, &heap, 4096);
    assert_int_equal(
        introspection_read(
            SLICE("{\"active\":true,\"username\":\"x\",\"email\":\"a@b.test\",\"exp\":2000}"),
            &terms, &arena, &r),
        INTROSPECTION_ACTIVE);
    assert_slice(r.name, "a@b.test");
    assert_int_equal(r.expires, 2000);
    assert_int_equal(
        introspection_read(SLICE("{\"active\":true,\"email\":\"a@b.test\"}"), &terms, &arena, &r),
        INTROSPECTION_ACTIVE);
    assert_int_equal(r.expires, INT64_MAX);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked),
        cmocka_unit_test(what_the_answer_says),
        cmocka_unit_test(another_member_and_any_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
