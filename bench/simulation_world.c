#include "simulation_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(hour) ((int64_t)((hour)*HOUR))

const struct provider_model large_models[LARGE] = {
    {.what = "60 a second, all its domains together",
     .share = 0.24,
     .domains = 6000,
     .limits = {{.connections = 100, .rate = 60, .burst = 600}},
     .answer = 250,
     .slower = "4.7.28 Our system has detected an unusual rate of mail from your address"},
    {.what = "20 connections",
     .share = 0.16,
     .domains = 5000,
     .limits = {{.connections = 20}},
     .answer = 300,
     .slower = ""},
    {.what = "10 a second; who is faster is shut out for 5 minutes",
     .share = 0.06,
     .domains = 500,
     .limits = {{.connections = 50, .rate = 10, .burst = 100}},
     .penalty = 5 * MINUTE,
     .answer = 200,
     .slower = "4.7.1 Rate limit exceeded"},
    {.what = "20 a second, 8 from noon, 30 from 15 h",
     .share = 0.06,
     .domains = 2000,
     .limits = {{.connections = 50, .rate = 20, .burst = 200},
                {.from = AT(12), .connections = 50, .rate = 8, .burst = 80},
                {.from = AT(15), .connections = 50, .rate = 30, .burst = 300}},
     .answer = 250,
     .slower = "4.7.0 Too many messages from your address, slow down"},
    {.what = "30 connections; gone from 10 h to 11:30, then weak for half an hour",
     .share = 0.05,
     .domains = 2000,
     .limits = {{.connections = 30},
                {.from = AT(10), .is_down = true},
                {.from = AT(11.5), .connections = 5},
                {.from = AT(12), .connections = 30}},
     .answer = 400,
     .slower = ""},
    {.what = "12 a second, says when to come again",
     .share = 0.04,
     .domains = 300,
     .limits = {{.connections = 25, .rate = 12, .burst = 120}},
     .answer = 200,
     .slower = "4.7.1 Rate limit exceeded, try again in 60 seconds"},
    {.what = "greylisting, 10 connections",
     .share = 0.03,
     .domains = 1500,
     .limits = {{.connections = 10}},
     .greylist = 5 * MINUTE,
     .answer = 300,
     .slower = ""},
    {.what = "3 connections",
     .share = 0.02,
     .domains = 2000,
     .limits = {{.connections = 3}},
     .answer = 300,
     .slower = ""},
};

/* The rest of the mail. */
static const double hosters_share = 0.22;
enum { HOSTERS_DOMAINS = 6000 };

