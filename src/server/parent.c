/* The parent: started as root, it keeps the ports and root's rights, and does as little as it can.
 * What others send is read by the mail process alone, a user without rights in a sandbox. */
#include "server/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "server/ports.h"
#include "server/server.h"
#include "system/clock.h"
#include "system/heap.h"
#include "system/privileges.h"
#include "system/service.h"

enum {
    PAUSE_AGENT = 1000,
    PAUSE_FIRST = 200,
    PAUSE_MOST = 30 * 1000,
    RAN_LONG = 60 * 1000,
    WHY_MAX = 8192
};

static volatile sig_atomic_t is_told_to_stop, is_told_to_reload, is_told_to_upgrade;

static void on_signal(int number)
{
    if (number == SIGHUP)
        is_told_to_reload = 1;
    else if (number == SIGUSR2)
        is_told_to_upgrade = 1;
    else if (number != SIGCHLD)
        is_told_to_stop = 1;
}

/* They come in while we wait, and only then. `open_r`: the mask to wait with. */
static void catch_signals(sigset_t *open_r)
{
    static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD};
    const struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    sigemptyset(&blocked);
    pthread_sigmask(SIG_SETMASK, NULL, open_r);
    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
        sigaddset(&blocked, caught[i]);
        sigdelset(open_r, caught[i]);
        sigaction(caught[i], &action, NULL);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

/* ---- the mail process ---- */

_Noreturn void parent_become(const char *program, const char *const *arguments)
{
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    execv(program, (char *const *)(uintptr_t)arguments);
    _exit(EX_OSERR);
}

/* A new program by exec, and no mere copy of us: it finds its memory at addresses of its own, so
 * that a crash tells nothing about the next one's, and none of what we hold. */
static _Noreturn void become_mail(const struct parent *p, int channel, pid_t parent)
{
    const char *const arguments[] = {"candor", "serve", "-c", p->file, NULL};
    struct handover gives = p->holds;
    gives.role = HANDOVER_MAIL;
    gives.orders = 0;
    gives.parent = parent;
    gives.channel = channel;
    unsetenv("NOTIFY_SOCKET"); /* the manager hears us */
    unsetenv("WATCHDOG_PID");
    if (!handover_leave(&gives))
        _exit(EX_OSERR);
    /* the same that we are, also when another lies at its place by now */
    parent_become("/proc/self/exe", arguments);
}

/* ---- the mailbox agent ---- */

/* Both ends of the way to it stay open here: a new one goes on where the old one died, and orders
 * wait meanwhile. */
static bool open_orders(struct parent *p)
{
    int ends[2];
    if (p->holds.orders)
        return true;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    p->holds.orders = ends[0];
    p->holds.mailboxes = ends[1];
    return true;
}

static _Noreturn void become_mailboxes(const struct parent *p, pid_t parent)
{
    const char *const arguments[] = {"candor", "serve", "-c", p->file, NULL};
    const struct handover gives = {
        .role = HANDOVER_MAILBOXES, .parent = parent, .channel = -1, .orders = p->holds.orders};
    if (!handover_leave(&gives))
        _exit(EX_OSERR);
    parent_become("/proc/self/exe", arguments);
}

static void start_mailboxes(struct parent *p)
{
    pid_t parent = getpid();
    p->mailboxes_at = 0;
    if (!p->has_mailboxes)
        return;
    p->mailboxes = open_orders(p) ? fork() : -1;
    if (p->mailboxes == 0)
        become_mailboxes(p, parent);
    if (p->mailboxes > 0)
        return;
    LOG(p->log, LOG_LEVEL_ERROR, "mailbox-agent-not-started",
        {"reason", slice_str(strerror(errno))});
    p->mailboxes = 0;
    p->mailboxes_at = clock_monotonic_ms() + PAUSE_AGENT;
}

static void on_mailboxes_end(struct parent *p)
{
    p->mailboxes = 0;
    if (p->is_stopping)
        return;
    LOG(p->log, LOG_LEVEL_ERROR, "mailbox-agent-ended", {"again_in", SLICE("1 s")});
    p->mailboxes_at = clock_monotonic_ms() + PAUSE_AGENT;
}

