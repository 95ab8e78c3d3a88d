#include "queue/pace.h"

/* µs. Below the least it is not worth to keep to a pace. */
enum { STEP_LEAST = 500, STEP_MOST = 60 * 1000 * 1000 };
/* A late scheduler makes up for so much, in µs. */
enum { LATE_MOST = 100 * 1000 };
/* ms: between two changes; what is counted over when there are no complaints, without a pace and
 * with one; and what counts of the time before the first message, and before the first after a
 * complaint. */
enum {
    CHANGE_EVERY = 5000,
    COUNT_FREE = 60 * 1000,
    COUNT_PACED = 600 * 1000,
    COUNT_FIRST = 1000,
    COUNT_PAUSE = 30 * 1000
};
/* Beyond what was too fast a step is made 2^-12 shorter each time, twice that after 24 changes (two
 * minutes) and so on, up to 2^-4; after each complaint about that the doubling takes twice as long,
 * at most 2^3 times; 2^6 times where we were shut out, and there the steps are smaller too. */
enum { DARE_FIRST = 12, DARE_MOST = 4, DARE_CHANGES = 24, CAUTION_MOST = 3, CAUTION_SHUT_OUT = 6 };

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

int64_t pace_begin(struct pace *p, int64_t least, int64_t now)
{
    int64_t step = p->step > least * 1000 ? p->step : least * 1000;
    bool is_in_time = p->next >= now * 1000 - LATE_MOST;
    p->begun++;
    if (!step)
        return now;
    p->next = (is_in_time ? p->next : now * 1000) + step;
    return (p->next + 999) / 1000;
}

/* What was long ago counts for less and less. A site may gather while it is left alone how much it
 * takes afterwards, so some of a pause counts too; but it may also have shut us out. */
static void age(struct pace *p, int64_t now)
{
    int64_t lead = p->step ? COUNT_PAUSE : COUNT_FIRST;
    if (!p->taken && now - p->since > lead)
        p->since = now - lead;
    if (now - p->since > (p->step ? COUNT_PACED : COUNT_FREE)) {
        p->since += (now - p->since) / 2;
        p->taken /= 2;
    }
}

static void quicken(struct pace *p)
{
    uint32_t doublings = p->calm / ((uint32_t)DARE_CHANGES << p->caution);
    if (p->step > p->near) {
        p->step -= p->step / 16;
        return;
    }
    p->calm++;
    if (doublings > DARE_FIRST - DARE_MOST)
        doublings = DARE_FIRST - DARE_MOST;
    uint32_t shut_out = p->caution > CAUTION_MOST ? p->caution - CAUTION_MOST : 0;
    p->step -= (p->step >> (DARE_FIRST + shut_out - doublings)) + 1;
    if (p->step < p->near - p->near / 4) /* it stands much more than it did */
        p->caution = 0;
}

/* Only a pace that was kept to, not one that nobody needed, says that more may be dared. */
void pace_took(struct pace *p, int64_t now)
{
    age(p, now);
    p->taken++;
    if (!p->step || now - p->changed < CHANGE_EVERY)
        return;
    bool was_used = p->begun * p->step >= (now - p->changed) * 1000 / 4 * 3;
    p->changed = now;
    p->begun = 0;
    if (was_used)
        quicken(p);
    if (p->step < STEP_LEAST)
        *p = (struct pace){.since = now};
}

/* With nothing taken since the last complaint it was the pause that was too short: daring costs
 * more there. */
void pace_refused(struct pace *p, int64_t now)
{
    if (!p->taken) {
        p->caution += pace_is_known(p) && p->caution < CAUTION_SHUT_OUT;
        return;
    }
    int64_t found = within((now - p->since) * 1000 / p->taken, STEP_LEAST, STEP_MOST);
    int64_t was = p->step ? p->step : found;
    if (p->step && was <= p->near)
        p->caution += p->caution < CAUTION_MOST;
    else
        p->caution = 0;
    p->step = within(within(found, was + was / 4, was * 2), STEP_LEAST, STEP_MOST);
    p->near = (was + p->step) / 2;
    p->since = p->changed = now;
    p->taken = p->begun = p->calm = 0;
}