double world_draw(struct world *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double between(struct world *w, double least, double most)
{
    return least * pow(most / least, world_draw(w));
}

/* Hosters of middle size: few connections, and some of them a rate. */
static struct provider_model draw_hoster(struct world *w)
{
    struct provider_model m = {.answer = (int64_t)between(w, 100, 600),
                               .slower = "4.7.1 Too many messages, slow down"};
    m.limits[0].connections = (uint32_t)between(w, 3, 40);
    if (world_draw(w) < 0.3) {
        m.limits[0].rate = between(w, 0.3, 5);
        m.limits[0].burst = between(w, 5, 100);
    }
    return m;
}

/* A server of its own: one in twenty is dead, one in five greylists. */
static struct provider_model draw_small(struct world *w)
{
    struct provider_model m = {.answer = (int64_t)between(w, 100, 2000),
                               .slower = "4.7.1 Too many messages, slow down"};
    m.limits[0].connections = (uint32_t)between(w, 2, 20);
    m.limits[0].is_down = world_draw(w) < 0.05;
    m.greylist = world_draw(w) < 0.2 ? (int64_t)between(w, MINUTE, 10 * MINUTE) : 0;
    return m;
}

static void provider_init(struct provider *p, size_t number, int64_t start)
{
    if (number < LARGE)
        p->model = &large_models[number];
    else
        p->model = &p->own;
    p->now = p->model->limits[0];
    p->tokens = p->now.burst;
    p->counted = start;
    (void)snprintf(p->name, sizeof(p->name), "mx.p%zu.example", number);
}

bool world_init(struct world *w, uint64_t seed, int64_t start)
{
    *w = (struct world){.random = seed, .start = start};
    uint32_t domain = 0;
    for (size_t i = 0; i < LARGE; i++) {
        w->first_domain[i] = domain;
        for (uint32_t n = 0; n < large_models[i].domains; n++)
            w->provider_of[domain++] = (uint32_t)i;
    }
    w->first_domain[LARGE] = domain;
    for (uint32_t n = 0; n < HOSTERS_DOMAINS; n++)
        w->provider_of[domain++] = LARGE + n % HOSTERS;
    w->first_domain[LARGE + 1] = domain;
    w->provider_count = LARGE + HOSTERS + (DOMAINS - domain);
    for (uint32_t n = LARGE + HOSTERS; domain < DOMAINS; n++)
        w->provider_of[domain++] = n;
    w->providers = calloc(w->provider_count, sizeof(*w->providers));
    for (size_t i = 0; w->providers && i < w->provider_count; i++) {
        struct provider *p = &w->providers[i];
        if (i >= LARGE)
            p->own = i < LARGE + HOSTERS ? draw_hoster(w) : draw_small(w);
        provider_init(p, i, start);
    }
    return w->providers != NULL;
}

void world_free(struct world *w)
{
    free(w->providers);
}

/* Quiet at night, busy in the afternoon; and a newsletter at nine that makes a twelfth of the day's
 * mail in ten minutes. */
double world_arrivals(int64_t of_day, double total)
{
    static const double newsletter = 1.0 / 12, pi = 3.14159265358979;
    double wave = 1 - 0.8 * cos(2 * pi * ((double)of_day / DAY - 2.0 / 24));
    double rate = total * (1 - newsletter) * wave * SECOND / DAY;
    if (of_day >= 9 * HOUR && of_day < 9 * HOUR + 10 * MINUTE)
        rate += total * newsletter / 600;
    return rate;
}

/* The first ones of a group get most of its mail. */
static uint32_t pick(struct world *w, uint32_t first, uint32_t end)
{
    double u = world_draw(w);
    return first + (uint32_t)((end - first) * u * u * u);
}

uint32_t world_domain(struct world *w)
{
    double u = world_draw(w);
    for (size_t i = 0; i < LARGE; i++) {
        if (u < large_models[i].share)
            return pick(w, w->first_domain[i], w->first_domain[i + 1]);
        u -= large_models[i].share;
    }
    if (u < hosters_share)
        return pick(w, w->first_domain[LARGE], w->first_domain[LARGE + 1]);
    return pick(w, w->first_domain[LARGE + 1], DOMAINS);
}

static void look_at_clock(struct provider *p, int64_t start, int64_t now)
{
    for (size_t i = 1; i < CHANGES_MAX && p->model->limits[i].from; i++)
        if (now - start >= p->model->limits[i].from)
            p->now = p->model->limits[i];
    p->tokens += p->now.rate * (double)(now - p->counted) / SECOND;
    if (p->tokens > p->now.burst)
        p->tokens = p->now.burst;
    p->counted = now;
}

static bool is_too_fast(struct provider *p, int64_t now)
{
    if (p->now.rate <= 0)
        return false;
    if (now < p->closed_until)
        return true;
    if (p->tokens >= 1) {
        p->tokens--;
        return false;
    }
    p->closed_until = now + p->model->penalty;
    return true;
}

static struct visit answer(struct provider *p, enum stage stage, uint16_t code, const char *text,
                           int64_t takes)
{
    struct visit v = {.takes = takes, .is_inside = stage != STAGE_CONNECT};
    struct slice rest = slice_str(text), first;
    v.outcome = (struct outcome){
        .recipient = OUTCOME_ALL, .stage = stage, .host = slice_str(p->name), .reply.code = code};
    if (slice_word(&rest, &first) && enhanced_parse(first, &v.outcome.reply.enhanced))
        v.outcome.reply.text = slice_trim(rest);
    p->open += v.is_inside;
    if (p->open > p->most_open)
        p->most_open = p->open;
    return v;
}

struct visit provider_visit(struct world *w, struct provider *p, const struct attempt *a,
                            int64_t now)
{
    enum { ROUND_TRIP = 50, TIMEOUT = 30 * SECOND };
    int64_t takes = (int64_t)((double)p->model->answer * (0.5 + world_draw(w)));
    look_at_clock(p, w->start, now);
    if (p->now.is_down) {
        struct visit v = answer(p, STAGE_CONNECT, 0, "", TIMEOUT);
        v.outcome.failure = SLICE("connection timed out");
        return v;
    }
    if (p->now.connections && p->open >= p->now.connections) {
        p->crowded++;
        return answer(p, STAGE_CONNECT, 421,
                      "4.7.0 Too many concurrent connections from your address", ROUND_TRIP);
    }
    if (is_too_fast(p, now)) {
        p->throttled++;
        return answer(p, STAGE_MAIL, 450, p->model->slower, 3 * ROUND_TRIP);
    }
    if (p->model->greylist && now - a->envelope->received_at < p->model->greylist)
        return answer(p, STAGE_RCPT, 450, "4.7.1 Greylisted", 3 * ROUND_TRIP);
    if (world_draw(w) < 0.01)
        return answer(p, STAGE_RCPT, 550, "5.1.1 No such user here", 3 * ROUND_TRIP);
    return answer(p, STAGE_END_OF_DATA, 250, "2.0.0 Ok", takes);
}

void provider_leave(struct provider *p, const struct visit *v)
{
    p->open -= v->is_inside;
    p->delivered += v->outcome.reply.code == 250;
}
