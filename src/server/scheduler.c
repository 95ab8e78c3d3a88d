#include "server/scheduler.h"

#include <stdlib.h>

#include "deliver/outgoing.h"
#include "dns/idn.h"
#include "queue/provider.h"
#include "server/sealing.h"
#include "system/clock.h"
#include "system/heap.h"

/* What a receiver may store must fit here decoded: 4 MiB of bytes, and an item for each of them
 * that is a recipient. */
enum { ENVELOPE_ARENA = 64 * 1024 * 1024, BOX_NAME_MAX = 400 };

struct job {
    struct snapshot *snapshot; /* a reference */
    struct scheduler *scheduler;
    struct delivery *delivery;
    const struct scheduler_agent *agent; /* which one carries it */
    uint64_t site;                       /* as `reuse` knows it; 0: none */
    struct targets targets;
};

/* ---- into the queue ---- */

static void drop(struct scheduler *s, struct spool_content *content)
{
    if (content)
        s->spool->ops->drop(content);
}

static void log_received(struct scheduler *s, spool_id id, const struct envelope *e)
{
    char text[SPOOL_ID_TEXT + 1], size[20], count[20];
    struct buf bytes, recipients;
    spool_id_write(id, text);
    buf_init_fixed(&bytes, size, sizeof(size));
    buf_add_u64(&bytes, e->size);
    buf_init_fixed(&recipients, count, sizeof(count));
    buf_add_u64(&recipients, e->count);
    LOG(s->log, LOG_LEVEL_INFO, "received", {"id", slice_str(text)}, {"from", e->sender},
        {"client", e->client}, {"helo", e->helo}, {"size", buf_slice(&bytes)},
        {"recipients", buf_slice(&recipients)});
}

static enum err_code add_message(struct scheduler *s, spool_id id, struct slice encoded,
                                 struct slice state, void *content, bool is_new)
{
    struct arena arena;
    struct envelope envelope;
    struct err err;
    arena_init(&arena, &heap, ENVELOPE_ARENA);
    bool added = false;
    if (envelope_decode(encoded, &arena, &envelope, &err)) {
        struct queue_message m = {
            .id = id, .envelope = &envelope, .state = state, .content = content};
        added = queue_add(s->queue, &m, clock_unix_ms(), &err);
        if (!is_new && envelope.tells.message)
            queue_notice_found(s->queue, &envelope.tells, clock_unix_ms());
        if (is_new && added) {
            log_received(s, id, &envelope);
            feedback_read(s, id, &envelope, content);
        }
    }
    if (err.code != ERR_OK) {
        char text[SPOOL_ID_TEXT + 1];
        spool_id_write(id, text);
        LOG(s->log, LOG_LEVEL_ERROR, added ? "queue-state-lost" : "queue-add-failed",
            {"id", slice_str(text)}, {"reason", slice_str(err.what)});
    }
    arena_reset(&arena);
    return added ? ERR_OK : err.code;
}

/* ---- arrivals ---- */

static void try_again(void *ctx)
{
    struct scheduler *s = ctx;
    struct task *task = s->without_memory;
    s->without_memory = NULL;
    for (struct task *next; task; task = next) {
        next = task->next;
        loop_post(s->loop, task);
    }
}

bool scheduler_add(struct scheduler *s, spool_id id, struct slice envelope,
                   struct spool_content **content, struct task *again)
{
    enum { PAUSE_MS = 1000 };
    if (*content && !s->spool->ops->is_in_memory(*content)) {
        drop(s, *content); /* attempts run side by side, and each opens its own */
        *content = NULL;
    }
    enum err_code code = add_message(s, id, envelope, SLICE(""), *content, true);
    if (code != ERR_OK)
        drop(s, *content); /* it is safe in the spool: at the latest the next start finds it */
    *content = NULL;
    scheduler_pump(s);
    if (code != ERR_MEMORY || s->is_stopping)
        return true;
    again->next = s->without_memory;
    s->without_memory = again;
    timer_set(&s->memory_timer, PAUSE_MS);
    return false;
}

static void on_arrival(struct task *task)
{
    struct arrival *a = LIST_ITEM(task, struct arrival, task);
    struct scheduler *s = a->ctx;
    if (!scheduler_add(s, a->id, buf_slice(&a->envelope), &a->content, task))
        return;
    s->received++;
    buf_free(&a->envelope);
    free(a);
}

