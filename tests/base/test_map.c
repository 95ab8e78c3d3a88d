#include "base/map.h"

#include "check.h"
#include "system/heap.h"

enum { COUNT = 5000 };

static void keeps_ids_through_growth_and_removal(void **state)
{
    (void)state;
    static int values[COUNT];
    struct id_map m;
    id_map_init(&m, &heap);
    assert_null(id_map_get(&m, 1));
    assert_null(id_map_remove(&m, 1));
    for (size_t i = 0; i < COUNT; i++)
        assert_true(id_map_put(&m, i * 64, &values[i]));
    for (size_t i = 0; i < COUNT; i += 2)
        assert_ptr_equal(id_map_remove(&m, i * 64), &values[i]);
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(id_map_get(&m, i * 64), i % 2 ? &values[i] : NULL);
    size_t at = 0, seen = 0;
    while (id_map_next(&m, &at))
        seen++;
    assert_int_equal(seen, COUNT / 2);
    assert_int_equal(m.count, COUNT / 2);
    id_map_free(&m);
}

static void keeps_names_in_any_case(void **state)
{
    (void)state;
    static char names[COUNT][16];
    struct name_map m;
    name_map_init(&m, &heap, (struct hash_key){1, 2});
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "Host%zu", i);
        assert_true(name_map_put(&m, slice_str(names[i]), names[i]));
    }
    assert_ptr_equal(name_map_get(&m, SLICE("hOST17")), names[17]);
    for (size_t i = 0; i < COUNT; i += 2)
        assert_ptr_equal(name_map_remove(&m, slice_str(names[i])), names[i]);
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(name_map_get(&m, slice_str(names[i])), i % 2 ? names[i] : NULL);
    name_map_free(&m);
}

static void hashes_with_and_without_case(void **state)
{
    (void)state;
    /* folding changes upper case only */
    struct hash_key key = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
    assert_true(hash_slice(&key, SLICE("abc")) == hash_slice_nocase(&key, SLICE("aBC")));
    assert_true(hash_slice(&key, SLICE("ABC")) != hash_slice_nocase(&key, SLICE("ABC")));
    assert_true(hash_slice(&key, SLICE("abcdefgh")) != hash_slice(&key, SLICE("abcdefgi")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_ids_through_growth_and_removal),
        cmocka_unit_test(keeps_names_in_any_case),
        cmocka_unit_test(hashes_with_and_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
