/* What the files of the bounce reader share. */
#ifndef CANDOR_MAIL_BOUNCE_INSIDE_H
#define CANDOR_MAIL_BOUNCE_INSIDE_H

#include "base/slice.h"

/* The software that wrote the report, by the marks it leaves in the header of its mail and in the
 * part for programs; static text, or empty. */
struct slice bounce_reporter(struct slice message, struct slice status);

#endif
