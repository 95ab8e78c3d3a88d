/* Between the files of control/: an operation and a request that was read. */
#ifndef CANDOR_CONTROL_OPERATION_H
#define CANDOR_CONTROL_OPERATION_H

#include "base/json.h"
#include "control/control.h"

enum argument {
    ARG_ID = 1,
    ARG_DESTINATION = 2,
    ARG_SENDER = 4,
    ARG_RECIPIENT = 8,
    ARG_CAUSE = 16,
    ARG_LIMIT = 32,
    ARG_ALL = 64,
    ARG_DRY_RUN = 128,
    ARG_TEXT = 256,
    ARG_ADDRESS = 512,
    ARG_REASON = 1024,
    ARG_REFERENCE = 2048,
    ARG_CAMPAIGN = 4096,
    ARG_OLDER = 8192,
    ARG_YOUNGER = 16384,
    ARG_SOURCE = 32768,
    ARGS_SUSPENSION = ARG_DESTINATION | ARG_SENDER | ARG_CAMPAIGN,
    ARGS_FILTER = ARGS_SUSPENSION | ARG_ID | ARG_RECIPIENT | ARG_CAUSE | ARG_OLDER | ARG_YOUNGER,
    ARGS_CHOICE = ARGS_FILTER | ARG_ALL | ARG_DRY_RUN
};

struct control_request {
    const struct operation *operation;
    unsigned given;             /* enum argument bits */
    struct queue_filter filter; /* slices into the request's JSON */
    uint64_t limit;
    int64_t now;
    bool all;
    bool dry_run;
    struct slice text;
    struct slice address;
    struct slice reason;
    struct slice reference;
    enum suppression_source source; /* with ARG_SOURCE */
};

struct control_call {
    const struct control_request *request;
    const struct control_backend *backend;
    int64_t now;
    const struct mem *mem;
    struct buf *out;
};

struct operation {
    const char *name;
    unsigned arguments;
    enum control_access access;
    void (*run)(const struct control_call *call);
    const char *help;
};

#define OPERATION(id, name, arguments, who, function, help)                                        \
    void function(const struct control_call *call);
#include "control/operations.def"
#undef OPERATION

/* The last line of an answer. `code`: syntax, denied, not_found, not_offered. */
void control_error(struct buf *out, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* RFC 3339 in UTC; nothing for INT64_MAX, which is never. */
void control_time(struct json *j, const char *key, int64_t unix_ms);

/* "stuck": true, if it is so: control_status.is_stuck. */
void control_put_stuck(struct json *j, const struct control_backend *backend);

/* By enum recipient_status. */
extern const char *const control_status_names[];

/* What was said last, as the object "last". */
void control_outcome(struct json *j, const struct outcome *o);

/* Members of an explanation as `candor explain --json` names them; control/explain.c. False, with
 * nothing written, when memory ends. */
MUST_CHECK bool control_explanation(struct json *j, const struct diagnosis_input *in,
                                    const struct control_call *call);

#endif
