#include "queue/source.h"

enum { DAY_MS = 24 * 3600 * 1000, LINE_BYTES = 400 };
/* A crash forgets less than this part of a day's number. */
enum { NOTED_PARTS = 100 };

static int64_t day_of(int64_t now)
{
    return now / DAY_MS;
}

int64_t source_next_day(int64_t now)
{
    return (day_of(now) + 1) * DAY_MS;
}

uint64_t source_limit(const struct source *s, int64_t now)
{
    const struct warm_up *w = &s->warm_up;
    int64_t days = day_of(now) - w->begins;
    uint64_t limit = w->first;
    if (!w->begins)
        return UINT64_MAX;
    if (days < 0)
        return 0;
    for (; days > 0 && limit < w->last && w->growth; days--)
        limit += limit * w->growth / 100 > 0 ? limit * w->growth / 100 : 1;
    return limit >= w->last ? UINT64_MAX : limit;
}

uint64_t source_sent(const struct source *s, int64_t now)
{
    return s->day == day_of(now) ? s->sent : 0;
}

enum warm_up_stage source_stage(const struct source *s, int64_t now)
{
    if (!s->warm_up.begins)
        return WARM_UP_NONE;
    if (day_of(now) < s->warm_up.begins)
        return WARM_UP_BEFORE;
    return source_limit(s, now) == UINT64_MAX ? WARM_UP_OVER : WARM_UP_UNDER_WAY;
}

int64_t source_warm_up_day(const struct source *s, int64_t now)
{
    return day_of(now) - s->warm_up.begins + 1;
}

bool source_is_in(const struct sources *all, uint8_t pool, uint8_t source)
{
    const struct source_pool *p = &all->pools[pool - 1];
    for (size_t i = 0; i < p->count; i++)
        if (p->members[i] == source)
            return true;
    return false;
}

bool source_may_send(const struct sources *all, uint8_t source, int64_t now)
{
    const struct source *s = &all->list[source - 1];
    return source_sent(s, now) < source_limit(s, now);
}

/* The member at a place of the line in which each stands as often as it weighs. */
static uint8_t at_weight(const struct sources *all, const struct source_pool *pool, uint64_t place,
                         bool any, int64_t now)
{
    for (size_t i = 0; i < pool->count; i++) {
        const struct source *s = &all->list[pool->members[i] - 1];
        if (!any && !source_may_send(all, pool->members[i], now))
            continue;
        if (place < s->weight)
            return pool->members[i];
        place -= s->weight;
    }
    return pool->members[0];
}

static uint64_t weight_of(const struct sources *all, const struct source_pool *pool, bool any,
                          int64_t now)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < pool->count; i++)
        if (any || source_may_send(all, pool->members[i], now))
            weight += all->list[pool->members[i] - 1].weight;
    return weight;
}

uint8_t source_pick(const struct sources *all, uint8_t number, uint64_t seed, int64_t now)
{
    const struct source_pool *pool = &all->pools[number - 1];
    uint64_t weight = weight_of(all, pool, false, now);
    bool any = weight == 0;
    if (any)
        weight = weight_of(all, pool, true, now);
    return at_weight(all, pool, weight ? seed % weight : 0, any, now);
}

void source_write_line(struct buf *out, const struct source *s)
{
    buf_addf(out, "%lld\t%llu\t%.*s\n", (long long)s->day, (unsigned long long)s->sent,
             SLICE_ARG(s->name));
}

static void note(const struct sources *all, struct source *s)
{
    char storage[LINE_BYTES];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    source_write_line(&line, s);
    s->noted = s->sent;
    if (all->wrote && !line.failed)
        all->wrote(all->ctx, buf_slice(&line));
}

void source_count(struct sources *all, uint8_t source, int64_t now)
{
    struct source *s = &all->list[source - 1];
    uint64_t limit = source_limit(s, now);
    if (s->day != day_of(now)) {
        s->day = day_of(now);
        s->sent = s->noted = 0;
    }
    s->sent++;
    if (limit != UINT64_MAX && s->sent - s->noted > limit / NOTED_PARTS)
        note(all, s);
}

void source_uncount(struct sources *all, uint8_t source, int64_t now)
{
    struct source *s = &all->list[source - 1];
    if (s->day == day_of(now) && s->sent > 0)
        s->sent--;
    if (s->noted > s->sent)
        s->noted = s->sent;
}

bool sources_read_line(struct sources *all, struct slice line)
{
    struct slice rest = line, day, sent;
    uint64_t days, messages;
    if (!slice_split(&rest, '\t', &day) || !slice_split(&rest, '\t', &sent) ||
        !slice_u64(day, &days) || days > INT32_MAX || !slice_u64(sent, &messages) || rest.len == 0)
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (slice_ieq(all->list[i].name, rest)) {
            all->list[i].day = (int64_t)days;
            all->list[i].sent = all->list[i].noted = messages;
        }
    return true;
}
