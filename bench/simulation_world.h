/* A world of mail for the simulation: providers with limits of their own that nobody is told of,
 * the domains that they host, and who writes to whom at what time of the day. Every draw comes from
 * one seed, so a run can be repeated. */
#ifndef CANDOR_BENCH_SIMULATION_WORLD_H
#define CANDOR_BENCH_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/attempt.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* What a provider stands; 0: without limit. From `from` (ms of the day) on. */
struct limits {
    int64_t from;
    uint32_t connections;
    double rate;  /* messages a second… */
    double burst; /* …and how many more after a quiet time */
    bool is_down; /* nobody answers */
};

enum { CHANGES_MAX = 4 };

struct provider_model {
    const char *what; /* in words, for the plots */
    double share;     /* of all mail */
    uint32_t domains;
    struct limits limits[CHANGES_MAX]; /* the first of the day, and later ones */
    int64_t penalty;    /* ms for which it takes nothing more after it was asked too fast */
    int64_t greylist;   /* ms that a new message has to wait */
    int64_t answer;     /* ms that a message takes on a connection */
    const char *slower; /* what it says to who is too fast */
};

struct provider {
    const struct provider_model *model;
    struct provider_model own; /* of a small one: drawn */
    struct limits now;
    char name[40];   /* its mail exchanger */
    uint32_t open;   /* connections */
    double tokens;   /* messages that it takes at once now */
    int64_t counted; /* when they were last counted */
    int64_t closed_until;
    /* of the minute */
    uint32_t delivered, throttled, crowded, most_open;
    /* of the day */
    uint64_t came, settled;
};

enum {
    LARGE = 8,     /* are watched by the minute */
    HOSTERS = 200, /* of middle size */
    DOMAINS = 50000
};

struct world {
    uint64_t random;
    int64_t start; /* unix ms of the day's begin */
    struct provider *providers;
    size_t provider_count;
    uint32_t provider_of[DOMAINS];
    uint32_t first_domain[LARGE + 2]; /* of each large one, of the hosters, of the small ones */
};

/* Text of the tables below: what large providers stand and how much mail they get. */
extern const struct provider_model large_models[LARGE];

bool world_init(struct world *w, uint64_t seed, int64_t start);
void world_free(struct world *w);
double world_draw(struct world *w); /* [0, 1) */
/* Messages a second at this ms of the day, of `total` a day. */
double world_arrivals(int64_t of_day, double total);
/* A domain that somebody writes to now. */
uint32_t world_domain(struct world *w);

/* Somebody connects to deliver a message: what will come of it, and how long it takes. */
struct visit {
    struct outcome outcome;
    int64_t takes;  /* ms */
    bool is_inside; /* it holds a connection meanwhile */
};
struct visit provider_visit(struct world *w, struct provider *p, const struct attempt *a,
                            int64_t now);
void provider_leave(struct provider *p, const struct visit *v);

#endif
