/* What the terminal at standard output is like. */
#ifndef CANDOR_CLI_TERMINAL_H
#define CANDOR_CLI_TERMINAL_H

#include "base/slice.h"

enum terminal_color { TERMINAL_COLOR_AUTO, TERMINAL_COLOR_ALWAYS, TERMINAL_COLOR_NEVER };

/* `auto`, `always`, `never`. */
MUST_CHECK bool terminal_color_parse(const char *word, enum terminal_color *color_r);
/* AUTO: standard output is a terminal, NO_COLOR is not set (no-color.org) and TERM is not `dumb`.
 */
bool terminal_uses_color(enum terminal_color color);
/* Columns of standard output; 80 when it is no terminal. Kept within what reads well. */
size_t terminal_width(void);

#endif
