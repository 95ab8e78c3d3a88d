/* TLSA records (RFC 6698 2.1): which certificate a server has to show, as mail uses them (RFC
 * 7672).
 */
#ifndef CANDOR_DNS_TLSA_H
#define CANDOR_DNS_TLSA_H

#include "base/buf.h"

/* RFC 7672 3.1: the only usages that mean anything for mail. */
enum tlsa_usage { TLSA_AUTHORITY = 2, TLSA_SERVER = 3 };

struct tlsa {
    uint8_t usage;     /* enum tlsa_usage */
    uint8_t selector;  /* 0: the whole certificate; 1: its public key */
    uint8_t matching;  /* 0: as it is; 1: SHA-256; 2: SHA-512 */
    struct slice data; /* a view of the record */
};

/* False: not a record that can be used, which is no reason to forget that there is one (RFC 7672
 * 2.2). */
MUST_CHECK bool tlsa_read(struct slice record, struct tlsa *t_r);
/* `_25._tcp.mx.example.org`, where they are asked for (RFC 6698 3). */
void tlsa_write_name(struct buf *out, struct slice host, uint16_t port);

#endif