/* ---- the mail process, again ---- */

static void close_channel(struct parent *p)
{
    if (p->holds.channel >= 0)
        close(p->holds.channel);
    p->holds.channel = -1;
}

static bool start_mail(struct parent *p)
{
    int ends[2];
    pid_t parent = getpid();
    p->start_again_at = 0;
    p->started_at = clock_monotonic_ms();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    p->mail = fork();
    if (p->mail == 0)
        become_mail(p, ends[1], parent);
    close(ends[1]);
    p->holds.channel = ends[0];
    if (p->mail > 0)
        return true;
    p->mail = 0;
    close_channel(p);
    return false;
}

static void start_later(struct parent *p)
{
    p->pause = p->pause ? p->pause * 2 : PAUSE_FIRST;
    if (clock_monotonic_ms() - p->started_at > RAN_LONG)
        p->pause = PAUSE_FIRST;
    if (p->pause > PAUSE_MOST)
        p->pause = PAUSE_MOST;
    p->start_again_at = clock_monotonic_ms() + p->pause;
}

static void start_now(struct parent *p)
{
    if (start_mail(p))
        return;
    LOG(p->log, LOG_LEVEL_ERROR, "mail-process-not-started",
        {"reason", slice_str(strerror(errno))});
    start_later(p);
}

static void say_how_it_ended(const struct parent *p, int status)
{
    char storage[80], again[24];
    struct buf how, wait;
    buf_init_fixed(&how, storage, sizeof(storage));
    buf_init_fixed(&wait, again, sizeof(again));
    if (WIFSIGNALED(status))
        buf_addf(&how, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        buf_addf(&how, "status %d", WEXITSTATUS(status));
    buf_addf(&wait, "%lld ms", (long long)p->pause);
    LOG(p->log, LOG_LEVEL_ERROR, "mail-process-ended", {"how", buf_slice(&how)},
        {"again_in", buf_slice(&wait)});
}

/* It has ended, as waitpid() tells by `status`. */
static void on_end(struct parent *p, int status)
{
    p->mail = 0;
    while (p->holds.channel >= 0 && parent_answer(p))
        ; /* its last words */
    close_channel(p);
    p->is_ready = false;
    p->status = WIFEXITED(status)                               ? WEXITSTATUS(status)
                : p->is_stopping && WTERMSIG(status) == SIGTERM ? EX_OK /* it had not begun */
                                                                : EX_SOFTWARE;
    /* also after `shutdown` over the control socket, which nobody told us of */
    bool is_asked = p->is_stopping || (p->status == EX_OK && !p->is_replacing);
    if (is_asked || !p->was_ready) {
        p->is_over = true;
    } else if (p->is_replacing) {
        p->is_replacing = false;
        start_now(p);
    } else {
        start_later(p);
        say_how_it_ended(p, status);
    }
}

static void reap(struct parent *p)
{
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == p->mail)
            on_end(p, status);
        else if (ended == p->mailboxes) /* and not one of the program before us */
            on_mailboxes_end(p);
    }
}

/* ---- the loop ---- */

static void stop(struct parent *p)
{
    p->is_stopping = true;
    p->start_again_at = 0;
    if (p->mail) {
        (void)kill(p->mail, SIGTERM);
        return;
    }
    p->is_over = true;
    p->status = EX_OK;
}

static void upgrade(struct parent *p)
{
    char storage[WHY_MAX];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    if (parent_can_upgrade(p, &why))
        parent_upgrade(p);
    else
        parent_refuse_upgrade(p, &why);
}

static void obey(struct parent *p)
{
    if (is_told_to_stop && !p->is_stopping)
        stop(p);
    /* one that is being started knows no signal yet */
    if (is_told_to_reload && p->is_ready) {
        is_told_to_reload = 0;
        (void)kill(p->mail, SIGHUP);
    }
    if (is_told_to_upgrade && !p->is_stopping)
        upgrade(p);
    is_told_to_upgrade = 0;
}

