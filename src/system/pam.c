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

#include "system/clock.h"
#include "system/pass.h"

enum {
    QUESTION_MAX = 2048, /* name, password and client, each with its NUL */
    NAME_MOST = 255,
    PASSWORD_MOST = 511, /* PAM_MAX_RESP_SIZE, with its NUL */
    OWN_FD = 3,          /* in the helper, the one that is left */
    PATIENCE_S = 30,     /* of a child with its modules */
    PAUSE_FIRST = 200,   /* ms until a helper that ended is started anew; twice that next time */
    PAUSE_MOST = 30 * 1000,
    RAN_LONG = 60 * 1000 /* ms after which the first pause is enough again */
};

struct pam_helper {
    int fd;
    pid_t process;
};

/* ---- in the helper ---- */

bool pam_question_read(struct slice text, struct pam_question *q_r)
{
    const char **const parts[] = {&q_r->name, &q_r->password, &q_r->client};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t nul = slice_find(text, '\0', 0);
        if (nul == SLICE_NONE)
            return false;
        *parts[i] = text.at;
        text = slice_from(text, nul + 1);
    }
    return text.len == 0;
}

/* One login, in a process of its own: whatever a module does, nothing of it stays. */
static void answer(const char *service, int fd, struct slice question)
{
    struct pam_question q;
    bool is_right = pam_question_read(question, &q);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    alarm(PATIENCE_S);
    char verdict =
        (char)(is_right ? pam_modules_ask(service, q.name, q.password, q.client) : PAM_IS_AWAY);
    (void)!write(fd, &verdict, 1);
    _exit(0);
}

/* Until the server is gone. */
static _Noreturn void help(const char *service, int fd)
{
    char question[QUESTION_MAX];
    int reply;
    (void)prctl(PR_SET_NAME, "candor-pam-ask", 0, 0, 0);
    (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    for (long got; (got = pass_receive_one(fd, question, sizeof(question), &reply, 0)) > 0;) {
        pid_t child = reply >= 0 ? fork() : -1;
        if (child == 0) {
            close(fd);
            answer(service, reply, slice_of(question, (size_t)got));
        }
        if (reply >= 0)
            close(reply); /* without a child the server sees its end at once */
        explicit_bzero(question, sizeof(question));
    }
    _exit(0);
}

/* What is asked meanwhile is answered, so that nobody waits for nothing. */
static void put_off(int fd, int64_t until)
{
    const char verdict = PAM_IS_RESTARTING;
    char question[QUESTION_MAX];
    for (int64_t left; (left = until - clock_monotonic_ms()) > 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int reply;
        if (poll(&p, 1, (int)left) != 1)
            continue;
        if (pass_receive_one(fd, question, sizeof(question), &reply, 0) <= 0)
            _exit(0);
        explicit_bzero(question, sizeof(question));
        if (reply >= 0) {
            (void)!write(reply, &verdict, 1);
            close(reply);
        }
    }
}

/* Whether it ended since the server did. */
static bool is_done(pid_t child)
{
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static _Noreturn void keep_helping(const char *service, int fd)
{
    for (int64_t pause = PAUSE_FIRST;; pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST) {
        int64_t began = clock_monotonic_ms();
        pid_t child = fork();
        if (child == 0)
            help(service, fd);
        if (is_done(child))
            _exit(0);
        if (clock_monotonic_ms() - began >= RAN_LONG)
            pause = PAUSE_FIRST;
        put_off(fd, clock_monotonic_ms() + pause);
    }
}

/* It ends when the server does, however that ends, and not before. */
static _Noreturn void become_helper(const char *service, int fd)
{
    (void)prctl(PR_SET_NAME, "candor-pam", 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    /* none of the server's sockets: they would go on listening with nobody there */
    if (dup2(fd, OWN_FD) == OWN_FD && close_range(OWN_FD + 1, ~0U, 0) == 0)
        keep_helping(service, OWN_FD);
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

static enum pam_verdict await(int fd)
{
    static const char known[] = {PAM_SAYS_RIGHT,    PAM_SAYS_WRONG,    PAM_SAYS_EXPIRED,
                                 PAM_SAYS_DISABLED, PAM_IS_RESTARTING, '\0'};
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char verdict = PAM_IS_AWAY;
    if (poll(&p, 1, PAM_WAIT_MS) != 1 || read(fd, &verdict, 1) != 1)
        return PAM_IS_AWAY;
    return strchr(known, verdict) ? (enum pam_verdict)verdict : PAM_IS_AWAY;
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
    bool is_asked = pass_send(h->fd, slice_of(question, len), &ends[1], 1, 0);
    explicit_bzero(question, sizeof(question));
    close(ends[1]);
    enum pam_verdict verdict = is_asked ? await(ends[0]) : PAM_IS_AWAY;
    close(ends[0]);
    return verdict;
}
