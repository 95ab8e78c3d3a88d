/* What a certificate in a file says of itself, for whoever checks a configuration. */
#ifndef CANDOR_NET_TLS_LOOK_H
#define CANDOR_NET_TLS_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct tls_looked {
    int64_t begins; /* unix s */
    int64_t ends;
    bool fits; /* the host's name is one of its names */
};

/* Of the first certificate of a PEM file. False: none can be read from it. */
bool tls_look(const char *file, const char *hostname, struct tls_looked *looked_r);

#endif
