/* What was said in an attempt, for the operator to read, and for `candor explain`: lines as swaks
 * shows them. The content is counted, not kept; what logs in is hidden; of a long session the
 * middle is left out. */
#ifndef CANDOR_DELIVER_TRANSCRIPT_H
#define CANDOR_DELIVER_TRANSCRIPT_H

#include "base/buf.h"

enum { TRANSCRIPT_MAX = 16 * 1024, TRANSCRIPT_RAW_MAX = 16 * 1024, TRANSCRIPT_LINE_MAX = 600 };

/* A line that is not whole yet. */
struct transcript_line {
    char text[TRANSCRIPT_LINE_MAX];
    size_t len;
};

struct transcript {
    struct buf raw; /* what was recorded, each piece with its kind and length: most of it is never
                       wanted, so lines are made of it when it is, or when there is much */
    struct buf text;
    struct transcript_line sent, received;
    bool is_content; /* what is sent from here on, until an answer comes */
    bool is_login;
    bool is_cut;      /* something was left out */
    uint64_t content; /* bytes that went out since the last answer */
};

void transcript_init(struct transcript *t, const struct mem *mem);
void transcript_free(struct transcript *t);

void transcript_sent(struct transcript *t, struct slice bytes);
void transcript_received(struct transcript *t, struct slice bytes);
/* What happened: `what`, and to whom. */
void transcript_note(struct transcript *t, const char *what, struct slice whom);
/* All of it, a line without its end too. Valid until the next call. */
struct slice transcript_text(struct transcript *t);

#endif
