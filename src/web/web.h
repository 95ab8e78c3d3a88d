/* The page that explains replies, and its API, over HTTP on a loop of the server's. Only GET and
 * HEAD, nobody logs in, so nothing is offered but what anyone may know. */
#ifndef CANDOR_WEB_WEB_H
#define CANDOR_WEB_WEB_H

#include "base/ip.h"
#include "control/control.h"

struct event_base;
struct web;

/* Listens and serves on the thread that runs `base`. `backend` and `mem` must outlive it. NULL with
 * `why` (static text, or strerror's) when the address can't be had. */
struct web *web_start(struct event_base *base, struct endpoint address,
                      const struct control_backend *backend, const struct mem *mem,
                      const char **why);
/* The port it listens on, which is the one that was asked for, or the kernel's choice for port 0.
 */
uint16_t web_port(const struct web *w);
/* Closes all connections. On the loop's thread, or when it does not run. Nulls the caller's
 * pointer. */
void web_stop(struct web **w);

/* Whether a Host header names this machine by address or as localhost. A page of a stranger whose
 * name leads here (DNS rebinding) would send that name. */
bool web_host_is_ours(struct slice host);

#endif
