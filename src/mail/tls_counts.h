/* How connections to a domain's servers were secured, as it is kept over a restart until the report
 * on it is sent (RFC 8460). No I/O. */
#ifndef CANDOR_MAIL_TLS_COUNTS_H
#define CANDOR_MAIL_TLS_COUNTS_H

#include "base/wire.h"
#include "mail/address.h"
#include "mail/tls_report.h"

struct tls_counts {
    char name[ADDRESS_DOMAIN_MAX];
    size_t len;
    uint64_t number; /* of its report: no other one of that time has it */
    int64_t begin;   /* ms since 1970 */
    int64_t end;     /* 0: they are being counted */
    struct tls_report_policy policies[TLS_POLICY_TYPES];
};

struct tls_counts_head {
    int64_t begin;   /* of what is being counted */
    uint64_t number; /* the last one given */
};

/* A file: begin, any number of add, end. */
void tls_counts_begin(struct buf *out, const struct tls_counts_head *head);
void tls_counts_add(struct buf *out, const struct tls_counts *c);
void tls_counts_end(struct buf *out);

/* False: the file is damaged. */
MUST_CHECK bool tls_counts_open(struct slice file, struct wire *w_r,
                                struct tls_counts_head *head_r);
/* False at the end, or (w->bad) where it is no such file after all. */
MUST_CHECK bool tls_counts_next(struct wire *w, struct tls_counts *c_r);

#endif
