#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "deliver/outgoing.h"
#include "net/tls.h"
#include "server/handover.h"
#include "server/inside.h"
#include "server/own_rules.h"
#include "server/ports.h"
#include "spool/log/log.h"
#include "system/clock.h"
#include "system/heap.h"
#include "system/keeper.h"
#include "system/pam.h"
#include "system/privileges.h"
#include "system/service.h"
#include "web/web.h"

/* Threads that write into Maildirs: each waits for the disk most of the time. */
enum { LOGIN_WORKERS = 2, PAM_LOGINS = 16, WORKERS = 8, FILES_WANTED = 100000 };
enum { REFUSALS_BYTES = 16 * 1024 * 1024 }; /* of what was refused and why, for who asks */

static struct hash_key random_key(void)
{
    struct hash_key key = {0};
    if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
        key = (struct hash_key){(uint64_t)clock_unix_ms(), (uint64_t)getpid()};
    return key;
}

static void on_spool_damage(void *ctx, const struct spool_damaged *damage)
{
    struct server *s = ctx;
    char digits[24];
    struct buf at;
    buf_init_fixed(&at, digits, sizeof(digits));
    buf_add_u64(&at, damage->offset);
    LOG(s->log, LOG_LEVEL_ERROR, "spool-damaged", {"file", slice_str(damage->file)},
        {"offset", buf_slice(&at)}, {"what", slice_str(damage->what)});
}

static bool open_spool(struct server *s)
{
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(s->config->spool.path);
    o.reserve = s->config->spool.reserve;
    o.damage = on_spool_damage;
    o.damage_ctx = s;
    if (spool_log_open(&o, &heap, &s->spool, &err) == ERR_OK)
        return true;
    buf_addf(s->why, "the spool %.*s can't be opened: %s\n", SLICE_ARG(s->config->spool.path),
             err.what ? err.what : err_text(err.code));
    return false;
}

static void set_options(struct server *s)
{
    s->agent_options = smtp_agent_default_options(s->config->hostname);
    s->agent_options.messages_max = (uint32_t)s->config->queue.messages_per_connection;
    s->agent_options.rules = s->rules;
    s->agent_options.tls = s->tls_out;
    s->agent_options.connect_timeout = s->config->queue.connect_timeout;
    smtp_agent_wait_at_most(&s->agent_options, s->config->queue.answer_timeout);
}

/* What has no thread and needs no file: the loops, and the ports while we may be root. */
static bool open_ports(struct server *s)
{
    struct hash_key key = random_key();
    s->lane_count = ports_shares(s->config);
    s->lanes = calloc(s->lane_count, sizeof(*s->lanes));
    s->agents = calloc(s->lane_count, sizeof(*s->agents));
    s->loop = loop_new();
    uint32_t rates[RATE_COUNT];
    rates_from(&s->config->limits.rates, rates);
    rates_init(&s->rates, &heap, key, rates);
    full_boxes_init(&s->full, &heap, key);
    clients_init(&s->clients, &heap, key, (uint32_t)s->config->limits.connections_per_client);
    if (!s->lanes || !s->agents || !s->loop) {
        buf_add_str(s->why, "out of memory or file descriptors\n");
        return false;
    }
    s->snapshot = snapshot_new(s->config, key, s->why);
    if (!s->snapshot || !(s->tls_out = outgoing_tls(s->config, s->why)) || !signing_load(s))
        return false;
    sources_use(s, s->snapshot);
    set_options(s);
    bool opened = lanes_open(s);
    handover_free(s->handover); /* ports that are none of this configuration's */
    return opened;
}

static bool open_resolver(struct server *s)
{
    struct err err = {0};
    struct resolver_options o = {.nameservers = s->config->resolver.nameservers.at,
                                 .count = s->config->resolver.nameservers.count,
                                 .trust_anchor = s->config->resolver.trust_anchor};
    s->resolver = resolver_new(s->loop, &o, &err);
    if (!s->resolver)
        buf_addf(s->why, "the resolver can't be started: %s\n", err.what);
    return s->resolver != NULL;
}

