/* What a reader found and is to be explained; copied where somebody else does that, since the
 * reader goes on. */
#ifndef CANDOR_CLI_EXPLAIN_TASK_H
#define CANDOR_CLI_EXPLAIN_TASK_H

#include "base/arena.h"
#include "logs/log.h"

enum explain_task_kind { TASK_REPLY, TASK_MAIL, TASK_EVENT };

struct explain_task {
    enum explain_task_kind kind;
    struct slice source; /* its name, with the mail's number */
    size_t line;
    struct slice text; /* the reply or the mail */
    const struct log_event *event;
};

enum { TASKS_MAX = 256, TASKS_BYTES = 256 * 1024 };

/* Some tasks and what they point at. */
struct explain_tasks {
    struct arena arena;
    size_t count, bytes;
    struct explain_task list[TASKS_MAX];
};

void explain_tasks_init(struct explain_tasks *t);
void explain_tasks_free(struct explain_tasks *t);
void explain_tasks_clear(struct explain_tasks *t);
/* False without memory. */
MUST_CHECK bool explain_tasks_add(struct explain_tasks *t, const struct explain_task *task);
/* Whether it is time to begin with them. */
bool explain_tasks_are_many(const struct explain_tasks *t);

#endif
