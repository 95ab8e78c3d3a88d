/* The loops that carry connections, one a processor: each has its own listening sockets, receiver
 * and SMTP agent, and shares nothing with the others. */
#include <stdlib.h>
#include <unistd.h>

#include "server/handover.h"
#include "server/inside.h"
#include "server/ports.h"

static bool listen_with(struct lane *lane, int fd, struct receiver_entrance *entrance)
{
    struct server *s = lane->server;
    struct listener *l = fd < 0 ? NULL : listener_new(lane->loop, fd, receiver_accept, entrance);
    if (!l && fd >= 0) {
        close(fd);
        buf_add_str(s->why, "out of memory\n");
    }
    if (l)
        lane->listeners[lane->listener_count++] = l;
    return l != NULL;
}

static bool listen_on(struct lane *lane, struct endpoint e, struct receiver_entrance *entrance)
{
    struct server *s = lane->server;
    return listen_with(lane, port_open(s->handover, e, lane == s->lanes, s->why), entrance);
}

/* Before an upgrade there may have been more loops, and as many sockets: clients wait there. */
static bool listen_on_left(struct server *s)
{
    const struct config *c = s->config;
    size_t next = 0;
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t k = 0; k < c->listens[i].addresses.count; k++)
            for (int fd; (fd = port_left(s->handover, c->listens[i].addresses.at[k])) >= 0;) {
                struct lane *lane = &s->lanes[next];
                next = next + 1 < s->lane_count ? next + 1 : 0;
                if (!listen_with(lane, fd, &lane->entrances[i]))
                    return false;
            }
    return true;
}

static void set_entrances(struct lane *lane, struct snapshot *n)
{
    for (size_t i = 0; i < n->config->listen_count; i++) {
        int tls = n->config->listens[i].tls;
        lane->entrances[i] =
            (struct receiver_entrance){.receiver = &lane->receiver,
                                       .options = &n->receiver,
                                       .session = &n->sessions[i],
                                       .never_accepts = n->config->listens[i].never_accepts,
                                       .tls = tls == CONFIG_TLS_OFF ? NULL : n->tls,
                                       .is_implicit = tls == CONFIG_TLS_IMPLICIT,
                                       .speakers = n->config->listens[i].speakers.at,
                                       .speaker_count = n->config->listens[i].speakers.count,
                                       .proxies = n->config->listens[i].proxies.at,
                                       .proxy_count = n->config->listens[i].proxies.count};
    }
    receiver_prepare(&lane->receiver, &n->receiver);
    snapshot_drop(lane->snapshot);
    lane->snapshot = snapshot_hold(n);
}

static bool lane_open(struct server *s, struct lane *lane)
{
    const struct config *c = s->config;
    lane->server = s;
    lane->loop = loop_new();
    lane->entrances = calloc(c->listen_count + 1, sizeof(*lane->entrances));
    lane->listeners = calloc(ports_count(c) + s->handover->count + 1, sizeof(struct listener *));
    lane->agent = lane->loop ? smtp_agent_new(lane->loop, &s->agent_options) : NULL;
    if (!lane->agent || !lane->listeners || !lane->entrances) {
        buf_add_str(s->why, "out of memory or of file descriptors\n");
        return false;
    }
    receiver_init(&lane->receiver, lane->loop, s->spool, s->log, &s->clients, &s->connections);
    set_entrances(lane, s->snapshot);
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t k = 0; k < c->listens[i].addresses.count; k++)
            if (!listen_on(lane, c->listens[i].addresses.at[k], &lane->entrances[i]))
                return false;
    return true;
}

bool lanes_open(struct server *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        if (!lane_open(s, &s->lanes[i]))
            return false;
        s->agents[i] = (struct scheduler_agent){s->lanes[i].loop, s->lanes[i].agent};
    }
    return listen_on_left(s);
}

static void *run(void *ctx)
{
    struct lane *lane = ctx;
    loop_run(lane->loop);
    return NULL;
}

bool lanes_start(struct server *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        struct lane *lane = &s->lanes[i];
        lane->is_running = pthread_create(&lane->thread, NULL, run, lane) == 0;
        if (!lane->is_running) {
            buf_add_str(s->why, "the system gives no more threads\n");
            return false;
        }
    }
    return true;
}

/* A snapshot on its way to a lane. */
struct change {
    struct task task;
    struct lane *lane;
    struct snapshot *snapshot;
    struct change *next; /* until it is posted */
};

static void change(struct task *task)
{
    struct change *c = LIST_ITEM(task, struct change, task);
    set_entrances(c->lane, c->snapshot);
    snapshot_drop(c->snapshot);
    free(c);
}

bool lanes_use(struct server *s, struct snapshot *n)
{
    struct change *all = NULL;
    size_t count = 0;
    for (struct change *c; count < s->lane_count && (c = calloc(1, sizeof(*c))); all = c, count++)
        c->next = all;
    bool is_whole = count == s->lane_count;
    for (struct change *c = all, *next; c; c = next) {
        next = c->next;
        if (!is_whole) {
            free(c);
            continue;
        }
        *c = (struct change){{.run = change}, &s->lanes[--count], snapshot_hold(n), NULL};
        loop_post(c->lane->loop, &c->task);
    }
    return is_whole;
}

static void on_drained_here(struct task *task)
{
    server_drained(LIST_ITEM(task, struct lane, drained_task)->server);
}

static void on_drained(void *ctx)
{
    struct lane *lane = ctx;
    lane->drained_task.run = on_drained_here;
    loop_post(lane->server->loop, &lane->drained_task);
}

static void close_listeners(struct lane *lane)
{
    while (lane->listener_count)
        listener_free(lane->listeners[--lane->listener_count]);
}

static void refuse_new(struct task *task)
{
    close_listeners(LIST_ITEM(task, struct lane, close_task));
}

void lanes_close(struct server *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        s->lanes[i].close_task.run = refuse_new;
        loop_post(s->lanes[i].loop, &s->lanes[i].close_task);
    }
}

static void stop(struct task *task)
{
    struct lane *lane = LIST_ITEM(task, struct lane, stop_task);
    close_listeners(lane);
    smtp_agent_stop(lane->agent);
    receiver_stop(&lane->receiver, on_drained, lane);
}

void lanes_stop(struct server *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        s->lanes[i].stop_task.run = stop;
        loop_post(s->lanes[i].loop, &s->lanes[i].stop_task);
    }
}

void lanes_join(struct server *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        if (!s->lanes[i].is_running)
            continue;
        loop_stop(s->lanes[i].loop);
        pthread_join(s->lanes[i].thread, NULL);
        s->lanes[i].is_running = false;
    }
}

void lanes_free(struct server *s)
{
    for (size_t i = 0; s->lanes && i < s->lane_count; i++) {
        struct lane *lane = &s->lanes[i];
        close_listeners(lane);
        free(lane->listeners);
        free(lane->entrances);
        smtp_agent_free(lane->agent);
        if (lane->receiver.loop)
            receiver_free(&lane->receiver);
        snapshot_drop(lane->snapshot);
        loop_free(lane->loop);
    }
    free(s->lanes);
    free(s->agents);
}
