/* Times, sizes and other people's words as a person wants to read them. */
#ifndef CANDOR_CLI_WORDS_H
#define CANDOR_CLI_WORDS_H

#include <stdio.h>

#include "base/buf.h"

/* `45 s`, `12 min`, `3 h`, `2 days`: one unit, rounded down; below a second `0 s`. */
void words_duration(struct buf *out, int64_t ms);
/* `20:31` today, `Tue 20:31` within six days, else `Sat 28 Nov 20:15`: local time, seen from `now`.
 */
void words_time(struct buf *out, int64_t unix_ms, int64_t now);
/* `in 4 min, at 20:31`; for the past `12 min ago, at 20:15`; `now` within a second. */
void words_when(struct buf *out, int64_t unix_ms, int64_t now);
/* `812 bytes`, `4.1 KiB`, `25.0 MiB`. */
void words_size(struct buf *out, uint64_t bytes);
/* `1 message`, `5 messages`. */
void words_count(struct buf *out, uint64_t count, const char *one, const char *many);
/* What strangers wrote: all that could change what a terminal shows becomes `?`. */
void words_harmless(struct buf *out, struct slice text);
/* Written like that at once: what a person or a server gave, inside a complaint. */
void words_print(FILE *file, struct slice text);
/* The same at most `width` columns wide (wide characters count two, combining ones none), broken at
 * spaces, each line after the first begun with `indent` spaces; line feeds in the text break too.
 */
void words_wrapped(struct buf *out, struct slice text, size_t width, size_t indent);
/* RFC 3339 in UTC, as the server writes it. */
MUST_CHECK bool words_parse_time(struct slice text, int64_t *unix_ms_r);

#endif
