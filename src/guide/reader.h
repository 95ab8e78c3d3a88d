/* Takes a source apart into what is to be explained: replies one a line, a mail, an mbox of mails,
 * a log or a transcript. What it is, its content tells, not its name. */
#ifndef CANDOR_GUIDE_READER_H
#define CANDOR_GUIDE_READER_H

#include "guide/explained.h"
#include "guide/task.h"
#include "logs/log_reader.h"

struct rule_tables;

/* Bytes of one mail; the rest of a larger one is not read. */
enum { GUIDE_MAIL_MAX = 64 * 1024 * 1024 };

/* What is read: a window that moves on. */
struct guide_input {
    struct slice rest; /* what is there and was not taken */
    /* Waits for more bytes behind *rest, which may move; false: none will come, or there is no
     * room for them. */
    bool (*more)(void *ctx, struct slice *rest);
    void *ctx;
};

/* Whom the reader tells. Each returns false to end the reading. */
enum guide_offer { OFFER_REFUSED, OFFER_TAKEN, OFFER_END };
struct guide_listener {
    /* Before something is explained: who takes the offer has it explained by somebody else. NULL:
     * nobody does. OFFER_END ends the reading. */
    enum guide_offer (*offer)(void *ctx, const struct guide_task *task);
    bool (*item)(void *ctx, const struct explained *x);
    /* Before it waits for more input: a good time to show what was told so far. NULL: not told. */
    bool (*pause)(void *ctx);
};

struct guide_reader {
    const struct mem *mem;
    const struct guide_listener *listener;
    void *ctx;
    const struct rule_tables *rules; /* of the user's own; NULL: there are none */
    enum stage stage;                /* of replies that come by themselves */
    struct log_clock clock;          /* for logs that leave out year or zone; asked for each log */
    struct guide_input in;
    struct arena mail; /* what was read of one mail */
    struct arena item; /* one explanation */
    struct buf text;   /* lines of one reply; a mail without its mbox's quoting */
    struct buf source; /* its name, with the mail's number */
    size_t logs;       /* read, and the deliveries in them that went well */
    uint64_t delivered;
    bool is_out_of_memory;
};

/* `rules` beside ours; NULL: none. */
void guide_reader_init(struct guide_reader *r, const struct mem *mem,
                       const struct guide_listener *listener, void *ctx,
                       const struct rule_tables *rules);
void guide_reader_free(struct guide_reader *r);

/* One text from the command line: a reply, unless it is a log or a transcript. False: the listener
 * ended it, or memory did. */
bool guide_read_text(struct guide_reader *r, struct slice text);
/* All of a source of that name. False as above. */
bool guide_read(struct guide_reader *r, const char *name, const struct guide_input *in);
/* The same of a text that is there as a whole; UTF-16 with its mark is read as well. */
bool guide_read_whole(struct guide_reader *r, const char *name, struct slice text);
/* What a reader found, this one or another. False as above. */
bool guide_explain(struct guide_reader *r, const struct guide_task *task);

#endif