void scheduler_arrived(void *ctx, struct arrival *a)
{
    struct scheduler *s = ctx;
    a->ctx = s;
    a->task.run = on_arrival;
    loop_post(s->loop, &a->task);
}

static void fetch_all(struct scheduler *s, char first, struct fetch *f)
{
    char storage[1 + ADDRESS_DOMAIN_MAX];
    struct buf whom;
    struct queue_fetched found = {0};
    buf_init_fixed(&whom, storage, sizeof(storage));
    buf_add_char(&whom, first);
    buf_add(&whom, f->domain);
    const struct queue_filter filter = {.recipient = buf_slice(&whom)};
    queue_fetch(s->queue, &filter, clock_unix_ms(), &found);
    f->due += found.due;
    f->active += found.active;
    f->stopped += found.stopped;
}

static void on_fetch(struct task *task)
{
    struct fetch *f = LIST_ITEM(task, struct fetch, task);
    struct scheduler *s = f->ctx;
    f->is_done = !s->is_stopping;
    if (f->is_done) {
        fetch_all(s, '@', f);
        if (f->has_subdomains)
            fetch_all(s, '.', f);
        scheduler_pump(s);
    }
    f->task.run = f->run;
    loop_post(f->loop, &f->task);
}

void scheduler_fetch(void *ctx, struct fetch *f)
{
    struct scheduler *s = ctx;
    f->ctx = s;
    f->task.run = on_fetch;
    loop_post(s->loop, &f->task);
}

struct loading {
    struct scheduler *scheduler;
    size_t count;
};

static void load_message(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct loading *l = ctx;
    l->count += add_message(l->scheduler, id, envelope, state, NULL, false) == ERR_OK;
}

enum err_code scheduler_load(struct scheduler *s, size_t *count_r)
{
    struct loading l = {.scheduler = s};
    enum err_code code = s->spool->ops->each(s->spool, load_message, &l);
    *count_r = l.count;
    return code;
}

/* ---- attempts ---- */

static void free_job(struct job *job)
{
    delivery_free(job->delivery);
    snapshot_drop(job->snapshot);
    free(job);
}

static void count_decision(struct scheduler *s, const struct decision *decision)
{
    s->delivered += decision->verdict == VERDICT_DELIVERED;
    s->failed += verdict_is_failure(decision->verdict);
}

/* One line for each reply, with the cause that was found in it; a warning where the operator has
 * to do something. */
static void log_outcome(struct scheduler *s, const char *id, struct slice destination,
                        struct slice source, const struct outcome *o,
                        const struct decision *decision)
{
    char digits[8];
    struct buf code;
    buf_init_fixed(&code, digits, sizeof(digits));
    buf_add_u64(&code, o->reply.code);
    bool delivered = decision->verdict == VERDICT_DELIVERED;
    LOG(s->log, decision->alert ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
        verdict_name(decision->verdict), {"id", slice_str(id)}, {"destination", destination},
        {"source", source}, {"host", o->host}, {"stage", slice_str(stage_name(o->stage))},
        {"tls", slice_str(o->security)}, {"code", buf_slice(&code)},
        {"cause", slice_str(delivered ? "" : cause_name(decision->diagnosis.cause))},
        {"reply", o->reply.code ? o->reply.text : o->failure});
}

static void keep_trace(struct scheduler *s, struct delivery *d, spool_id id)
{
    bool is_fine = true;
    for (size_t i = 0; i < d->count; i++)
        is_fine = is_fine && reply_severity(&d->outcomes[i].reply) == 2;
    if (!is_fine)
        traces_keep(s->traces, id, transcript_text(&d->transcript), clock_unix_ms());
}

/* What the next client hears of these mailboxes. */
static void note_full(struct scheduler *s, const struct job *job)
{
    const struct delivery *d = job->delivery;
    for (size_t i = 0; i < d->count; i++) {
        const struct outcome *o = &d->outcomes[i];
        char storage[BOX_NAME_MAX];
        struct buf name;
        if (o->recipient == OUTCOME_ALL)
            continue;
        buf_init_fixed(&name, storage, sizeof(storage));
        places_box_name(&job->snapshot->places,
                        d->attempt->envelope->recipients[o->recipient].address, &name);
        bool is_full = o->reply.enhanced.subject == 2 && o->reply.enhanced.detail == 2;
        if (is_full && name.len && !name.failed)
            full_boxes_add(s->full, buf_slice(&name), loop_now(s->loop));
        else if (o->reply.code / 100 == 2)
            full_boxes_remove(s->full, buf_slice(&name));
    }
}

