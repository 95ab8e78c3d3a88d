/* One batch: the records that are written together, in one write, and made durable by one sync. */
#ifndef CANDOR_SPOOL_LOG_BATCH_H
#define CANDOR_SPOOL_LOG_BATCH_H

#include "spool/log/parts.h"

/* What becomes of something that waits: it is in the batch, or settled without a record (both:
 * taken), or the batch has to be written before it. */
enum batch_fit { BATCH_TAKEN, BATCH_WRITE_FIRST };

enum batch_fit batch_add_request(struct log *log, struct request *request);
enum batch_fit batch_add_change(struct log *log, struct spool_change *change);
/* Writes, syncs, applies to the index, and tells everyone. */
void batch_write(struct log *log);

#endif
