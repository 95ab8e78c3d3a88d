/* The notices of Amazon SES, as they stand in mails and in what SES sends to programs. */
#ifndef CANDOR_MAIL_BOUNCE_SES_H
#define CANDOR_MAIL_BOUNCE_SES_H

#include "mail/bounce.h"

bool bounce_is_ses(struct slice words);
/* Whom the notice names and what it says of each. False without room in the arena. */
MUST_CHECK bool bounce_read_ses(struct slice words, struct arena *arena, struct bounce *b);

#endif
