/* A day of a busy server in minutes: the real queue, with simulated time, against a model of
 * providers (simulation_world.h). Nothing is told to the queue about them but the names of their
 * mail exchangers.
 *
 *   bench_simulation [MESSAGES [SEED]]    ten million, 1
 *
 * To standard output, tab-separated, for simulation.py: `minute` lines of each large provider, and
 * at the end `total` lines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/due.h"
#include "queue/queue.h"
#include "simulation_world.h"
#include "system/clock.h"
#include "system/heap.h"

enum { UNDER_WAY_MAX = 8000, DELIVERIES = 4000, PER_SITE = 100 };
#define START INT64_C(1700006400000)

/* How long messages were on their way, by who takes them. */
enum group { GROUP_LARGE, GROUP_HOSTERS, GROUP_SMALL, GROUPS };
static const char *const group_names[GROUPS] = {"large", "hosters", "small"};
enum { DELAYS = 64 }; /* in powers of the square root of two, in ms */
static double delay_ms[DELAYS];

struct under_way {
    struct due ends;
    struct attempt *attempt;
    struct provider *provider;
    struct visit visit;
    int64_t came;
};

struct sim {
    struct world world;
    struct queue *q;
    struct due_heap ends;
    struct under_way slots[UNDER_WAY_MAX];
    struct under_way *free[UNDER_WAY_MAX];
    size_t free_count;
    double per_day;
    double owed; /* arrivals of this step, as a fraction */
    uint64_t came, delivered, bounced, put_off;
    size_t most_waiting;
    uint64_t delays[GROUPS][DELAYS];
    int64_t now;
};

static void router(void *ctx, const struct envelope *e, struct slice address, struct route *route_r)
{
    (void)e;
    (void)ctx;
    *route_r = (struct route){.destination = slice_from(address, slice_rfind(address, '@') + 1)};
}

static void die(const char *what)
{
    fprintf(stderr, "bench_simulation: %s\n", what);
    exit(1);
}

static struct provider *provider_of_domain(struct sim *s, uint32_t domain)
{
    return &s->world.providers[s->world.provider_of[domain]];
}

static void arrive(struct sim *s)
{
    char to[64], from[64];
    uint32_t domain = world_domain(&s->world);
    int len = snprintf(to, sizeof(to), "u%llu@d%u.example", (unsigned long long)s->came, domain);
    int from_len =
        snprintf(from, sizeof(from), "s%llu@sender.example", (unsigned long long)(s->came % 1000));
    struct recipient recipient = {.address = slice_of(to, (size_t)len)};
    struct envelope e = {.sender = slice_of(from, (size_t)from_len),
                         .client = SLICE("192.0.2.7"),
                         .protocol = SLICE("ESMTP"),
                         .received_at = s->now,
                         .recipients = &recipient,
                         .count = 1};
    struct err err;
    if (!queue_add(s->q, &(struct queue_message){.id = ++s->came, .envelope = &e}, s->now, &err))
        die(err.what);
    provider_of_domain(s, domain)->came++;
}

/* Those of one step of the clock. */
static void arrive_all(struct sim *s, int64_t step)
{
    s->owed += world_arrivals(s->now - s->world.start, s->per_day) * (double)step / SECOND;
    while (s->owed >= 1) {
        arrive(s);
        s->owed--;
    }
}

static uint32_t domain_of(const struct attempt *a)
{
    return (uint32_t)strtoul(a->route.destination.at + 1, NULL, 10); /* d123.example */
}

static void begin_all(struct sim *s)
{
    struct attempt *a;
    while ((a = queue_next(s->q, s->now))) {
        struct provider *p = provider_of_domain(s, domain_of(a));
        if (!queue_admit(s->q, &a, slice_str(p->name), 0, s->now))
            continue;
        if (!s->free_count)
            die("more attempts at once than it was told");
        struct under_way *u = s->free[--s->free_count];
        *u = (struct under_way){.attempt = a, .provider = p, .came = a->envelope->received_at};
        u->visit = provider_visit(&s->world, p, a, s->now);
        due_set(&s->ends, &u->ends, s->now + u->visit.takes);
    }
}

static void count_delay(struct sim *s, const struct under_way *u)
{
    size_t number = (size_t)(u->provider - s->world.providers);
    enum group group = number < LARGE             ? GROUP_LARGE
                       : number < LARGE + HOSTERS ? GROUP_HOSTERS
                                                  : GROUP_SMALL;
    size_t at = 0;
    while (at < DELAYS - 1 && delay_ms[at] < (double)(s->now - u->came))
        at++;
    s->delays[group][at]++;
}

