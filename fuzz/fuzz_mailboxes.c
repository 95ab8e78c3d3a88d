/* A file of mailboxes: each that is taken is a local part with an absolute path of bounded length.
 */
#include "problems.h"
#include "system/config_internal.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct config_domain d = {.name = SLICE("here.test"),
                              .mailboxes = SLICE("mailboxes"),
                              .maildir = SLICE("/var/mail/%d/%u/Maildir")};
    struct config_problems p;
    struct arena arena;
    size_t at = 0;
    config_problems_init(&p);
    arena_init(&arena, &heap, 1 << 24);
    name_map_init(&d.known, &heap, (struct hash_key){1, 2});
    config_mailboxes_parse(&d, text, &arena, &p);
    for (const struct config_mailbox *box; (box = name_map_next(&d.known, &at));) {
        require(config_is_local_part(box->local) && box->path.len <= 4000);
        require(box->path.at[0] == '/' && strlen(box->path.at) == box->path.len);
    }
    problems_check(&p, text);
    name_map_free(&d.known);
    arena_reset(&arena);
    config_problems_free(&p);
    return 0;
}
