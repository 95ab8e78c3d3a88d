/* Reports on encryption (RFC 8460): what became of the connections to a domain's servers, told to
 * who the domain says. No I/O. */
#ifndef CANDOR_MAIL_TLS_REPORT_H
#define CANDOR_MAIL_TLS_REPORT_H

#include "base/buf.h"

/* RFC 8460 4.3. GOOD is no failure. */
#define TLS_RESULTS(X)                                                                             \
    X(GOOD, "")                                                                                    \
    X(NO_STARTTLS, "starttls-not-supported")                                                       \
    X(HOST_MISMATCH, "certificate-host-mismatch")                                                  \
    X(EXPIRED, "certificate-expired")                                                              \
    X(NOT_TRUSTED, "certificate-not-trusted")                                                      \
    X(INVALID, "validation-failure")
enum tls_report_result {
#define X(id, name) TLS_RESULT_##id,
    TLS_RESULTS(X)
#undef X
};

/* Whose rule a connection had to keep to. */
enum tls_policy_type { TLS_POLICY_NONE, TLS_POLICY_TLSA, TLS_POLICY_STS, TLS_POLICY_TYPES };

enum { TLS_REPORT_FAILURES = 8, TLS_REPORT_HOST_MAX = 255 };

struct tls_report_failure {
    enum tls_report_result result;
    uint64_t count;
    size_t host_len;
    char host[TLS_REPORT_HOST_MAX];
};

struct tls_report_policy {
    uint64_t good, bad;
    size_t count; /* of failures; further ones are only in `bad` */
    struct tls_report_failure failures[TLS_REPORT_FAILURES];
};

struct tls_report {
    struct slice hostname;                    /* ours */
    struct slice domain;                      /* whom it is about */
    struct slice id;                          /* unique; letters, digits, dots */
    int64_t begin, end;                       /* ms since 1970 */
    const struct tls_report_policy *policies; /* TLS_POLICY_TYPES of them */
};

/* Counts one connection. */
void tls_report_note(struct tls_report_policy *p, enum tls_report_result result, struct slice host);
/* The report in JSON (RFC 8460 4). */
void tls_report_write_json(struct buf *out, const struct tls_report *r);
/* The mail that carries it (RFC 8460 5.3); `to` is its recipient. `unique` parts it. */
void tls_report_write_mail(struct buf *out, const struct tls_report *r, struct slice to,
                           const struct mem *mem);

/* Takes the next mail address off the front of a record's text (RFC 8460 3); begin with *rest_r as
 * the whole text. False: there is none left, or it is no such record. */
MUST_CHECK bool tls_report_next_address(struct slice *rest_r, struct slice *address_r);

#endif