static bool open_policies(struct server *s)
{
    const struct sts_options o = {
        .loop = s->loop, .resolver = s->resolver, .tls = s->tls_out, .log = s->log};
    if (!s->config->relay.mta_sts)
        return true;
    s->sts = outgoing_sts(s->config, o);
    if (!s->sts)
        buf_add_str(s->why, "out of memory, or the spool's path is too long\n");
    return s->sts != NULL;
}

/* What the operator and receivers do not want sent. */
static bool open_lists(struct server *s)
{
    struct slice folder = s->config->spool.path;
    s->suppressed.workers = s->suspended.workers = s->sent.workers = s->workers;
    s->suppressed.log = s->suspended.log = s->sent.log = s->log;
    if (!journal_open(&s->suppressed, &journal_suppressions, &s->suppressions, folder, s->why) ||
        !journal_open(&s->suspended, &journal_suspensions, &s->suspensions, folder, s->why) ||
        !journal_open(&s->sent, &journal_sources, &s->sources, folder, s->why))
        return false;
    s->suppressions.wrote = s->suspensions.wrote = s->sources.wrote = journal_wrote;
    s->suppressions.ctx = &s->suppressed;
    s->suspensions.ctx = &s->suspended;
    s->sources.ctx = &s->sent;
    return true;
}

static bool open_queue(struct server *s)
{
    s->workers = workers_new(WORKERS);
    s->scheduler = (struct scheduler){.loop = s->loop,
                                      .spool = s->spool,
                                      .resolver = s->resolver,
                                      .snapshot = snapshot_hold(s->snapshot),
                                      .full = &s->full,
                                      .signing = &s->signing,
                                      .sts = s->sts,
                                      .suppressions = &s->suppressions,
                                      .suspensions = &s->suspensions,
                                      .sources = &s->sources,
                                      .traces = &s->traces,
                                      .rules = s->rules,
                                      .log = s->log,
                                      .workers = s->workers,
                                      .mailbox_agent = s->handover->mailboxes,
                                      .agents = s->agents,
                                      .agent_count = s->lane_count,
                                      .idle_timeout = s->agent_options.idle_timeout};
    for (size_t i = 0; i < s->lane_count; i++)
        s->lanes[i].receiver.spool = s->spool;
    s->login_workers = workers_new(s->pam ? PAM_LOGINS : LOGIN_WORKERS);
    snapshot_connect(s, s->snapshot);
    if (!s->workers || !open_lists(s))
        return false;
    if (s->workers && s->login_workers && scheduler_init(&s->scheduler, s->config, random_key()))
        return true;
    buf_add_str(s->why, "out of memory or threads\n");
    return false;
}

static bool load_queue(struct server *s)
{
    size_t count;
    enum err_code code = scheduler_load(&s->scheduler, &count);
    if (code != ERR_OK) {
        buf_addf(s->why, "the spool can't be read: %s\n", err_text(code));
        return false;
    }
    char digits[24];
    struct buf n;
    buf_init_fixed(&n, digits, sizeof(digits));
    buf_add_u64(&n, count);
    LOG(s->log, LOG_LEVEL_INFO, "started", {"hostname", s->config->hostname},
        {"queued", buf_slice(&n)});
    return true;
}

static bool open_doors(struct server *s)
{
    const char *why = NULL;
    admin_init(s);
    if (s->config->control.path.len &&
        !(s->control = control_socket_open(s, s->config->control.path)))
        return false;
    if (s->config->web.address.ip.family == IP_NONE)
        return true;
    s->web = web_start(loop_base(s->loop), s->config->web.address, &s->backend, &heap, &why);
    if (!s->web)
        buf_addf(s->why, "the page can't be served: %s\n", why);
    return s->web != NULL;
}

/* ---- stopping ---- */

void server_drained(struct server *s)
{
    if (s->undrained && --s->undrained == 0)
        loop_stop(s->loop);
}

static void on_drained(void *ctx)
{
    server_drained(ctx);
}

