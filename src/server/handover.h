/* What one process of the server leaves to the next: sockets that listen, the channel between
 * parent and mail process, who is who. It goes through exec in the environment. */
#ifndef CANDOR_SERVER_HANDOVER_H
#define CANDOR_SERVER_HANDOVER_H

#include "base/buf.h"

struct net_address;

enum handover_role {
    HANDOVER_FIRST,     /* started by a person or a service manager */
    HANDOVER_MAIL,      /* by a parent: to do the work */
    HANDOVER_MAILBOXES, /* by a parent: to write Maildirs as their owners */
    HANDOVER_PARENT     /* the same process was a parent before, with another program */
};

struct handover {
    enum handover_role role;
    int parent;    /* of MAIL and MAILBOXES: its number */
    int mail;      /* of PARENT: the process that is to be replaced; 0: there is none */
    int channel;   /* to the other one; -1: none */
    int orders;    /* where the mailbox agent gets its orders; 0: none */
    int mailboxes; /* the other end, for the mail process; 0: none */
    int *sockets;  /* -1: taken */
    size_t count;
};

/* Reads what the environment has, and removes it there. False with `why`: it is not what a server
 * left. */
MUST_CHECK bool handover_receive(struct handover *h_r, struct buf *why);
/* Puts it there, for the program that this process becomes next; its descriptors stay open then.
 * False without memory. */
MUST_CHECK bool handover_leave(const struct handover *h);
/* After that program could not be started. */
void handover_keep(const struct handover *h);
/* The caller's from now on; -1: there is none for this address. */
int handover_take(struct handover *h, const struct net_address *a);
/* Closes the sockets that nobody took. */
void handover_free(struct handover *h);

#endif
