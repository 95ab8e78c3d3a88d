/* A folder of rules as it is on disk: what is read of it, whether it has changed, what is wrong. */
#include "server/own_rules.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "system/heap.h"

static char folder[] = "/tmp/own-rules-XXXXXX";
static char storage[1024];
static struct buf why;

static void put(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool load(struct own_rules *r)
{
    buf_init_fixed(&why, storage, sizeof(storage));
    own_rules_init(r);
    return own_rules_load(r, slice_str(folder), &why);
}

static uint64_t sum_of(void)
{
    struct own_rules r;
    assert_true(load(&r));
    uint64_t sum = r.sum;
    own_rules_free(&r);
    return sum;
}

static void reads_what_ends_in_rules(void **state)
{
    struct own_rules r;
    (void)state;
    assert_true(load(&r));
    assert_null(r.own);
    own_rules_free(&r);
    put("b.rules", "rule: mine\ncause: virus\nphrase: a b\n");
    put("a.rules", "advice: virus\nstep: Ask.\n");
    put("c.txt", "what is this\n");
    put(".d.rules", "and this\n");
    assert_true(load(&r));
    assert_non_null(r.own);
    assert_int_equal(r.own->rule_count, 1);
    assert_int_equal(r.own->advice_count, 1);
    own_rules_free(&r);
}

static void a_change_changes_the_sum(void **state)
{
    (void)state;
    put("a.rules", "advice: virus\nstep: Ask.\n");
    uint64_t before = sum_of();
    assert_true(sum_of() == before);
    put("a.rules", "advice: virus\nstep: Ask!\n");
    uint64_t changed = sum_of();
    assert_true(changed != before);
    put("b.rules", "# nothing\n");
    assert_true(sum_of() != changed);
}

static void says_what_is_wrong_and_where(void **state)
{
    struct own_rules r;
    char wanted[160];
    (void)state;
    put("a.rules", "# ours\nadvice: virus\nstop: Ask.\n");
    assert_false(load(&r));
    (void)snprintf(wanted, sizeof(wanted), "%s/a.rules:3: \"stop\" is not known", folder);
    buf_add_char(&why, '\0');
    if (!strstr(why.at, wanted))
        fail_msg("%s", why.at);
    own_rules_free(&r);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    unsetenv("CANDOR_RULES");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"a.rules", "b.rules", "c.txt", ".d.rules"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_what_ends_in_rules),
        CASE(a_change_changes_the_sum),
        CASE(says_what_is_wrong_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
