/* A code by itself is asked for as a book is: what stands beside it is of use too. For what
 * explained_is_code is true of. */
#ifndef CANDOR_CLI_EXPLAIN_BOOK_H
#define CANDOR_CLI_EXPLAIN_BOOK_H

#include "cli/page.h"

/* Where the code of such an item is defined, what its digits say, what it is used for and by whom,
 * and the codes beside it. */
void explain_book_write(const struct page *p, const struct explained *x);

#endif
