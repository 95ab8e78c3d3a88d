/* What a certificate says of itself, for whoever checks a configuration or looks at a server. */
#ifndef CANDOR_NET_TLS_LOOK_H
#define CANDOR_NET_TLS_LOOK_H

#include "net/tls.h"

struct tls_looked {
    int64_t begins; /* unix s */
    int64_t ends;
    bool fits; /* the host's name is one of its names */
};

/* Of the first certificate of a PEM file. False: none can be read from it. */
bool tls_look(const char *file, const char *hostname, struct tls_looked *looked_r);

/* The certificate that the other side has shown. */
struct tls_shown {
    struct buf *subject, *issuer, *hosts; /* to be written into */
    int64_t begins, ends;                 /* unix s */
};
/* False: there is none. */
bool tls_look_at_peer(const struct tls *t, struct tls_shown *shown);
/* The record that proved it; false: none did. */
bool tls_find_record(const struct tls *t, struct tlsa *record_r);

#endif
