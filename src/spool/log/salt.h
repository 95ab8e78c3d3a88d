/* The spool's salt once more, in a file of its own: when no segment's head can be read, it says
 * which records are ours. It is never guessed from a record: a message may carry bytes that look
 * like one. */
#ifndef CANDOR_SPOOL_LOG_SALT_H
#define CANDOR_SPOOL_LOG_SALT_H

#include "spool/log/segment.h"

/* False when there is no such file, or what is in it is damaged. */
MUST_CHECK bool salt_read(const struct segment_folder *folder, uint64_t *salt_r);
/* Durable when it says ERR_OK; what was there before stays until then. */
enum err_code salt_write(const struct segment_folder *folder, uint64_t salt);

#endif
