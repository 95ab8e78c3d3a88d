/* What the programs that make tables at build time have in common: a file read whole, and C
 * written to standard output. */
#ifndef CANDOR_TOOLS_TABLE_OUT_H
#define CANDOR_TOOLS_TABLE_OUT_H

#include "base/arena.h"
#include "base/slice.h"

/* Says why on standard error when it can't. */
MUST_CHECK bool table_read_file(struct arena *arena, const char *name, struct slice *text_r);
/* As a string of C, and as a SLICE_INIT of it. */
void table_put_text(struct slice s);
void table_put_slice(struct slice s);
void table_begin(const char *type, const char *name);
void table_end(size_t count);

#endif
