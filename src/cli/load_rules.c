#include "cli/load_rules.h"

#include <stdio.h>

bool load_rules(struct own_rules *r, struct slice folder, const char *command)
{
    enum { WHY_BYTES = 8192 };
    char storage[WHY_BYTES];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    bool good = own_rules_load(r, folder, &why);
    struct slice rest = buf_slice(&why), line;
    while (slice_line(&rest, &line))
        fprintf(stderr, "%s: %.*s\n", command, SLICE_ARG(line));
    return good;
}
