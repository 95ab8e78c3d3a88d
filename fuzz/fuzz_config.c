/* A configuration: never both a result and a problem, never neither; what is taken is within its
 * limits, and problems stand in the file. */
#include "problems.h"

static void check_result(const struct config *c)
{
    if (c->hostname.len == 0 || c->listen_count == 0)
        __builtin_trap();
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t j = 0; j < c->listens[i].addresses.count; j++)
            if (c->listens[i].addresses.at[j].port == 0)
                __builtin_trap();
    if (c->limits.recipients < 100 || c->queue.retry_first > c->queue.retry_most)
        __builtin_trap();
    if (c->spool.path.len == 0 || c->spool.path.at[0] != '/')
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_problems p;
    config_problems_init(&p);
    struct config *c = config_parse(slice_of((const char *)data, size), "f", &p);
    if (!c == (p.count == 0))
        __builtin_trap();
    if (c)
        check_result(c);
    problems_check(&p, slice_of((const char *)data, size));
    config_free(&c);
    config_problems_free(&p);
    return 0;
}
