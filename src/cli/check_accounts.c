/* Whether who judges logins can be asked. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "auth/dovecot_auth.h"
#include "cli/check_look.h"
#include "net/address.h"
#include "system/heap.h"

enum { WAIT_S = 3 };

/* Reads on until Dovecot has said what it can; NULL, or what is wrong. */
static const char *hear(int fd, struct dovecot_auth *d, struct buf *why)
{
    char bytes[1024];
    struct dovecot_event e = {.kind = DOVECOT_NOTHING};
    for (ssize_t got; (got = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
        for (struct slice in = slice_of(bytes, (size_t)got); in.len;) {
            in = slice_from(in, dovecot_auth_take(d, in, &e));
            if (e.kind == DOVECOT_READY)
                return NULL;
            if (e.kind == DOVECOT_BROKEN) {
                buf_add(why, e.text);
                return why->at;
            }
        }
    return "it does not say which logins it knows";
}

static const char *ask(int fd, const struct net_address *a, struct dovecot_auth *d, struct buf *why)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    char greeting[64];
    struct buf out;
    buf_init_fixed(&out, greeting, sizeof(greeting));
    dovecot_auth_greet(&out, (uint32_t)getpid());
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        connect(fd, (const struct sockaddr *)&a->storage, a->len) != 0 ||
        send(fd, out.at, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
        return strerror(errno);
    return hear(fd, d, why);
}

static void check_dovecot(struct looking *l, struct slice path)
{
    struct net_address a;
    struct dovecot_auth d;
    char words[256] = "";
    struct buf why;
    buf_init_fixed(&why, words, sizeof(words) - 1);
    dovecot_auth_init(&d, &heap);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *wrong =
        net_address_from_path(&a, path) ? ask(fd, &a, &d, &why) : "the path is too long";
    if (wrong)
        looking_warn(l,
                     "login: dovecot = %.*s can't be asked: %s; until it can, logins are answered "
                     "454 4.7.0: start Dovecot, and let its `service auth` have a unix_listener "
                     "there that the server's user may write to",
                     SLICE_ARG(path), wrong);
    else if (d.mechanisms == 0)
        looking_warn(l,
                     "login: dovecot = %.*s offers no way to log in that can be passed on; right "
                     "is, for example, auth_mechanisms = plain login in Dovecot's configuration",
                     SLICE_ARG(path));
    if (fd >= 0)
        close(fd);
    dovecot_auth_free(&d);
}

void check_accounts(struct looking *l)
{
    if (l->config->login.dovecot.len)
        check_dovecot(l, l->config->login.dovecot);
}
