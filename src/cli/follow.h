/* A file that grows: waits for more of it, and notices when another one took its name (a log that
 * was rotated) or when it was cut (copied away and emptied). */
#ifndef CANDOR_CLI_FOLLOW_H
#define CANDOR_CLI_FOLLOW_H

#include <stdbool.h>

struct follow {
    const char *path;
    int watch; /* inotify, so that nothing waits for a clock; -1: there is none, it is polled */
    bool is_unread; /* whoever reads our output has gone: no more is to be found out for him */
};

void follow_begin(struct follow *f, const char *path);
void follow_end(struct follow *f);
/* An interrupt came, or nobody reads any more. */
bool follow_is_over(const struct follow *f);
/* The file of that name, waited for; -1: it is over, or it can't be read (errno). */
int follow_open(struct follow *f);
/* Whether more is to be read from fd, which was read to its end; waits for it. False: the file is
 * over and another is to be opened, or following is. */
bool follow_wait(struct follow *f, int fd);

#endif
