/* The file `maildirsize` of a Maildir++: what the mailbox may hold, and what each delivery and each
 * deletion added or took away since it was counted. */
#ifndef CANDOR_MAIL_MAILDIRSIZE_H
#define CANDOR_MAIL_MAILDIRSIZE_H

#include "base/buf.h"

/* A larger file has to be counted anew, by the rules of Maildir++. */
enum { MAILDIRSIZE_MAX = 5120 };

struct maildirsize {
    uint64_t bytes_most; /* 0: any number */
    uint64_t count_most; /* ditto */
    uint64_t bytes;      /* that are in it; never below 0, however the lines add up */
    uint64_t count;
};

/* False: this is no such file. */
MUST_CHECK bool maildirsize_read(struct slice text, struct maildirsize *size_r);
/* One that was just counted. */
void maildirsize_write(struct buf *out, const struct maildirsize *size);
/* The line of one more message. */
void maildirsize_write_delivery(struct buf *out, uint64_t bytes);
/* The size that the name of a message's file tells (`…,S=1234:2,S`). */
MUST_CHECK bool maildirsize_of_name(struct slice name, uint64_t *bytes_r);

#endif
