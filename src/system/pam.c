#include "system/pam.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    QUESTION_MAX = 2048, /* name, password and client, each with its NUL */
    NAME_MOST = 255,
    PASSWORD_MOST = 511, /* PAM_MAX_RESP_SIZE, with its NUL */
    OWN_FD = 3,          /* in the helper, the one that is left */
    PATIENCE_S = 30      /* of a child with its modules */
};

struct pam_helper {
    int fd;
    pid_t process;
};

/* ---- in the helper ---- */

/* Takes `len` bytes up to the next NUL off the front; NULL: there is none. */
static const char *take(const char **at, const char *end)
{
    const char *text = *at, *nul = memchr(text, '\0', (size_t)(end - text));
    if (nul)
        *at = nul + 1;
    return nul ? text : NULL;
}

/* One login, in a process of its own: whatever a module does, nothing of it stays. */
static void answer(const char *service, int fd, const char *question, size_t len)
{
    const char *at = question, *end = question + len;
    const char *name = take(&at, end), *password = name ? take(&at, end) : NULL;
    const char *client = password ? take(&at, end) : NULL;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    alarm(PATIENCE_S);
    char verdict = (char)(client ? pam_modules_ask(service, name, password, client) : PAM_IS_AWAY);
    (void)!write(fd, &verdict, 1);
    _exit(0);
}

/* The descriptor that came along; -1: none. */
static int passed(struct msghdr *m)
{
    int fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(fd)))
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* Until the server is gone. */
static void help(const char *service, int fd)
{
    char question[QUESTION_MAX];
    for (;;) {
        union control control;
        struct iovec part = {question, sizeof(question)};
        struct msghdr m = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof(control)};
        ssize_t got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(0);
        int reply = passed(&m);
        pid_t child = reply >= 0 ? fork() : -1;
        if (child == 0) {
            close(fd);
            answer(service, reply, question, (size_t)got);
        }
        if (reply >= 0)
            close(reply); /* without a child the server sees its end at once */
        explicit_bzero(question, sizeof(question));
    }
}

/* It ends when the server does, however that ends, and not before. */
static void become_helper(const char *service, int fd)
{
    (void)prctl(PR_SET_NAME, "candor-pam", 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    /* none of the server's sockets: they would go on listening with nobody there */
    if (dup2(fd, OWN_FD) == OWN_FD && close_range(OWN_FD + 1, ~0U, 0) == 0)
        help(service, OWN_FD);
    _exit(1);
}

struct pam_helper *pam_helper_start(const char *service, const char **why_r)
{
    int ends[2];
    struct pam_helper *h = calloc(1, sizeof(*h));
    if (!h || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        *why_r = strerror(h ? errno : ENOMEM);
        free(h);
        return NULL;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_helper(service, ends[1]);
    }
    int error = errno;
    close(ends[1]);
    *h = (struct pam_helper){ends[0], child};
    if (child > 0)
        return h;
    *why_r = strerror(error);
    pam_helper_stop(h);
    return NULL;
}

void pam_helper_stop(struct pam_helper *h)
{
    if (!h)
        return;
    close(h->fd);
    if (h->process > 0)
        (void)waitpid(h->process, NULL,
                      0); /* the system does it where the sandbox does not let us */
    free(h);
}

/* ---- in the server ---- */

static bool send_question(int to, const char *question, size_t len, int reply)
{
    union control control = {0};
    struct iovec part = {(void *)(uintptr_t)question, len};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(reply));
    memcpy(CMSG_DATA(c), &reply, sizeof(reply));
    return sendmsg(to, &m, MSG_NOSIGNAL) == (ssize_t)len;
}

static enum pam_verdict await(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char verdict = PAM_IS_AWAY;
    if (poll(&p, 1, PAM_WAIT_MS) != 1 || read(fd, &verdict, 1) != 1)
        return PAM_IS_AWAY;
    return verdict == PAM_SAYS_RIGHT   ? PAM_SAYS_RIGHT
           : verdict == PAM_SAYS_WRONG ? PAM_SAYS_WRONG
                                       : PAM_IS_AWAY;
}

/* Each with its NUL, behind each other; 0: one of them is longer than any module would take. */
static size_t put_together(const char *name, const char *password, const char *client,
                           char question[QUESTION_MAX])
{
    size_t len = 0;
    const char *const parts[] = {name, password, client};
    const size_t most[] = {NAME_MOST, PASSWORD_MOST, NAME_MOST};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(parts[i]);
        if (size > most[i])
            return 0;
        memcpy(question + len, parts[i], size + 1);
        len += size + 1;
    }
    return len;
}

enum pam_verdict pam_helper_ask(const struct pam_helper *h, const char *name, const char *password,
                                const char *client)
{
    char question[QUESTION_MAX];
    int ends[2];
    size_t len = put_together(name, password, client, question);
    if (len == 0)
        return PAM_SAYS_WRONG;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return PAM_IS_AWAY;
    bool is_asked = send_question(h->fd, question, len, ends[1]);
    explicit_bzero(question, sizeof(question));
    close(ends[1]);
    enum pam_verdict verdict = is_asked ? await(ends[0]) : PAM_IS_AWAY;
    close(ends[0]);
    return verdict;
}
