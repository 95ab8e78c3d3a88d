/* The way to the mailbox agent, a process that writes Maildirs as their owners. The mail process
 * sends it a message that is ready to be written, the Maildir's path, and a socket for the answer.
 * Both ends are here. */
#ifndef CANDOR_DELIVER_MAILDIR_AGENT_H
#define CANDOR_DELIVER_MAILDIR_AGENT_H

#include "deliver/maildir_box.h"

enum { MAILDIR_PATH_MAX = 4096, MAILDIR_FILE_MAX = 256 };
enum { MAILDIR_REQUEST_MAX = MAILDIR_PATH_MAX + MAILDIR_FILE_MAX + 32 };

struct maildir_request {
    uint64_t bytes;
    char file[MAILDIR_FILE_MAX]; /* the name that it gets: no path */
    char path[MAILDIR_PATH_MAX]; /* of the Maildir, as the configuration has it */
};

/* `path`: of the Maildir. `content`: an open file that holds what is to be written. Waits for the
 * answer. */
struct maildir_answer maildir_ask(int channel, struct slice path, struct slice file, uint64_t bytes,
                                  int content);

/* The agent's end. False: it is none that we would send. */
MUST_CHECK bool maildir_request_read(struct slice text, struct maildir_request *r_r);
/* Waits for a request: its text, the content and the socket for the answer, both the caller's.
 * False: there will be none. */
MUST_CHECK bool maildir_next(int channel, char text[MAILDIR_REQUEST_MAX], size_t *len_r,
                             int *content_r, int *answer_r);
void maildir_answer_send(int answer, const struct maildir_answer *a);

#endif
