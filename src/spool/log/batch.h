/* One batch: the records that are written together, in one write, and made durable by one sync. */
#ifndef CANDOR_SPOOL_LOG_BATCH_H
#define CANDOR_SPOOL_LOG_BATCH_H

#include "spool/log/parts.h"

/* What becomes of something that waits: it is in the batch, or settled without a record (both:
 * taken), or the batch has to be written before it. */
enum batch_fit { BATCH_TAKEN, BATCH_WRITE_FIRST };

enum batch_fit batch_add_request(struct log *log, struct request *request);
enum batch_fit batch_add_change(struct log *log, struct spool_change *change);
/* Room for a record that moves and the state that has to follow it: BATCH_WRITE_FIRST if there is
 * none in this batch. `sizes` are those of the records together. */
enum batch_fit batch_room_to_move(struct log *log, size_t sizes, enum err_code *result_r);
/* Adds a record that moves; there must be room. `body` must stay until the batch is written. */
void batch_add_moved(struct log *log, const struct record *r, struct place from);
/* Writes, syncs, applies to the index, and tells everyone. */
enum err_code batch_write(struct log *log);

#endif
