/* Asks for the names of a client's address, and whether one of them leads back to it (RFC 8601
 * 2.7.3). */
#ifndef CANDOR_RECEIVE_REVERSE_CHECK_H
#define CANDOR_RECEIVE_REVERSE_CHECK_H

#include "base/ip.h"
#include "dns/record.h"

struct loop;
struct resolver;

enum reverse {
    REVERSE_UNKNOWN,     /* not all answers are in, or the DNS failed */
    REVERSE_CONFIRMED,   /* a name leads back */
    REVERSE_ABSENT,      /* there is no name */
    REVERSE_UNCONFIRMED, /* there are names, none of which leads back */
};

struct reverse_check {
    struct resolver *resolver;
    struct loop *loop;
    struct ip client;
    size_t pending; /* questions about names */
    bool has_failed;
    enum reverse verdict;
    char name[256]; /* the first of them */
    void (*done)(void *ctx);
    void *ctx;
};

/* `done` is called once, before this returns only when memory ends. */
void reverse_check_begin(struct reverse_check *r);

#endif
