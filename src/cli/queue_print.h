/* What `candor queue` shows a person. */
#ifndef CANDOR_CLI_QUEUE_PRINT_H
#define CANDOR_CLI_QUEUE_PRINT_H

#include <jansson.h>

#include "base/buf.h"

/* Columns of the terminal, or 100. */
size_t queue_print_width(void);
/* One recipient of queue.list, three lines; recipients of the same message come together and share
 * the first. `last_id` (of SPOOL_ID_TEXT + 1 bytes or more, at first empty) remembers it. */
void queue_print_row(struct buf *out, const json_t *row, int64_t now, size_t width, char *last_id,
                     size_t last_id_size);
/* A group of queue.why: how many, why, where; what was said; until when. */
void queue_print_group(struct buf *out, const json_t *row, int64_t now, size_t width);
/* One of queue.suspended: what, since when, why, how many messages. */
void queue_print_suspension(struct buf *out, const json_t *row, int64_t now, size_t width);
/* One of queue.sources: what it is, what it sent today, who lets in nothing from it and why. */
void queue_print_source(struct buf *out, const json_t *row, int64_t now, size_t width);
/* One recipient of queue.show, with everything. */
void queue_print_full(struct buf *out, const json_t *row, int64_t now, size_t width);

#endif
