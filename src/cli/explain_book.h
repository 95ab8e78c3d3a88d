/* A code by itself is asked for as a book is: what stands beside it is of use too. */
#ifndef CANDOR_CLI_EXPLAIN_BOOK_H
#define CANDOR_CLI_EXPLAIN_BOOK_H

#include "cli/page.h"

/* True for a code without a word of text, `550` or `5.7.26`. */
bool explain_book_has(const struct explained *x);

/* Where the code is defined, what its digits say, and the codes beside it. */
void explain_book_write(const struct page *p, const struct reply *r);

#endif
