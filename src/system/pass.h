/* Messages between our processes, with open files beside them; each is whole or not there
 * (SOCK_SEQPACKET). */
#ifndef CANDOR_SYSTEM_PASS_H
#define CANDOR_SYSTEM_PASS_H

#include "base/slice.h"

enum { PASS_FILES_MAX = 2 };

/* `flags`: as send(2) has them. False with errno. */
MUST_CHECK bool pass_send(int channel, struct slice text, const int *files, size_t count,
                          int flags);
/* Bytes of the text; 0: the other end is closed; -1: errno. files_r: the caller's, -1 where there
 * is none; what comes in excess is closed. */
long pass_receive(int channel, char *at, size_t room, int files_r[PASS_FILES_MAX], int flags);
/* The same where one file at most is meant to come. */
long pass_receive_one(int channel, char *at, size_t room, int *file_r, int flags);

#endif
