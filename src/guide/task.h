/* What a reader found and is to be explained; copied where somebody else does that, since the
 * reader goes on. */
#ifndef CANDOR_GUIDE_TASK_H
#define CANDOR_GUIDE_TASK_H

#include "base/arena.h"
#include "logs/log.h"

enum guide_task_kind { TASK_REPLY, TASK_MAIL, TASK_EVENT };

struct guide_task {
    enum guide_task_kind kind;
    struct slice source; /* its name, with the mail's number */
    size_t line;
    struct slice text; /* the reply or the mail */
    const struct log_event *event;
};

enum { TASKS_MAX = 256, TASKS_BYTES = 256 * 1024 };

/* Some tasks and what they point at. */
struct guide_tasks {
    struct arena arena;
    size_t count, bytes;
    struct guide_task list[TASKS_MAX];
};

void guide_tasks_init(struct guide_tasks *t, const struct mem *mem);
void guide_tasks_free(struct guide_tasks *t);
void guide_tasks_clear(struct guide_tasks *t);
/* False without memory. */
MUST_CHECK bool guide_tasks_add(struct guide_tasks *t, const struct guide_task *task);
/* Whether it is time to begin with them. */
bool guide_tasks_are_many(const struct guide_tasks *t);

#endif
