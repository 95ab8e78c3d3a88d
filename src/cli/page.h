/* Text for a terminal, painted where colours are wanted. */
#ifndef CANDOR_CLI_PAGE_H
#define CANDOR_CLI_PAGE_H

#include "cli/explain.h"

/* Select Graphic Rendition, from the sixteen colours that every theme defines for its own
 * background. */
#define PLAIN  "\033[0m"
#define BOLD   "\033[1m"
#define FAINT  "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define BLUE   "\033[34m"

enum { PAGE_MARGIN = 2, PAGE_LABEL = 15 }; /* columns before text, and before the text of a row */

struct page {
    struct buf *out;
    const struct explain_style *style;
};

/* Begins a colour (PLAIN ends it), where colours are wanted. */
void page_color(const struct page *p, const char *color);
void page_paint(const struct page *p, const char *color, const char *text);
void page_spaces(const struct page *p, size_t count);
void page_line(const struct page *p);
/* Text that goes on in the next line at column `indent`, where it has begun. */
void page_wrap(const struct page *p, struct slice text, size_t indent);
/* A name and what stands for it, in two columns. */
void page_row(const struct page *p, const char *name, struct slice text);

#endif