/* While no mail process can say that it lives we do: it is being started. */
static void keep_time(struct parent *p)
{
    int64_t now = clock_monotonic_ms();
    if (p->start_again_at && now >= p->start_again_at)
        start_now(p);
    if (p->mailboxes_at && now >= p->mailboxes_at)
        start_mailboxes(p);
    if (p->alive_every && !p->is_ready && now >= p->alive_at) {
        service_tell(SERVICE_ALIVE);
        p->alive_at = now + p->alive_every;
    }
}

/* How long to wait; NULL: for whatever comes. */
static const struct timespec *time_left(const struct parent *p, struct timespec *left_r)
{
    int64_t until = p->start_again_at, now = clock_monotonic_ms();
    if (p->alive_every && !p->is_ready && (!until || p->alive_at < until))
        until = p->alive_at;
    if (p->mailboxes_at && (!until || p->mailboxes_at < until))
        until = p->mailboxes_at;
    int64_t left = until > now ? until - now : 0;
    *left_r = (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    return until ? left_r : NULL;
}

static void loop(struct parent *p, const sigset_t *open)
{
    while (!p->is_over) {
        struct timespec left;
        struct pollfd channel = {.fd = p->holds.channel, .events = POLLIN};
        if (ppoll(&channel, 1, time_left(p, &left), open) > 0 && !parent_answer(p))
            close_channel(p); /* its end is told by a signal */
        reap(p);
        obey(p);
        keep_time(p);
    }
}

/* ---- start ---- */

static bool find_program(struct parent *p, struct buf *why)
{
    static const struct slice gone = SLICE_INIT(" (deleted)");
    ssize_t len = readlink("/proc/self/exe", p->program, sizeof(p->program) - 1);
    if (len <= 0) {
        buf_addf(why, "/proc/self/exe can't be read: %s; the server needs /proc\n",
                 strerror(errno));
        return false;
    }
    struct slice path = slice_of(p->program, (size_t)len);
    if (slice_iends(path, gone)) /* a new one lies there by now */
        path.len -= gone.len;
    p->program[path.len] = '\0';
    return true;
}

/* Ours: a parent that was there before goes on, and lets its mail process come to its end. */
static void begin(struct parent *p, const struct handover *given)
{
    p->alive_every = service_watchdog() / 2;
    p->holds.orders = given->orders;
    p->holds.mailboxes = given->mailboxes;
    start_mailboxes(p);
    if (given->role == HANDOVER_PARENT) {
        p->was_ready = true;
        LOG(p->log, LOG_LEVEL_INFO, "upgrading", {"program", slice_str(p->program)});
    }
    if (given->role == HANDOVER_PARENT && given->mail) {
        p->mail = given->mail;
        p->holds.channel = given->channel;
        p->is_replacing = true;
        (void)kill(p->mail, SIGUSR2);
    } else {
        start_now(p);
    }
}

static bool has_owners(const struct config *c)
{
    for (size_t i = 0; i < c->domain_count; i++)
        if (c->domains[i].write_as == CONFIG_WRITE_AS_OWNER)
            return true;
    return false;
}

bool parent_is_wanted(const struct config *config, const struct handover *handover)
{
    return handover->role == HANDOVER_PARENT ||
           (handover->role == HANDOVER_FIRST && privileges_is_root() && config->user.len > 0);
}

int parent_run(const char *file, const struct config *config, const struct log *log,
               struct handover *handover, struct buf *why)
{
    struct parent p = {.file = file, .log = log, .holds.channel = -1, .status = EX_UNAVAILABLE};
    const char *what = NULL;
    sigset_t open;
    catch_signals(&open);
    if (!privileges_harden(&what))
        buf_addf(why, "the process can't be hardened: %s\n", what);
    else if (find_program(&p, why) && ports_open(config, handover, &p.holds, why)) {
        handover_free(handover);
        p.has_mailboxes = has_owners(config);
        begin(&p, handover);
        loop(&p, &open);
        if (p.mailboxes > 0)
            (void)kill(p.mailboxes, SIGTERM);
    }
    handover_free(&p.holds);
    return p.status;
}
