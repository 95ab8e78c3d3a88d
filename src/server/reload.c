/* A changed configuration taken over by the running server. What began with the old one ends with
 * it; a new one with any mistake changes nothing. On the main thread. */
#include "server/inside.h"
#include "system/heap.h"
#include "system/service.h"

enum { KEPT_MAX = 64 * 1024 };

void rates_from(const struct config_rates *from, uint32_t most[RATE_COUNT])
{
    most[RATE_CONNECTIONS] = (uint32_t)from->connections;
    most[RATE_MESSAGES] = (uint32_t)from->messages;
    most[RATE_RECIPIENTS] = (uint32_t)from->recipients;
    most[RATE_UNKNOWN_RECIPIENTS] = (uint32_t)from->unknown_recipients;
    most[RATE_ACCOUNT_MESSAGES] = (uint32_t)from->account_messages;
    most[RATE_ACCOUNT_RECIPIENTS] = (uint32_t)from->account_recipients;
    most[RATE_FAILED_LOGINS] = (uint32_t)from->failed_logins;
}

void snapshot_connect(struct server *s, struct snapshot *n)
{
    n->receiver.screening.resolver = s->resolver;
    n->tokens.resolver = s->resolver;
    n->receiver.accounts.pam = s->pam;
    n->receiver.accounts.workers = s->login_workers;
    n->receiver.accounts.secret = slice_of(s->login_secret, sizeof(s->login_secret));
    n->receiver.arrived = scheduler_arrived;
    n->receiver.fetch = scheduler_fetch;
    n->receiver.rates = &s->rates;
    n->receiver.full = &s->full;
    n->receiver.refusals = &s->refusals;
    n->receiver.held = &s->scheduler.early;
    n->receiver.arrived_ctx = &s->scheduler;
    if (s->connections_most && n->receiver.connections_max > s->connections_most)
        n->receiver.connections_max = s->connections_most;
}

static bool refuse(struct server *s, const struct buf *why)
{
    struct slice rest = buf_slice(why);
    while (rest.len) {
        size_t end = slice_find(rest, '\n', 0);
        LOG(s->log, LOG_LEVEL_ERROR, "not-reloaded", {"reason", slice_head(rest, end)});
        rest = end == SLICE_NONE ? SLICE("") : slice_from(rest, end + 1);
    }
    return false;
}

static bool take_over(struct server *s, struct snapshot *n)
{
    snapshot_connect(s, n);
    if (!lanes_use(s, n)) {
        snapshot_drop(n);
        return false;
    }
    uint32_t rates[RATE_COUNT];
    rates_from(&n->config->limits.rates, rates);
    rates_allow(&s->rates, rates);
    atomic_store(&s->clients.most, (uint32_t)n->config->limits.connections_per_client);
    sources_use(s, n);
    scheduler_use(&s->scheduler, n);
    snapshot_drop(s->snapshot);
    s->snapshot = n;
    return true;
}

/* Before its files are read, which would end with a bare `Permission denied`. A file that can't
 * even be parsed is left to config_read, which tells why. */
static bool is_reachable(const struct server *s, struct buf *why)
{
    struct config *c = s->is_confined ? config_glance(s->file) : NULL;
    bool good = !c || confined_reaches(s, c, why);
    config_free(&c);
    return good;
}

/* NULL with `why` filled; `kept`: what only a restart would change. */
static struct snapshot *read_again(struct server *s, struct buf *kept, struct buf *why)
{
    struct config_problems problems;
    struct snapshot *n = NULL;
    if (!is_reachable(s, why))
        return NULL;
    config_problems_init(&problems);
    struct config *config = config_read(s->file, &problems);
    if (!config)
        config_problems_write(&problems, why);
    else if (!config_keep(config, s->config, kept))
        buf_add_str(why, "out of memory\n");
    else if (config_keep_numbers(config, s->snapshot->config, why) &&
             confined_reaches(s, config, why))
        n = snapshot_new(config, s->snapshot->places.access.domains.key, why);
    config_problems_free(&problems);
    if (n)
        n->owned = config;
    else
        config_free(&config);
    return n;
}

/* All of it, or nothing. */
static bool renew(struct server *s, struct buf *kept, struct buf *why)
{
    struct rules_read *rules = NULL;
    struct snapshot *n = read_again(s, kept, why);
    if (!n)
        return false;
    if (!rules_read_again(s, n->config->rules, &rules, why)) {
        snapshot_drop(n);
        return false;
    }
    if (take_over(s, n)) {
        rules_use(s, rules);
        return true;
    }
    rules_drop(rules);
    buf_add_str(why, "out of memory\n");
    return false;
}

bool server_reload(struct server *s, struct buf *kept, struct buf *why)
{
    if (s->is_stopping) {
        buf_add_str(why, "the server is stopping\n");
        return refuse(s, why);
    }
    service_tell(SERVICE_RELOADING);
    bool good = renew(s, kept, why);
    service_tell(SERVICE_READY);
    if (!good)
        return refuse(s, why);
    LOG(s->log, LOG_LEVEL_INFO, "reloaded", {"file", slice_str(s->file)});
    if (kept->len)
        LOG(s->log, LOG_LEVEL_WARNING, "restart-needed", {"changed", buf_slice(kept)});
    return true;
}

void server_on_hangup(struct server *s)
{
    struct buf kept, why;
    buf_init(&kept, &heap, KEPT_MAX);
    buf_init(&why, &heap, CONTROL_ANSWER_MAX);
    (void)!server_reload(s, &kept, &why);
    buf_free(&kept);
    buf_free(&why);
}