static void on_stop_timeout(void *ctx)
{
    struct server *s = ctx;
    LOG(s->log, LOG_LEVEL_WARNING, "stopped-early",
        {"reason", SLICE("connections were still busy; what was not acknowledged is not kept")});
    s->is_forced = true;
    loop_stop(s->loop);
}

void server_stop(struct server *s)
{
    if (s->is_stopping)
        return;
    s->is_stopping = true;
    LOG(s->log, LOG_LEVEL_INFO, "stopping", {"hostname", s->config->hostname});
    service_tell(SERVICE_STOPPING);
    s->undrained = s->lane_count + 1;
    timer_set(&s->stop_timer, s->snapshot->config->limits.stop_timeout);
    lanes_stop(s);
    scheduler_stop(&s->scheduler, on_drained, s);
    resolver_cancel(s->resolver);
    if (s->sts)
        sts_cancel(s->sts);
}

static void on_stop_signal(evutil_socket_t signal_number, short what, void *ctx)
{
    (void)signal_number;
    (void)what;
    server_stop(ctx);
}

/* What daemons take for `read your configuration again`. */
static void on_hangup(evutil_socket_t signal_number, short what, void *ctx)
{
    (void)signal_number;
    (void)what;
    server_on_hangup(ctx);
}

/* The parent says that its successor waits for ours to end. */
static void on_upgrade(evutil_socket_t signal_number, short what, void *ctx)
{
    struct server *s = ctx;
    (void)signal_number;
    (void)what;
    if (keeper_is_there())
        server_drain(s);
    else
        LOG(s->log, LOG_LEVEL_WARNING, "not-upgraded",
            {"reason", SLICE("only a server that was started as root, with `user` set, has a "
                             "parent that keeps the ports meanwhile; restart this one")});
}

static void catch_signals(struct server *s)
{
    static const struct {
        int number;
        event_callback_fn caught;
    } signals[SERVER_SIGNALS] = {{SIGTERM, on_stop_signal},
                                 {SIGINT, on_stop_signal},
                                 {SIGHUP, on_hangup},
                                 {SIGUSR2, on_upgrade}};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SERVER_SIGNALS; i++) {
        s->signals[i] = evsignal_new(loop_base(s->loop), signals[i].number, signals[i].caught, s);
        if (s->signals[i])
            event_add(s->signals[i], NULL);
    }
}

/* The main loop turns: it owns the queue. */
static void on_watchdog(void *ctx)
{
    struct server *s = ctx;
    service_tell(SERVICE_ALIVE);
    timer_set(&s->watchdog, s->watchdog_every);
}

static int run(struct server *s, const sigset_t *signals)
{
    bool started = lanes_start(s);
    if (started) {
        LOG(s->log, LOG_LEVEL_INFO, "ready", {"hostname", s->config->hostname});
        scheduler_pump(&s->scheduler);
        service_tell(SERVICE_READY);
        if (s->watchdog_every)
            on_watchdog(s);
        pthread_sigmask(SIG_SETMASK, signals, NULL);
        loop_run(s->loop);
    }
    lanes_join(s);
    return started ? EX_OK : EX_OSERR;
}

static void close_parts(struct server *s)
{
    control_socket_close(s->control);
    if (s->web)
        web_stop(&s->web);
    workers_free(s->workers);
    workers_free(s->login_workers);
    pam_helper_stop(s->pam);
    for (size_t i = 0; i < SERVER_SIGNALS; i++)
        if (s->signals[i])
            event_free(s->signals[i]);
    lanes_free(s);
    tls_context_free(s->tls_out);
    signing_free(s);
    sts_free(s->sts);
    resolver_free(s->resolver);
    scheduler_free(&s->scheduler);
    journal_close(&s->suppressed);
    journal_close(&s->suspended);
    journal_close(&s->sent);
    suppressions_free(&s->suppressions);
    suspensions_free(&s->suspensions);
    traces_free(&s->traces);
    if (s->spool)
        s->spool->ops->close(s->spool);
    snapshot_drop(s->snapshot);
    clients_free(&s->clients);
    rates_free(&s->rates);
    full_boxes_free(&s->full);
    refusals_free(&s->refusals);
    confined_free(s);
    loop_free(s->loop);
}

