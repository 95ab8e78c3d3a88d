/* UTF-16 with a byte order mark (RFC 2781), as UTF-8. Text files of some programs are that. */
#ifndef CANDOR_BASE_UTF16_H
#define CANDOR_BASE_UTF16_H

#include "base/buf.h"
#include "base/slice.h"

/* A text that comes in pieces. */
struct utf16 {
    bool is_little, is_begun;
    bool is_half; /* `first` is the first byte of a unit */
    unsigned first;
    unsigned high; /* the first half of a pair; 0: none */
};

/* Whether it begins with the mark; *t_r is ready for all of it then, the mark too. */
bool utf16_begins(struct slice head, struct utf16 *t_r);
/* Takes from *in what has room in `out`; how many bytes were put there. Half a pair becomes '?'. */
size_t utf16_run(struct utf16 *t, struct slice *in, char *out, size_t room);
/* Whether it may end here. */
bool utf16_is_whole(const struct utf16 *t);
/* A whole text at once; *out fails when it has no room. */
void utf16_add(struct buf *out, struct utf16 t, struct slice text);

#endif
