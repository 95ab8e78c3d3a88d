/* What a server session must have said, found out from nothing but the bytes that it was given, by
 * the rules of the RFCs and none of its code: one reply to each command, in order, with a code that
 * the command may have; where content ends; what it is then; that a message is accepted only when
 * it was. Whatever does not hold traps. */
#ifndef CANDOR_FUZZ_SESSION_MODEL_H
#define CANDOR_FUZZ_SESSION_MODEL_H

#include "base/buf.h"

enum { MODEL_CONTENTS_MAX = 64, MODEL_PHASES_MAX = 4 };

/* A message that the session handed out as whole. */
struct model_content {
    struct buf body;
    size_t recipients;
    unsigned code; /* of the verdict; 0: none was given before the end */
};

struct model {
    /* What was fed: in the clear, then in TLS. */
    struct buf phases[MODEL_PHASES_MAX];
    size_t phase_count;
    struct buf output;
    struct model_content contents[MODEL_CONTENTS_MAX];
    size_t content_count;
    bool normalizes; /* a bare LF in content becomes CR LF */
    bool is_closed;
};

void model_init(struct model *m, const struct mem *mem);
void model_free(struct model *m);
/* When all that was fed has been answered, or the session is over. */
void model_check(const struct model *m);

#endif
