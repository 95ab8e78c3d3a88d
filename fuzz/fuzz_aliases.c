/* A file of aliases: each entry that is taken has targets, all of them addresses; problems stand in
 * the file and are fit to print. */
#include "problems.h"
#include "system/config_internal.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_aliases(const struct config_domain *d)
{
    size_t at = 0;
    for (const struct config_alias *a; (a = name_map_next(&d->known_aliases, &at));) {
        for (size_t i = 0; i < a->count; i++) {
            char storage[CONFIG_HOST_ROOM];
            struct slice host, target = a->targets[i];
            size_t sign = slice_rfind(target, '@');
            require(sign != SLICE_NONE && config_is_local_part(slice_head(target, sign)));
            require(config_value_host(slice_from(target, sign + 1), storage, &host));
            require(slice_eq(slice_from(target, sign + 1), host)); /* in ASCII already */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_domain d = {.name = SLICE("here.test"), .aliases = SLICE("aliases")};
    struct config_problems p;
    struct arena arena;
    config_problems_init(&p);
    arena_init(&arena, &heap, 1 << 24);
    name_map_init(&d.known, &heap, (struct hash_key){1, 2});
    name_map_init(&d.known_aliases, &heap, (struct hash_key){1, 2});
    config_aliases_parse(&d, slice_of((const char *)data, size), false, &arena, &p);
    check_aliases(&d);
    problems_check(&p, slice_of((const char *)data, size));
    name_map_free(&d.known);
    name_map_free(&d.known_aliases);
    arena_reset(&arena);
    config_problems_free(&p);
    return 0;
}
