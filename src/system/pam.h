/* Passwords that PAM judges (pam(3)). Its modules block, may need root and are not made for
 * threads: so they run in a process of their own, which is started before the server gives up its
 * rights, and there each login in a child. A second process, which reads nothing, starts it anew
 * when it ends. */
#ifndef CANDOR_SYSTEM_PAM_H
#define CANDOR_SYSTEM_PAM_H

#include "base/slice.h"

enum pam_verdict {
    PAM_SAYS_RIGHT = 'y',
    PAM_SAYS_WRONG = 'n',
    PAM_SAYS_EXPIRED = 'e',  /* right, but the password has to be changed first */
    PAM_SAYS_DISABLED = 'd', /* right, but the account is over */
    PAM_IS_RESTARTING = 'r', /* the helper ended, and is started anew in a moment */
    PAM_IS_AWAY = '?'
};

struct pam_helper;

/* `service`: path of the file that names the modules, such as /etc/pam.d/candor. NULL: *why_r says
 * what is wrong, in words. The caller must have no other threads. */
struct pam_helper *pam_helper_start(const char *service, const char **why_r);
/* Blocks for as long as the modules do, but no longer than PAM_WAIT_MS: on a worker's thread. From
 * any of them. `client`: an address, for modules that care. */
enum { PAM_WAIT_MS = 35 * 1000 };
enum pam_verdict pam_helper_ask(const struct pam_helper *h, const char *name, const char *password,
                                const char *client);
/* NULL is let pass. */
void pam_helper_stop(struct pam_helper *h);

/* What the helper is asked: name, password and client, each ended by a NUL. False: that is none of
 * our questions. */
struct pam_question {
    const char *name, *password, *client;
};
MUST_CHECK bool pam_question_read(struct slice text, struct pam_question *q_r);

/* pam_modules.c: in the helper's child. `service` as above. */
enum pam_verdict pam_modules_ask(const char *service, const char *name, const char *password,
                                 const char *client);

#endif
