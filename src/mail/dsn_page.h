/* The part of a notice for a person, piece by piece: as plain text with lines of 72 columns ended
 * by LF, or as HTML. What is written is made harmless in both. */
#ifndef CANDOR_MAIL_DSN_PAGE_H
#define CANDOR_MAIL_DSN_PAGE_H

#include "base/buf.h"

struct dsn_page {
    struct buf *out;
    bool is_html;
    size_t steps; /* of the list that is open */
};

void dsn_page_begin(struct dsn_page *p, struct slice language);
void dsn_page_end(struct dsn_page *p);
void dsn_page_heading(struct dsn_page *p, struct slice text);
void dsn_page_paragraph(struct dsn_page *p, struct slice text);
/* A step of a list, numbered from 1; what is no step ends the list. */
void dsn_page_step(struct dsn_page *p, struct slice text);
/* Lines that stand as they are, indented; what is no line ends them. */
void dsn_page_begin_lines(struct dsn_page *p);
void dsn_page_line(struct dsn_page *p, struct slice text);
/* `before` is our own, and needs no care. */
void dsn_page_line_behind(struct dsn_page *p, struct slice before, struct slice text);
void dsn_page_end_lines(struct dsn_page *p);
void dsn_page_gap(struct dsn_page *p);

#endif
