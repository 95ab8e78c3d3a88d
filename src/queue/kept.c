#include "queue/kept.h"

static size_t bytes_of(const struct outcome *o)
{
    return sizeof(struct kept) + o->reply.text.len + o->failure.len + o->host.len;
}

static struct slice copy(char **to, struct slice s)
{
    struct slice copied = slice_of(*to, s.len);
    if (s.len)
        memcpy(*to, s.at, s.len);
    *to += s.len;
    return copied;
}

struct kept *kept_new(const struct mem *mem, const struct outcome *o)
{
    struct outcome cut = *o;
    cut.reply.text = slice_head(cut.reply.text, OUTCOME_TEXT_MAX);
    cut.failure = slice_head(cut.failure, OUTCOME_TEXT_MAX);
    cut.host = slice_head(cut.host, OUTCOME_HOST_MAX);
    struct kept *k = mem_take(mem, bytes_of(&cut));
    if (!k)
        return NULL;
    char *to = (char *)(k + 1);
    *k = (struct kept){.holders = 1, .cause = CAUSE_COUNT, .outcome = cut};
    k->outcome.reply.text = copy(&to, cut.reply.text);
    k->outcome.failure = copy(&to, cut.failure);
    k->outcome.host = copy(&to, cut.host);
    return k;
}

enum cause kept_cause(struct kept *k, const struct rule_tables *rules)
{
    if (!k)
        return CAUSE_UNKNOWN;
    if (k->cause == CAUSE_COUNT) {
        struct diagnosis_input in = outcome_diagnosis_input(&k->outcome);
        struct diagnosis d;
        diagnose_with(rules, &in, &d);
        k->cause = d.cause;
    }
    return k->cause;
}

struct kept *kept_hold(struct kept *k)
{
    if (k)
        k->holders++;
    return k;
}

void kept_drop(const struct mem *mem, struct kept *k)
{
    if (k && --k->holders == 0)
        mem_give(mem, k, bytes_of(&k->outcome));
}
