/* Questions from other loops than the resolver's: the question goes over as a task, and the answer
 * comes back as one, with a copy of its records. */
#include <stdlib.h>

#include "base/list.h"
#include "net/resolver.h"
#include "system/heap.h"

enum { ANSWER_MAX = 64 * 1024 };

struct remote_question {
    struct task task; /* on its way there, and back again */
    struct resolver *resolver;
    struct loop *home;
    enum dns_type type;
    char name[256];
    resolver_answered *answered;
    void *ctx;
    struct dns_answer answer;
    struct arena arena; /* the records */
};

static void tell(struct task *task)
{
    struct remote_question *q = LIST_ITEM(task, struct remote_question, task);
    q->answered(q->ctx, &q->answer);
    arena_reset(&q->arena);
    free(q);
}

static bool copy_records(struct remote_question *q, const struct dns_answer *answer)
{
    q->answer.records = arena_array(&q->arena, answer->count, sizeof(*answer->records));
    if (!q->answer.records)
        return answer->count == 0;
    for (size_t i = 0; i < answer->count; i++)
        if (!arena_dup(&q->arena, answer->records[i], &q->answer.records[i]))
            return false;
    return true;
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct remote_question *q = ctx;
    q->answer = *answer;
    if (!copy_records(q, answer) || !arena_dup(&q->arena, answer->why, &q->answer.why) ||
        !arena_dup(&q->arena, answer->canonical, &q->answer.canonical))
        q->answer = (struct dns_answer){.status = DNS_FAILED};
    q->task.run = tell;
    loop_post(q->home, &q->task);
}

static void ask(struct task *task)
{
    struct remote_question *q = LIST_ITEM(task, struct remote_question, task);
    resolver_ask(q->resolver, slice_str(q->name), q->type, on_answer, q);
}

void resolver_ask_from(struct resolver *r, struct loop *home, struct slice name, enum dns_type type,
                       resolver_answered *answered, void *ctx)
{
    static const struct dns_answer failed = {.status = DNS_FAILED};
    struct remote_question *q = calloc(1, sizeof(*q));
    if (!q || !slice_cstr(name, q->name, sizeof(q->name))) {
        free(q);
        answered(ctx, &failed);
        return;
    }
    q->task.run = ask;
    q->resolver = r;
    q->home = home;
    q->type = type;
    q->answered = answered;
    q->ctx = ctx;
    arena_init(&q->arena, &heap, ANSWER_MAX);
    loop_post(resolver_loop(r), &q->task);
}
