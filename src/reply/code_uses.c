#include "reply/code_uses.h"

#include "reply/catalogue.h"

static bool is_of(const struct code_use *use, const struct reply *code)
{
    if (code->code)
        return use->code == code->code;
    return use->enhanced.class && use->enhanced.subject == code->enhanced.subject &&
           use->enhanced.detail == code->enhanced.detail;
}

static struct code_cause *entry_of(struct code_cause *list, size_t *count, enum cause cause)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i].cause == cause)
            return &list[i];
    list[*count] = (struct code_cause){.cause = cause};
    return &list[(*count)++];
}

/* The most frequent first; where two are equal, in the order of the table of causes. */
static void sort(struct code_cause *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct code_cause one = list[i];
        size_t at = i;
        for (; at > 0 && (list[at - 1].samples < one.samples ||
                          (list[at - 1].samples == one.samples && list[at - 1].cause > one.cause));
             at--)
            list[at] = list[at - 1];
        list[at] = one;
    }
}

size_t code_causes(const struct reply *code, struct code_cause *list_r)
{
    const struct catalogue_entry *e =
        code->code ? catalogue_basic(code->code) : catalogue_enhanced(code->enhanced);
    size_t count = 0, first = 0;
    if (e && e->cause != CAUSE_UNKNOWN) {
        (void)entry_of(list_r, &count, e->cause);
        first = 1;
    }
    for (size_t i = 0; i < code_use_count; i++) {
        const struct code_use *use = &code_uses[i];
        if (!is_of(use, code) || use->cause == CAUSE_UNKNOWN)
            continue;
        struct code_cause *c = entry_of(list_r, &count, (enum cause)use->cause);
        c->samples += use->samples;
        if (use->provider)
            c->providers[use->provider - 1] = true;
    }
    sort(list_r + first, count - first);
    return count;
}