static void on_reported(struct task *task)
{
    struct delivery *d = LIST_ITEM(task, struct delivery, task);
    struct job *job = d->ctx;
    struct scheduler *s = job->scheduler;
    struct attempt *attempt = d->attempt;
    char id[SPOOL_ID_TEXT + 1];
    spool_id message = attempt->id;
    spool_id_write(message, id);
    struct slice destination = SLICE(""); /* the attempt is gone after the report */
    if (!arena_dup(&d->arena, attempt->route.destination, &destination))
        destination = SLICE("");
    /* reports about reports would never end */
    if (!attempt->route.is_smarthost && attempt->envelope->client.len)
        tls_reports_note(s->tls_reports, destination, d);
    struct decision *decisions = arena_array(&d->arena, d->count, sizeof(*decisions));
    if (attempt->route.agent != AGENT_SMTP)
        note_full(s, job);
    queue_report(s->queue, &attempt, d->outcomes, d->count, decisions, clock_unix_ms());
    s->active--;
    if (job->site && job->agent)
        reuse_give(&s->reuse, job->site, (size_t)(job->agent - s->agents), clock_unix_ms());
    keep_trace(s, d, message);
    for (size_t i = 0; decisions && i < d->count; i++) {
        if (decisions[i].verdict == VERDICT_COUNT)
            continue;
        count_decision(s, &decisions[i]);
        log_outcome(s, id, destination, d->source ? d->source->name : SLICE(""), &d->outcomes[i],
                    &decisions[i]);
    }
    free_job(job);
    scheduler_pump(s);
}

/* On the agent's thread. */
static void on_done(struct delivery *d)
{
    struct job *job = d->ctx;
    d->task.run = on_reported;
    loop_post(job->scheduler->loop, &d->task);
}

static void run_smtp(struct task *task)
{
    struct delivery *d = LIST_ITEM(task, struct delivery, task);
    struct job *job = d->ctx;
    smtp_agent_deliver(job->agent->agent, d, &job->targets);
}

/* On a worker's thread, since it reads the whole message. */
static void run_sign(struct task *task)
{
    struct delivery *d = LIST_ITEM(task, struct delivery, task);
    struct job *job = d->ctx;
    const struct scheduler *s = job->scheduler;
    char id[SPOOL_ID_TEXT + 1];
    if (delivery_open(d)) {
        const char *why = delivery_sign(d, s->signing, clock_unix_ms());
        spool_id_write(d->attempt->id, id);
        if (why)
            LOG(s->log, LOG_LEVEL_DEBUG, "unsigned", {"id", slice_str(id)},
                {"reason", slice_str(why)});
        d->task.run = run_smtp;
        loop_post(job->agent->loop, &d->task);
    } else {
        d->done(d);
    }
}

static void on_sealed(struct delivery *d, bool is_open)
{
    struct job *job = d->ctx;
    if (!is_open) {
        d->done(d);
        return;
    }
    d->task.run = run_smtp;
    loop_post(job->agent->loop, &d->task);
}

static void run_maildir(struct task *task)
{
    struct delivery *d = LIST_ITEM(task, struct delivery, task);
    struct job *job = d->ctx;
    const struct maildir_agent agent = {.find = places_maildir,
                                        .ctx = &job->snapshot->places,
                                        .channel = job->scheduler->mailbox_agent};
    maildir_deliver(&agent, d);
}

/* Now that its hosts are known, the attempt has to fit into the limits of their site. False: it
 * comes again when there is room. */
static bool admit(struct job *job)
{
    enum { SITE_NAME_MAX = TARGETS_MAX * 256 };
    char storage[SITE_NAME_MAX];
    struct slice hosts[TARGETS_MAX];
    struct buf name;
    struct scheduler *s = job->scheduler;
    for (size_t i = 0; i < job->targets.count; i++)
        hosts[i] = job->targets.list[i].host;
    buf_init_fixed(&name, storage, sizeof(storage));
    uint32_t most = site_write_name(&name, hosts, job->targets.count);
    const struct delivery_login *login = job->delivery->login;
    if (login && !login->is_shared) /* another's trouble with his account is not this one's */
        buf_addf(&name, " as %.*s", SLICE_ARG(login->user));
    job->site = reuse_site(&s->reuse, buf_slice(&name), job->delivery->attempt->route.source);
    if (queue_admit(s->queue, &job->delivery->attempt, buf_slice(&name), most, clock_unix_ms()))
        return true;
    s->active--;
    free_job(job);
    scheduler_pump(s);
    return false;
}

