/* What a mailbox may hold, by the rules of Maildir++, so that IMAP servers count the same. Blocks:
 * for workers' threads. */
#ifndef CANDOR_DELIVER_MAILDIR_QUOTA_H
#define CANDOR_DELIVER_MAILDIR_QUOTA_H

#include "mail/maildirsize.h"

/* `most`: bytes that the configuration allows; 0: what the mailbox's own file says, if there is
 * one. *size_r: what holds of it then. */
void maildir_quota_count(const char *maildir, uint64_t most, struct maildirsize *size_r);
bool maildir_quota_fits(const struct maildirsize *size, uint64_t bytes);
/* A message was delivered. */
void maildir_quota_add(const char *maildir, uint64_t bytes);

#endif
