/* A file of accounts: each that is taken has a name that can stand in a log, a hash, and a verifier
 * that can be read, if any. */
#include "base/verifier.h"
#include "problems.h"
#include "system/config_internal.h"
#include "system/heap.h"
#include "system/password.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_account(struct slice text, const struct password_account *a)
{
    struct verifier v;
    require(a->hash[0] != '\0' && slice_find_slice(text, slice_str(a->hash), 0) != SLICE_NONE);
    require(strchr(a->hash, ':') == NULL && strchr(a->hash, '\n') == NULL);
    require(a->verifier.len == 0 || verifier_read(a->verifier, &v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct config_login l = {.users = SLICE("users"), .has_verifiers = true};
    struct config_problems p;
    struct arena arena;
    size_t at = 0;
    config_problems_init(&p);
    arena_init(&arena, &heap, 1 << 24);
    name_map_init(&l.known, &heap, (struct hash_key){1, 2});
    config_users_parse(&l, text, &arena, &p);
    for (const struct password_account *a; (a = name_map_next(&l.known, &at));)
        check_account(text, a);
    problems_check(&p, text);
    name_map_free(&l.known);
    arena_reset(&arena);
    config_problems_free(&p);
    return 0;
}
