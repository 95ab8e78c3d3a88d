/* The operator's rules, read anew by a reload. Other threads decide by them at any moment, and what
 * was decided may point into them, so older ones stay until the server ends; only those that differ
 * are kept. */
#include "server/inside.h"
#include "server/own_rules.h"
#include "system/heap.h"

struct rules_read {
    struct rules_read *before;
    struct own_rules rules;
};

bool rules_read_again(const struct server *s, struct slice folder, struct rules_read **read_r,
                      struct buf *why)
{
    struct rules_read *read = mem_take(&heap, sizeof(*read));
    *read_r = NULL;
    if (!read) {
        buf_add_str(why, "out of memory\n");
        return false;
    }
    read->before = NULL;
    own_rules_init(&read->rules);
    bool good = own_rules_load(&read->rules, folder, why);
    if (good && read->rules.sum != s->rules_sum)
        *read_r = read;
    else
        rules_drop(read);
    return good;
}

void rules_use(struct server *s, struct rules_read *read)
{
    if (!read)
        return;
    read->before = s->rules_read;
    s->rules_read = read;
    s->rules_sum = read->rules.sum;
    s->rules = read->rules.own;
    s->backend.rules = s->rules;
    atomic_store(&s->agent_options.rules, s->rules);
    atomic_store(&s->scheduler.rules, s->rules);
    queue_use_rules(s->scheduler.queue, s->rules);
    LOG(s->log, LOG_LEVEL_INFO, "rules-reloaded", {"file", slice_str(s->file)});
}

void rules_drop(struct rules_read *read)
{
    if (read) {
        own_rules_free(&read->rules);
        mem_give(&heap, read, sizeof(*read));
    }
}

void rules_forget(struct server *s)
{
    while (s->rules_read) {
        struct rules_read *read = s->rules_read;
        s->rules_read = read->before;
        rules_drop(read);
    }
}
