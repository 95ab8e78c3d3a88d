/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CANDOR_BASE_UTF8_H
#define CANDOR_BASE_UTF8_H

#include "base/buf.h"
#include "base/slice.h"

/* How many bytes (1 to 4) the character at `at` takes; 0 if there is none, or it is not valid. */
size_t utf8_char(struct slice s, size_t at);
/* The same, and 0 also for control characters of either kind (U+0000-1F, U+007F-9F) and for the
 * marks that turn the direction of text (U+202A-202E, U+2066-2069): they change what a terminal
 * shows. */
size_t utf8_printable(struct slice s, size_t at);
/* How many bytes from `at` on are printable ASCII. */
size_t utf8_plain(struct slice s, size_t at);
bool utf8_is_valid(struct slice s);
/* With '?' for each thing that utf8_printable does not take, line ends too. */
void utf8_add_harmless(struct buf *out, struct slice s);

#endif
