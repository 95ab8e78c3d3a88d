#include "reply/catalogue.h"

#include "check.h"

/* Pairs of a code and an enhanced code that no registry row joins, but that follow from the RFCs'
 * definitions: each says where. */
static const struct {
    uint16_t code;
    struct enhanced enhanced;
} registered[] = {
#define PAIR(code, class, subject, detail) {code, {class, subject, detail}},
#include "code_pairs.def"
#undef PAIR
};

static bool is_registered(const struct reply *r)
{
    for (size_t i = 0; i < sizeof(registered) / sizeof(registered[0]); i++)
        if (registered[i].code == r->code && enhanced_eq(registered[i].enhanced, r->enhanced))
            return true;
    return false;
}

static void every_situation_has_a_registered_pair_of_codes(void **state)
{
    (void)state;
    for (int i = SITUATION_NONE + 1; i < SITUATION_COUNT; i++) {
        struct reply r = reply_plain((enum situation)i);
        const struct catalogue_entry *basic = catalogue_basic(r.code);
        if (!basic || basic->rfc == 0)
            fail_msg("situation %d: code %u is nobody's", i, r.code);
        if (r.enhanced.class && (!catalogue_enhanced(r.enhanced) || !is_registered(&r)))
            fail_msg("situation %d: %u %u.%u.%u is not in code_pairs.def", i, r.code,
                     r.enhanced.class, r.enhanced.subject, r.enhanced.detail);
    }
}

static void the_whole_registry_is_there(void **state)
{
    static const uint16_t details[] = {1, 11, 5, 7, 8, 7, 11, 31};
    (void)state;
    for (uint16_t subject = 0; subject < 8; subject++)
        for (uint16_t detail = 0; detail < 40; detail++) {
            const struct catalogue_entry *e =
                catalogue_enhanced((struct enhanced){5, subject, detail});
            if ((e != NULL) != (detail < details[subject]))
                fail_msg("X.%u.%u", subject, detail);
        }
    assert_null(catalogue_enhanced((struct enhanced){5, 8, 0}));
    assert_null(catalogue_enhanced((struct enhanced){0, 1, 1}));
}

/* The registry's column "Reference". */
static void each_entry_of_the_registry_has_its_source(void **state)
{
    static const struct {
        uint16_t subject, first, last;
        unsigned rfc;
    } sources[] = {
        {0, 0, 0, 3463},   {1, 0, 8, 3463},   {1, 9, 9, 3886},   {1, 10, 10, 7505},
        {2, 0, 4, 3463},   {3, 0, 5, 3463},   {3, 6, 6, 6710},   {4, 0, 7, 3463},
        {5, 0, 5, 3463},   {5, 6, 6, 4954},   {6, 0, 5, 3463},   {6, 6, 6, 4468},
        {6, 7, 10, 6531},  {7, 0, 7, 3463},   {7, 8, 9, 4954},   {7, 10, 10, 5248},
        {7, 11, 12, 4954}, {7, 13, 14, 5248}, {7, 15, 16, 6710}, {7, 17, 19, 7293},
        {7, 20, 26, 7372}, {7, 27, 27, 7505}, {7, 28, 28, 0},    {7, 29, 29, 8617},
        {7, 30, 30, 8689},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        for (uint16_t d = sources[i].first; d <= sources[i].last; d++)
            if (catalogue_enhanced((struct enhanced){5, sources[i].subject, d})->rfc !=
                sources[i].rfc)
                fail_msg("X.%u.%u", sources[i].subject, d);
}

static void finds_basic_codes(void **state)
{
    (void)state;
    assert_slice(catalogue_basic(550)->name, "550");
    assert_int_equal(catalogue_basic(556)->rfc, 7504);
    assert_int_equal(catalogue_basic(541)->rfc, 0);
    assert_null(catalogue_basic(457));
    assert_null(catalogue_basic(0));
    assert_null(catalogue_basic(999));
    assert_string_equal(severity_name(4), "transient failure");
    assert_string_equal(category_name(554), "mail system");
    assert_string_equal(category_name(199), "");
    assert_string_equal(category_name(0), "");
    assert_string_equal(subject_name(7), "security, policy");
    assert_string_equal(subject_name(8), "");
}

static void every_entry_has_words(void **state)
{
    (void)state;
    size_t at = 0, count = 0;
    for (const struct catalogue_entry *e; (e = catalogue_next(&at)); count++)
        if (e->meaning.len < 4 || e->step.len < 10 || e->step.at[e->step.len - 1] != '.')
            fail_msg("%.*s", SLICE_ARG(e->name));
    assert_true(count > 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_has_a_registered_pair_of_codes),
        cmocka_unit_test(the_whole_registry_is_there),
        cmocka_unit_test(each_entry_of_the_registry_has_its_source),
        cmocka_unit_test(finds_basic_codes),
        cmocka_unit_test(every_entry_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
