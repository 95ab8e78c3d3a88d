/* The operations of a running server, for the command line and the web alike. A request is one JSON
 * object, `{"op":"queue.list","sender":"@example.org"}`; the answer is a JSON object a line. The
 * last line has "ok": true, or false with "error" in words and "code". No I/O: whoever has the
 * socket gives the request and sends the answer. */
#ifndef CANDOR_CONTROL_CONTROL_H
#define CANDOR_CONTROL_CONTROL_H

#include "base/buf.h"
#include "queue/queue.h"

/* Bytes of a request without its line end; of an answer. */
enum { CONTROL_REQUEST_MAX = 64 * 1024, CONTROL_ANSWER_MAX = 16 * 1024 * 1024 };
/* Recipients that queue.list shows when the request has no "limit". */
enum { CONTROL_LIST_LIMIT = 1000 };

/* Who asks: the web page may do less than one who can open the control socket. */
enum control_access { CONTROL_ANYONE, CONTROL_OPERATOR };

struct control_status {
    struct slice hostname;
    struct slice version;
    int64_t started_at; /* unix ms */
    bool is_stopping;
    bool is_stuck; /* nothing is sent, since what becomes of it can't be written down */
    struct queue_counts queue;
    uint64_t connections; /* open now */
    uint64_t received;    /* messages since the start; the same for the next two, in recipients */
    uint64_t delivered;
    uint64_t failed;
};

/* A source's addresses, as text; empty: it has none of that kind. */
enum { CONTROL_ADDRESS_TEXT = 46 };
struct control_source {
    struct slice helo;
    char ipv4[CONTROL_ADDRESS_TEXT], ipv6[CONTROL_ADDRESS_TEXT];
};

/* What the server does for the operations; called during control_handle, on its thread. A function
 * that is NULL is not offered. */
struct control_backend {
    void *ctx;
    const struct rule_tables *rules; /* the operator's own, of what replies mean; NULL: none */
    /* Minutes east of UTC at a local time, as log_clock.zone; NULL: it is UTC. */
    int (*zone)(void *ctx, int64_t local_ms);
    void (*visit)(void *ctx, const struct queue_filter *filter, queue_visitor *visitor,
                  void *visitor_ctx);
    struct suppressions *suppressions; /* NULL: not offered */
    struct suspensions *suspensions;   /* the same */
    void (*suspensions_changed)(void *ctx);
    const struct sources *sources; /* NULL: not offered */
    void (*source)(void *ctx, uint8_t source, struct control_source *source_r);
    void (*source_troubles)(void *ctx, uint8_t source, queue_source_visitor *visitor,
                            void *visitor_ctx);
    bool (*groups)(void *ctx, const struct queue_filter *filter, queue_group_visitor *visitor,
                   void *visitor_ctx);
    size_t (*command)(void *ctx, enum queue_command command, const struct queue_filter *filter,
                      bool dry_run);
    /* What was said in the last attempt for a message that failed; false: that is not known. */
    bool (*trace)(void *ctx, spool_id id, int64_t *at_r, struct slice *text_r);
    /* Adds what is known of the refusal with that reference, as a JSON object; false: nothing. */
    bool (*refusal)(void *ctx, struct slice reference, struct buf *out);
    void (*status)(void *ctx, struct control_status *status_r);
    /* False with `why` filled, lines of text; else `kept` names what needs a restart. */
    bool (*reload)(void *ctx, struct buf *kept, struct buf *why);
    /* Begins it. False with `why` filled: all is as it was. */
    bool (*upgrade)(void *ctx, struct buf *why);
    void (*shutdown)(void *ctx); /* begins it: the answer still has to be sent */
};

/* Appends the whole answer to `out`, which should have a limit of CONTROL_ANSWER_MAX or more; if it
 * fails (out->failed) close the connection. `request`: with or without its line end. `now`: unix
 * ms. `mem`: for what is needed during the call. */
void control_handle(struct slice request, enum control_access access,
                    const struct control_backend *backend, int64_t now, const struct mem *mem,
                    struct buf *out);

/* What the operation `explain` does with a text, however long it is: {"ok":true,"answers":[...]},
 * with "cut": true where there is more in it than an answer has room for. */
void control_explain(struct slice text, const struct control_backend *backend, int64_t now,
                     const struct mem *mem, struct buf *out);

#endif