/* The one with a connection that may be used again, else the next in turn. */
static const struct scheduler_agent *choose_agent(struct job *job)
{
    struct scheduler *s = job->scheduler;
    size_t at = job->site ? reuse_take(&s->reuse, job->site, clock_unix_ms()) : s->agent_count;
    return &s->agents[at < s->agent_count ? at : s->next_agent++ % s->agent_count];
}

static void on_targets(void *ctx)
{
    struct job *job = ctx;
    struct scheduler *s = job->scheduler;
    struct delivery *d = job->delivery;
    if (s->is_stopping || scheduler_is_stuck(s)) {
        on_done(d); /* without an outcome: it is tried again, by the next start or when it may */
        return;
    }
    if (job->targets.count == 0) {
        struct outcome o = {
            .recipient = OUTCOME_ALL, .stage = STAGE_CONNECT, .reply = job->targets.failure};
        delivery_settle(d, &o);
        on_done(d);
        return;
    }
    bool is_ours = d->attempt->route.agent == AGENT_LMTP;
    if (!is_ours && !admit(job))
        return;
    job->agent = choose_agent(job);
    if (!is_ours && s->signing->count &&
        places_is_ours(&job->snapshot->places, d->attempt->envelope)) {
        d->task.run = run_sign;
        workers_post(s->workers, &d->task);
        return;
    }
    if (!is_ours && s->seal && !places_is_ours(&job->snapshot->places, d->attempt->envelope)) {
        const struct sealing_options o = {s->resolver, s->workers, s->log, s->seal,
                                          s->snapshot->config->hostname};
        sealing_begin(&o, d, on_sealed);
        return;
    }
    d->task.run = run_smtp;
    loop_post(job->agent->loop, &d->task);
}

/* The last step, on a way of ours: neither certificates nor policies have a say. */
static const struct targets_options lmtp_targets = {.port = 24, .tls = TARGET_TLS_OFF};

static void dispatch(struct scheduler *s, struct attempt *attempt)
{
    struct job *job = calloc(1, sizeof(*job));
    struct delivery *d =
        job ? delivery_new(attempt, s->spool, s->snapshot->config->hostname, on_done, job) : NULL;
    if (!d) {
        free(job);
        queue_report(s->queue, &attempt, NULL, 0, NULL, clock_unix_ms());
        return;
    }
    *job = (struct job){.scheduler = s, .delivery = d, .snapshot = snapshot_hold(s->snapshot)};
    s->active++;
    if (attempt->route.agent == AGENT_SMTP)
        return_path_set(job->snapshot, d);
    d->login = places_login(&job->snapshot->places, attempt->route.account);
    if (attempt->route.source)
        d->source = &job->snapshot->sources.from[attempt->route.source - 1];
    if (attempt->route.agent == AGENT_MAILDIR) {
        d->task.run = run_maildir;
        workers_post(s->workers, &d->task);
        return;
    }
    bool is_ours = attempt->route.agent == AGENT_LMTP;
    const struct targets_question q = {.route = &attempt->route,
                                       .needs_proof = attempt->envelope->requires_tls && !is_ours,
                                       .ignores_rules = attempt->envelope->tls_is_optional};
    targets_find(s->resolver, &q, is_ours ? &lmtp_targets : &s->targets, &d->arena, &job->targets,
                 on_targets, job);
}

/* ---- the queue's turn ---- */

/* Outcomes are written down before anything new begins: until then, a crash repeats them. */
static void pump_now(struct scheduler *s)
{
    int64_t now = clock_unix_ms();
    struct attempt *attempt;
    if (scheduler_is_stuck(s) && !s->is_stopping)
        return;
    if (s->is_stopping)
        scheduler_write_again(s);
    scheduler_apply_all(s);
    while (!s->is_stopping && (attempt = queue_next(s->queue, now)))
        dispatch(s, attempt);
    scheduler_apply_all(s);
    struct queue_counts counts;
    queue_count(s->queue, &counts);
    atomic_store(&s->early, counts.early);
    int64_t due = queue_due(s->queue);
    if (due == INT64_MAX)
        timer_stop(&s->timer);
    else
        timer_set(&s->timer, due > now ? due - now : 1);
    scheduler_check_drained(s);
}

static void on_pump(struct task *task)
{
    struct scheduler *s = LIST_ITEM(task, struct scheduler, pump_task);
    s->is_pump_posted = false;
    pump_now(s);
}

