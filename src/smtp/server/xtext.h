/* xtext (RFC 3461 4): visible ASCII in which `+2B` stands for any other character. */
#ifndef CANDOR_SMTP_SERVER_XTEXT_H
#define CANDOR_SMTP_SERVER_XTEXT_H

#include "base/slice.h"

/* The character that stands at `at`, and how many bytes say so; 0: none. */
size_t xtext_char(struct slice s, size_t at, int *char_r);
/* Not empty, and what it stands for is printable: it goes into a notice's lines. With `with_utf8`
 * it may hold UTF-8 as it is (RFC 6533 3, utf-8-addr-unitext). */
bool xtext_is_valid(struct slice s, bool with_utf8);

#endif
