/* What tells of a failure without being a mail: an exception, a dialog's words, a page's. */
#ifndef CANDOR_MAIL_BOUNCE_ACCOUNT_H
#define CANDOR_MAIL_BOUNCE_ACCOUNT_H

#include "mail/bounce.h"

/* Whether the text is of that kind, by the words of programs that write such texts. */
bool bounce_is_account(struct slice text);
/* The text without the lines that only tell where in a program it happened; itself without room. */
struct slice bounce_account_words(struct slice text, struct arena *arena);
/* The recipients that it names, if any, with what it says of each; their kind stays NONE, as their
 * codes tell more. False without room. */
MUST_CHECK bool bounce_read_account(struct slice text, struct arena *arena, struct bounce *b);

#endif