static void end_all(struct sim *s)
{
    for (struct due *due; (due = due_take(&s->ends, s->now));) {
        struct under_way *u = LIST_ITEM(due, struct under_way, ends);
        struct decision d;
        provider_leave(u->provider, &u->visit);
        queue_report(s->q, &u->attempt, &u->visit.outcome, 1, &d, s->now);
        bool is_delivered = d.verdict == VERDICT_DELIVERED;
        bool is_settled = is_delivered || verdict_is_failure(d.verdict);
        s->delivered += is_delivered;
        s->bounced += is_settled && !is_delivered;
        s->put_off += !is_settled;
        u->provider->settled += is_settled;
        if (is_delivered)
            count_delay(s, u);
        s->free[s->free_count++] = u;
    }
}

static void look_after(struct sim *s)
{
    struct effect e;
    while (queue_effect(s->q, s->now, &e))
        if (e.kind == EFFECT_NOTICE)
            queue_notice_done(s->q, e.id, true, s->now);
}

/* Messages a minute that it can take. */
static double stands(const struct provider *p)
{
    double most = p->now.connections * ((double)MINUTE / (double)p->model->answer);
    if (p->now.is_down)
        return 0;
    return p->now.rate > 0 && p->now.rate * 60 < most ? p->now.rate * 60 : most;
}

static void tell_minute(struct sim *s)
{
    struct queue_counts counts;
    queue_count(s->q, &counts);
    if (counts.messages > s->most_waiting)
        s->most_waiting = counts.messages;
    for (size_t i = 0; i < LARGE; i++) {
        struct provider *p = &s->world.providers[i];
        printf("minute\t%lld\t%zu\t%.1f\t%u\t%u\t%u\t%u\t%llu\n",
               (long long)((s->now - s->world.start) / MINUTE), i, stands(p), p->delivered,
               p->throttled, p->crowded, p->most_open, (unsigned long long)(p->came - p->settled));
        p->delivered = p->throttled = p->crowded = 0;
        p->most_open = p->open;
    }
}

static void tell_delays(const struct sim *s, enum group g)
{
    static const double parts[] = {0.5, 0.9, 0.99};
    uint64_t all = 0;
    for (size_t at = 0; at < DELAYS; at++)
        all += s->delays[g][at];
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        uint64_t below = s->delays[g][0];
        size_t at = 0;
        while ((double)below < parts[i] * (double)all)
            below += s->delays[g][++at];
        printf("delay\t%s\t%.2f\t%.1f\n", group_names[g], parts[i], delay_ms[at] / SECOND);
    }
}

static void tell_total(const struct sim *s, int64_t spent)
{
    printf(
        "total\tcame\t%llu\ntotal\tdelivered\t%llu\ntotal\tbounced\t%llu\ntotal\tput off\t%llu\n",
        (unsigned long long)s->came, (unsigned long long)s->delivered,
        (unsigned long long)s->bounced, (unsigned long long)s->put_off);
    printf("total\tmost in the queue\t%zu\ntotal\treal seconds\t%.1f\n", s->most_waiting,
           (double)spent / SECOND);
    for (size_t i = 0; i < LARGE; i++)
        printf("provider\t%zu\t%llu\t%s\n", i, (unsigned long long)s->world.providers[i].came,
               large_models[i].what);
    for (enum group g = 0; g < GROUPS; g++)
        tell_delays(s, g);
}

static void run(struct sim *s)
{
    enum { STEP = 10 };
    for (; s->now < s->world.start + DAY; s->now += STEP) {
        arrive_all(s, STEP);
        end_all(s);
        begin_all(s);
        look_after(s);
        if ((s->now - s->world.start) % MINUTE == MINUTE - STEP)
            tell_minute(s);
    }
}

int main(int argc, char **argv)
{
    static struct sim s;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int64_t since = clock_monotonic_ms();
    struct queue_options o = queue_default_options();
    o.router = router;
    o.key = (struct hash_key){seed, 2};
    o.concurrency = PER_SITE;
    o.attempts = o.probes = DELIVERIES;
    s.per_day = argc > 1 ? strtod(argv[1], NULL) : 10e6;
    s.now = START;
    s.q = queue_new(&heap, &o);
    due_init(&s.ends, &heap);
    if (!s.q || !world_init(&s.world, seed, START) || !due_join(&s.ends, UNDER_WAY_MAX))
        die("out of memory");
    for (size_t i = 0; i < DELAYS; i++)
        delay_ms[i] = pow(2, (double)i / 2);
    for (; s.free_count < UNDER_WAY_MAX; s.free_count++)
        s.free[s.free_count] = &s.slots[s.free_count];
    run(&s);
    tell_total(&s, clock_monotonic_ms() - since);
    queue_free(&s.q, NULL, NULL);
    world_free(&s.world);
    return 0;
}
