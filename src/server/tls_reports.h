/* Counts how connections were secured, and tells the domains that ask for it (TLS-RPT, RFC 8460).
 * On the scheduler's thread. What was counted is kept in the spool's folder, and written there
 * within five seconds: a crash forgets no more than those. A report whose sending a crash cut off
 * is sent again with the same id. */
#ifndef CANDOR_SERVER_TLS_REPORTS_H
#define CANDOR_SERVER_TLS_REPORTS_H

#include "base/hash.h"
#include "deliver/delivery.h"

struct scheduler;
struct tls_reports;

/* A report every `interval` ms; goes on with what was counted before a restart. NULL without
 * memory, or where the spool's path is too long. */
struct tls_reports *tls_reports_new(struct scheduler *s, int64_t interval, struct hash_key key);
/* NULL is let pass, here and below. */
void tls_reports_free(struct tls_reports *r);
/* The sessions of an attempt at a domain's exchangers. */
void tls_reports_note(struct tls_reports *r, struct slice domain, const struct delivery *d);
/* Sends no more. */
void tls_reports_stop(struct tls_reports *r);

#endif
