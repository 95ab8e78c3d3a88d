/* Dates as mail and logs write them. Times are unix ms; a zone is minutes east of UTC. */
#ifndef CANDOR_MAIL_DATE_H
#define CANDOR_MAIL_DATE_H

#include "base/buf.h"
#include "base/err.h"

/* Zones up to a day, as far as `+hhmm` goes. */
enum { DATE_ZONE_MAX = 24 * 60 - 1 };

/* `Mon, 23 Nov 2026 20:15:00 +0100` (RFC 5322 3.3). Times outside of the years 1 to 9999 are
 * written as the nearest one inside. */
void date_write_5322(struct buf *out, int64_t unix_ms, int zone);
/* `2026-11-23T20:15:00.123+01:00`, `Z` for zone 0 (RFC 3339 5.6). */
void date_write_3339(struct buf *out, int64_t unix_ms, int zone);

/* Takes what RFC 5322 3.3 and 4.3 allow: comments, no day of the week, no seconds, years of two or
 * three digits, named zones. zone_r may be NULL; a zone that says nothing (`-0000`, single letters)
 * is read as UTC. */
MUST_CHECK bool date_parse(struct slice in, int64_t *unix_ms_r, int *zone_r, struct err *err_r);

/* As it is written above; the fraction may be left out or longer (RFC 3339 5.6). */
MUST_CHECK bool date_parse_3339(struct slice in, int64_t *unix_ms_r);

#endif
