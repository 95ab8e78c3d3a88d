/* One message into one Maildir: made if it is missing, within its quota, written in tmp/, synced,
 * renamed into new/, folder synced. The same name twice is the same message: it stays there once.
 * Blocks; as whoever the process is. */
#ifndef CANDOR_DELIVER_MAILDIR_BOX_H
#define CANDOR_DELIVER_MAILDIR_BOX_H

#include "base/slice.h"

struct maildir_order {
    const char *path; /* of the Maildir */
    const char *name; /* of the file: unique to the message and its recipient */
    uint64_t quota;   /* bytes; 0: as its maildirsize says */
    uint64_t bytes;   /* of the message, as the quota counts it */
};

enum maildir_result { MAILDIR_STORED, MAILDIR_FULL, MAILDIR_TOO_LARGE, MAILDIR_FAILED };

struct maildir_answer {
    enum maildir_result result;
    int error;     /* of FAILED: errno */
    uint64_t most; /* of TOO_LARGE: bytes that the whole mailbox may hold */
};

/* Writes the file's content; 0 or errno. */
typedef int maildir_source(void *ctx, int fd);

struct maildir_answer maildir_put(const struct maildir_order *o, maildir_source *source, void *ctx);

#endif
