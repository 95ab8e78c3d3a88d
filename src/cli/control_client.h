/* The command line's end of the control socket. */
#ifndef CANDOR_CLI_CONTROL_CLIENT_H
#define CANDOR_CLI_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/slice.h"

/* Options that every command with a server to talk to has. */
struct control_place {
    const char *config; /* NULL: the usual file, if it is there */
    const char *socket; /* NULL: as the configuration says */
};

/* One line of an answer but the last; `line` as it came, `object` the same parsed. */
typedef void control_line(void *ctx, struct slice line, const json_t *object);

/* Sends the request (JSON on one line, without its end) and gives each line of the answer to
 * `take`. The status is of sysexits.h; what went wrong has been said on standard error. *last_r
 * (when not NULL and the status is EX_OK) is the last line of the answer: the caller's. */
int control_ask(const struct control_place *place, struct slice request, control_line *take,
                void *ctx, json_t **last_r);

#endif
