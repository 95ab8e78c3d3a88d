/* What the mail process asks of its parent, which kept root's rights: to open a file that the
 * configuration names and only root may read, to tell the service manager, to change to a new
 * program. In a server of one process there is nobody to ask. */
#ifndef CANDOR_SYSTEM_KEEPER_H
#define CANDOR_SYSTEM_KEEPER_H

#include "base/buf.h"

/* A message is one of these, with its text behind it; NOTE has no answer. */
enum keeper_request { KEEPER_OPEN = 'o', KEEPER_NOTE = 'n', KEEPER_UPGRADE = 'u' };
/* The answer: GIVEN with an open file beside it, or DONE, or REFUSED with the reason behind it. */
enum keeper_answer { KEEPER_GIVEN = 'g', KEEPER_DONE = 'd', KEEPER_REFUSED = 'r' };
enum { KEEPER_MESSAGE_MAX = 8192 };

/* From now on there is somebody to ask, at the other end of this socket. Before any thread. */
void keeper_use(int channel);
bool keeper_is_there(void);
/* From any thread, as the others. -1 with errno when it is not to be had. */
int keeper_open(const char *path);
/* One character of the service manager's news; see system/service.c. False: there is nobody. */
bool keeper_note(char what);
/* False with `why` filled. */
MUST_CHECK bool keeper_upgrade(struct buf *why);

/* The parent's end. `fd`: -1, or a file that goes along with the answer. */
void keeper_answer(int channel, enum keeper_answer answer, struct slice text, int fd);

#endif
