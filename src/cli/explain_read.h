/* Takes a source apart into what is to be explained: replies one a line, a mail, or an mbox of
 * mails. What it is, its content tells, not its name. */
#ifndef CANDOR_CLI_EXPLAIN_READ_H
#define CANDOR_CLI_EXPLAIN_READ_H

#include "cli/explain.h"
#include "cli/explain_input.h"
#include "cli/explain_task.h"

/* Whom the reader tells. Each returns false to end the reading. */
enum explain_offer { OFFER_REFUSED, OFFER_TAKEN, OFFER_END };
struct explain_listener {
    /* Before something is explained: who takes the offer has it explained by somebody else. NULL:
     * nobody does. OFFER_END ends the reading. */
    enum explain_offer (*offer)(void *ctx, const struct explain_task *task);
    bool (*item)(void *ctx, const struct explained *x);
    /* Before it waits for more input: a good time to show what was told so far. */
    bool (*pause)(void *ctx);
};

struct explain_reader {
    const struct explain_listener *listener;
    void *ctx;
    const struct rule_tables *rules; /* of the user's own; NULL: there are none */
    enum stage stage;                /* of replies that come by themselves */
    struct explain_input in;
    struct arena mail; /* what was read of one mail */
    struct arena item; /* one explanation */
    struct buf text;   /* lines of one reply; a mail without its mbox's quoting */
    struct buf source; /* its name, with the mail's number */
    size_t logs;       /* read, and the deliveries in them that went well */
    uint64_t delivered;
    bool is_out_of_memory;
};

/* `rules` beside ours; NULL: none. */
void explain_reader_init(struct explain_reader *r, const struct explain_listener *listener,
                         void *ctx, const struct rule_tables *rules);
void explain_reader_free(struct explain_reader *r);

/* One text from the command line. False: the listener ended it, or memory did. */
bool explain_read_text(struct explain_reader *r, struct slice text);
/* All of a file. False as above; r->in.failure tells whether it could be read to its end. */
bool explain_read_file(struct explain_reader *r, const char *name, int fd);
/* What a reader found, this one or another. False as above. */
bool explain_task(struct explain_reader *r, const struct explain_task *task);

/* ---- for explain_log.c ---- */

/* More of the file in the window; false when there is none, or the listener wants no more. */
bool explain_reader_more(struct explain_reader *r, bool *stopped_r);
/* Offers it, or explains it. False as above. */
bool explain_reader_found(struct explain_reader *r, const struct explain_task *task);
bool explain_event(struct explain_reader *r, const struct explain_task *task);
/* Each event of a log that r->in holds the beginning of. False as above. */
bool explain_read_log(struct explain_reader *r, enum log_format format);
/* The same of a text; counts the events. */
bool explain_log_text(struct explain_reader *r, enum log_format format, struct slice text,
                      size_t *events_r);

#endif