/* Connections and attempts under way still hold on to the parts: what ends is what uses the spool,
 * then the spool; the system takes the rest. */
static void close_forced(struct server *s)
{
    workers_cancel(s->workers);
    workers_free(s->workers);
    s->spool->ops->close(s->spool);
}

/* Half of the descriptors are for clients, so that a crowd of them leaves some for deliveries, the
 * spool and the operator. */
static void fit_connections(struct server *s, size_t files)
{
    char digits[24];
    struct buf most;
    s->connections_most = (uint32_t)(files / 2);
    if (s->config->limits.connections <= files / 2)
        return;
    buf_init_fixed(&most, digits, sizeof(digits));
    buf_add_u64(&most, files / 2);
    LOG(s->log, LOG_LEVEL_WARNING, "fewer-connections", {"most", buf_slice(&most)},
        {"reason", SLICE("the limit of open files (ulimit -n) allows no more")});
}

static bool become_user(struct server *s)
{
    const char *why = NULL;
    char user[64];
    if (s->config->user.len == 0 || !privileges_is_root())
        return true;
    if (slice_cstr(s->config->user, user, sizeof(user)) && privileges_drop(user, &why))
        return true;
    buf_addf(s->why, "can't become user %.*s: %s\n", SLICE_ARG(s->config->user),
             why ? why : "the name is too long");
    return false;
}

/* Hardened at last: with another user the system decides anew whether a process may be looked into
 * (prctl(2), PR_SET_DUMPABLE). */
static bool take_privileges(struct server *s)
{
    const char *why = NULL;
    size_t files;
    if (privileges_raise_files(FILES_WANTED, &files, &why))
        fit_connections(s, files);
    else
        LOG(s->log, LOG_LEVEL_WARNING, "few-files", {"reason", slice_str(why)});
    if (!become_user(s))
        return false;
    if (privileges_harden(&why) && (!keeper_is_there() || privileges_die_with(s->handover->parent)))
        return confine(s);
    buf_addf(s->why, "the process can't be hardened: %s\n", why);
    return false;
}

/* While there is no thread, and root's rights are still there. */
static bool start_pam(struct server *s)
{
    const char *why = NULL;
    if (s->config->login.pam.len == 0)
        return true;
    s->pam = pam_helper_start(s->config->login.pam.at, &why);
    if (!s->pam)
        buf_addf(s->why, "the process for PAM can't be started: %s\n", why);
    return s->pam != NULL;
}

int server_run(const char *file, struct config *config, const struct own_rules *rules,
               const struct log *log, struct handover *handover, struct buf *why)
{
    struct server s = {.file = file,
                       .config = config,
                       .handover = handover,
                       .rules = rules->own,
                       .rules_sum = rules->sum,
                       .log = log,
                       .why = why,
                       .started_at = clock_unix_ms()};
    if (handover->role == HANDOVER_MAIL)
        keeper_use(handover->channel);
    traces_init(&s.traces);
    refusals_init(&s.refusals, &heap, s.started_at, REFUSALS_BYTES);
    suppressions_init(&s.suppressions, &heap, random_key());
    suspensions_init(&s.suspensions, &heap);
    sigset_t all, before;
    int status = EX_UNAVAILABLE;
    /* signals are the main thread's: the others are born with all of them blocked */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (start_pam(&s) && open_ports(&s) && folders_make(&s) && take_privileges(&s) &&
        open_spool(&s) && login_secret_load(&s) && open_resolver(&s) && open_policies(&s) &&
        open_queue(&s) && load_queue(&s) && open_doors(&s)) {
        s.snapshot->lent = config;
        timer_init(&s.stop_timer, s.loop, on_stop_timeout, &s);
        timer_init(&s.watchdog, s.loop, on_watchdog, &s);
        s.watchdog_every = service_watchdog() / 2;
        catch_signals(&s);
        status = run(&s, &before);
    }
    if (s.is_forced)
        close_forced(&s);
    else
        close_parts(&s);
    rules_forget(&s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}
