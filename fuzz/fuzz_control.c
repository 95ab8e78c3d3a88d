/* A control request: every line of the answer is JSON, the last and only the last has "ok"; who may
 * only explain reaches no function of the server. The first byte chooses who asks. */
#include <jansson.h>

#include "control/control.h"
#include "system/heap.h"

static size_t calls;

static void visit(void *ctx, const struct queue_filter *filter, queue_visitor *visitor, void *to)
{
    static struct recipient recipient = {.address = SLICE_INIT("b@c.d")};
    static const struct envelope envelope = {.recipients = &recipient, .count = 1};
    struct queue_view view = {.id = filter->id ? filter->id : 1, .envelope = &envelope};
    (void)ctx;
    calls++;
    (void)visitor(to, &view);
}

static size_t command(void *ctx, enum queue_command what, const struct queue_filter *filter,
                      bool dry_run)
{
    (void)ctx;
    (void)what;
    calls++;
    return filter->id || dry_run;
}

static void check_answer(struct slice answer)
{
    struct slice line;
    bool is_over = false;
    json_error_t error;
    while (slice_line(&answer, &line)) {
        json_t *object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &error);
        if (!object || is_over)
            __builtin_trap();
        is_over = json_object_get(object, "ok") != NULL;
        json_decref(object);
    }
    if (!is_over)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct control_backend backend = {.visit = visit, .command = command};
    struct buf out;
    if (size == 0)
        return 0;
    enum control_access access = data[0] & 1 ? CONTROL_OPERATOR : CONTROL_ANYONE;
    calls = 0;
    buf_init(&out, &heap, CONTROL_ANSWER_MAX);
    control_handle(slice_of((const char *)data + 1, size - 1), access, &backend, 0, &heap, &out);
    if (out.failed || (access == CONTROL_ANYONE && calls))
        __builtin_trap();
    check_answer(buf_slice(&out));
    buf_free(&out);
    return 0;
}