void scheduler_pump(struct scheduler *s)
{
    if (s->is_pump_posted)
        return;
    s->is_pump_posted = true;
    loop_post(s->loop, &s->pump_task);
}

static void on_timer(void *ctx)
{
    pump_now(ctx);
}

/* ---- life ---- */

/* From one message to the next. */
static int64_t pace_of(uint64_t per_minute)
{
    return per_minute ? (int64_t)(60 * 1000 / per_minute) : 0;
}

/* A queue_router. Addresses that did not come in by a receiver may have a domain that is not ASCII
 * yet; what is no name is not found in the DNS either. */
static void route(void *ctx, const struct envelope *e, struct slice address, struct route *route_r)
{
    struct scheduler *s = ctx;
    struct buf own;
    buf_init_fixed(&own, s->routed, sizeof(s->routed));
    bool is_better = !slice_is_ascii(address) && idn_add_address(&own, address);
    places_route(&s->snapshot->places, e->sender, is_better ? buf_slice(&own) : address, route_r);
}

/* RSA before others, which not all know yet; NULL: nothing is sealed. */
static const struct dkim_key *seal_key(const struct sign_domains *domains, struct slice name)
{
    const struct sign_domain *d = name.len ? sign_find(domains, name) : NULL;
    for (size_t i = 0; d && i < d->count; i++)
        if (key_type(d->keys[i].key) == KEY_RSA)
            return &d->keys[i];
    return d && d->count ? &d->keys[0] : NULL;
}

void scheduler_use(struct scheduler *s, struct snapshot *n)
{
    snapshot_drop(s->snapshot);
    s->snapshot = snapshot_hold(n);
    queue_reroute(s->queue, clock_unix_ms());
    scheduler_pump(s);
}

bool scheduler_init(struct scheduler *s, const struct config *config, struct hash_key key)
{
    struct queue_options o = queue_default_options();
    o.retry_first = config->queue.retry_first;
    o.retry_most = config->queue.retry_most;
    o.look_again = config->queue.look_again;
    if (o.retry_greylist > o.retry_most)
        o.retry_greylist = o.retry_most;
    o.suspend = config->queue.suspend;
    o.lifetime = config->queue.lifetime;
    o.delay_notice = config->queue.warn_after;
    o.concurrency = (uint32_t)config->queue.connections_per_site;
    o.attempts = o.probes = (uint32_t)config->queue.deliveries;
    o.suppressions = s->suppressions;
    o.suspensions = s->suspensions;
    o.sources = s->sources;
    o.suppress_for = s->suppress_for = config->queue.suppress;
    o.pace = pace_of(config->queue.messages_per_minute);
    o.rules = s->rules;
    o.key = key;
    o.router = route;
    o.is_alone = return_path_is_alone;
    o.router_ctx = s;
    s->queue = queue_new(&heap, &o);
    s->seal = seal_key(s->signing, config->relay.seal);
    s->targets = outgoing_targets(config, s->sts, s->own);
    reuse_init(&s->reuse, key, s->agent_count, s->idle_timeout);
    s->pump_task.run = on_pump;
    unwritten_init(s);
    if (config->relay.tls_reports)
        s->tls_reports = tls_reports_new(s, config->relay.tls_reports, key);
    timer_init(&s->timer, s->loop, on_timer, s);
    timer_init(&s->memory_timer, s->loop, try_again, s);
    return s->queue && (s->tls_reports || !config->relay.tls_reports);
}

static void drop_content(void *ctx, void *content)
{
    drop(ctx, content);
}

void scheduler_free(struct scheduler *s)
{
    unwritten_end(s);
    tls_reports_free(s->tls_reports);
    reuse_free(&s->reuse);
    if (s->queue)
        queue_free(&s->queue, drop_content, s);
    snapshot_drop(s->snapshot);
}

void scheduler_check_drained(struct scheduler *s)
{
    if (s->is_stopping && s->active == 0 && s->writing == 0 && s->reading == 0 && s->drained) {
        void (*drained)(void *ctx) = s->drained;
        s->drained = NULL;
        drained(s->drained_ctx);
    }
}

void scheduler_stop(struct scheduler *s, void (*drained)(void *ctx), void *ctx)
{
    s->is_stopping = true;
    tls_reports_stop(s->tls_reports);
    s->drained = drained;
    s->drained_ctx = ctx;
    try_again(s); /* for the last time */
    scheduler_pump(s);
}
