#include "reply/code_uses.h"

#include "check.h"
#include "reply/rules.h"

static const struct code_cause *find(const struct code_cause *list, size_t count, enum cause cause)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].cause == cause)
            return &list[i];
    return NULL;
}

static bool is_used_by(const struct code_cause *c, const char *provider)
{
    for (size_t i = 0; i < rule_tables.provider_count; i++)
        if (slice_eq(rule_tables.providers[i].name, slice_str(provider)))
            return c->providers[i];
    fail_msg("no provider %s", provider);
    return false;
}

static void a_code_for_anything_names_many_causes(void **state)
{
    struct code_cause list[CAUSE_COUNT];
    size_t count = code_causes(&(struct reply){.code = 550}, list);
    (void)state;
    assert_true(count > 10);
    assert_non_null(find(list, count, CAUSE_NO_SUCH_RECIPIENT));
    assert_non_null(find(list, count, CAUSE_IP_BLOCKLISTED));
    assert_null(find(list, count, CAUSE_UNKNOWN));
    for (size_t i = 1; i < count; i++)
        assert_true(list[i - 1].samples >= list[i].samples);
}

static void the_catalogue_comes_first(void **state)
{
    struct code_cause list[CAUSE_COUNT];
    (void)state;
    size_t count = code_causes(&(struct reply){.enhanced = {5, 7, 26}}, list);
    assert_true(count >= 1);
    assert_int_equal(list[0].cause, CAUSE_SENDER_UNAUTHENTICATED);
    count = code_causes(&(struct reply){.enhanced = {4, 7, 26}}, list);
    assert_int_equal(list[0].cause, CAUSE_SENDER_UNAUTHENTICATED);
}

static void whose_code_it_is_is_told(void **state)
{
    struct code_cause list[CAUSE_COUNT];
    (void)state;
    size_t count = code_causes(&(struct reply){.enhanced = {4, 7, 28}}, list);
    const struct code_cause *c = find(list, count, CAUSE_RATE_LIMITED);
    assert_non_null(c);
    assert_true(is_used_by(c, "google"));
    assert_false(is_used_by(c, "t-online"));
}

static void a_code_that_nobody_uses_is_used_for_nothing(void **state)
{
    struct code_cause list[CAUSE_COUNT];
    (void)state;
    assert_int_equal(code_causes(&(struct reply){.code = 599}, list), 0);
    assert_int_equal(code_causes(&(struct reply){.enhanced = {5, 99, 999}}, list), 0);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    assert_true(code_use_count > 100);
    for (size_t i = 0; i < code_use_count; i++) {
        const struct code_use *u = &code_uses[i];
        assert_true(u->code || u->enhanced.class);
        assert_true(u->cause < CAUSE_COUNT && u->provider <= rule_tables.provider_count);
        assert_true(u->samples > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_for_anything_names_many_causes),
        cmocka_unit_test(the_catalogue_comes_first),
        cmocka_unit_test(whose_code_it_is_is_told),
        cmocka_unit_test(a_code_that_nobody_uses_is_used_for_nothing),
        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
