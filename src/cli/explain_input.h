/* What `candor explain` reads: a window of a file that moves on, unpacked on the way if the file is
 * packed. Nothing is held back: bytes that come one by one are there one by one. */
#ifndef CANDOR_CLI_EXPLAIN_INPUT_H
#define CANDOR_CLI_EXPLAIN_INPUT_H

#include "base/buf.h"

struct unpack;

struct explain_input {
    int fd; /* of the caller's */
    /* Asked at the end of a file that may grow; true: there is more to read now. NULL: it is over
     * at its end. */
    bool (*wait)(void *ctx, int fd);
    void *wait_ctx;
    struct unpack *unpack; /* NULL: it is not packed */
    struct buf packed;     /* read, not unpacked yet */
    size_t packed_at;
    struct buf window; /* read and unpacked */
    size_t at;         /* of it taken */
    uint64_t read;     /* bytes of the file */
    bool is_begun;
    bool is_end; /* nothing comes any more: the end, or `failure` */
    /* Why it ended early; static words, or NULL. What was read before is good. */
    const char *failure;
};

/* `window_max`: bytes that are held at most. */
void explain_input_init(struct explain_input *in, size_t window_max);
/* Begins with a file; memory is used again. */
void explain_input_open(struct explain_input *in, int fd);
void explain_input_free(struct explain_input *in);
/* Bytes of the file that were taken but for `rest`, when it is not packed. */
uint64_t explain_input_taken(const struct explain_input *in, struct slice rest);
/* A guide_input's `more`; `ctx` is the input. */
bool explain_input_more(void *ctx, struct slice *rest);

#endif
