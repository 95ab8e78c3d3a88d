/* What the operations of control/ do to a running server. All on the main thread, which owns the
 * queue. */
#include "server/inside.h"
#include "system/clock.h"
#include "system/keeper.h"

static void visit(void *ctx, const struct queue_filter *filter, queue_visitor *visitor,
                  void *visitor_ctx)
{
    struct server *s = ctx;
    queue_visit(s->scheduler.queue, filter, visitor, visitor_ctx, clock_unix_ms());
}

static bool groups(void *ctx, const struct queue_filter *filter, queue_group_visitor *visitor,
                   void *visitor_ctx)
{
    struct server *s = ctx;
    return queue_groups(s->scheduler.queue, filter, visitor, visitor_ctx, clock_unix_ms());
}

static size_t command(void *ctx, enum queue_command command, const struct queue_filter *filter,
                      bool dry_run)
{
    struct server *s = ctx;
    size_t count = queue_command(s->scheduler.queue, command, filter, dry_run, clock_unix_ms());
    scheduler_pump(&s->scheduler);
    return count;
}

static void suspensions_changed(void *ctx)
{
    struct server *s = ctx;
    queue_suspensions_changed(s->scheduler.queue, clock_unix_ms());
    scheduler_pump(&s->scheduler);
}

static void source_troubles(void *ctx, uint8_t source, queue_source_visitor *visitor,
                            void *visitor_ctx)
{
    struct server *s = ctx;
    queue_visit_source(s->scheduler.queue, source, visitor, visitor_ctx);
}

static bool trace(void *ctx, spool_id id, int64_t *at_r, struct slice *text_r)
{
    const struct server *s = ctx;
    struct trace_view view;
    if (!traces_find(&s->traces, id, &view))
        return false;
    *at_r = view.at;
    *text_r = view.text;
    return true;
}

static bool refusal(void *ctx, struct slice reference, struct buf *out)
{
    struct server *s = ctx;
    return refusals_find(&s->refusals, reference, out);
}

static void status(void *ctx, struct control_status *status_r)
{
    struct server *s = ctx;
    *status_r = (struct control_status){.hostname = s->config->hostname,
                                        .version = SLICE(CANDOR_VERSION),
                                        .started_at = s->started_at,
                                        .is_stopping = s->is_stopping,
                                        .is_stuck = scheduler_is_stuck(&s->scheduler),
                                        .connections = atomic_load(&s->connections),
                                        .received = s->scheduler.received,
                                        .delivered = s->scheduler.delivered,
                                        .failed = s->scheduler.failed};
    queue_count(s->scheduler.queue, &status_r->queue);
}

static void shut_down(void *ctx)
{
    server_stop(ctx);
}

static bool reload(void *ctx, struct buf *kept, struct buf *why)
{
    return server_reload(ctx, kept, why);
}

static bool upgrade(void *ctx, struct buf *why)
{
    (void)ctx;
    return keeper_upgrade(why);
}

static int zone(void *ctx, int64_t local_ms)
{
    return zone_at(&((struct server *)ctx)->zone, local_ms);
}

void admin_init(struct server *s)
{
    s->zone = (struct zone)ZONE_INIT;
    s->backend = (struct control_backend){.rules = s->rules,
                                          .suppressions = &s->suppressions,
                                          .suspensions = &s->suspensions,
                                          .suspensions_changed = suspensions_changed,
                                          .ctx = s,
                                          .zone = zone,
                                          .visit = visit,
                                          .groups = groups,
                                          .sources = &s->sources,
                                          .source = sources_show,
                                          .source_troubles = source_troubles,
                                          .command = command,
                                          .trace = trace,
                                          .refusal = refusal,
                                          .status = status,
                                          .reload = reload,
                                          .upgrade = upgrade,
                                          .shutdown = shut_down};
}
