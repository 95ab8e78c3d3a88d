/* Unpacks what comes compressed: gzip, xz, zstd, bzip2, one file after the other as `cat a.gz b.gz`
 * makes them; UTF-16 that says so at its beginning comes out as UTF-8. Bytes in, bytes out; memory
 * does not grow with what they unpack to. */
#ifndef CANDOR_CLI_UNPACK_H
#define CANDOR_CLI_UNPACK_H

#include "base/slice.h"

struct unpack;

/* Bytes at the beginning that tell how it is packed. */
enum { UNPACK_HEAD = 6 };
/* Least room for what comes out: no character is cut in two. */
enum { UNPACK_ROOM = 4 };
/* NULL: the head is of nothing known, so it is taken as it is. Else its name: `gzip`. */
const char *unpack_recognise(struct slice head);
/* NULL without memory. `name` as recognised. */
struct unpack *unpack_new(const char *name);
void unpack_free(struct unpack *u);

/* Takes bytes off the front of *in and puts at most `room` unpacked ones at `out`; how many is in
 * *out_len_r. Nothing taken and nothing put: more input is needed. False: the input is damaged;
 * what was put before that counts. */
MUST_CHECK bool unpack_run(struct unpack *u, struct slice *in, char *out, size_t room,
                           size_t *out_len_r);
/* Whether the input may end here. */
bool unpack_is_whole(const struct unpack *u);

#endif
