/* How fast a site can be given mail, found from what it says and from nothing else: what it took
 * between two complaints is what it stands. Then it is given a little less, comes near the old
 * speed soon, and beyond that in steps that are small first and rarer after each complaint. */
#ifndef CANDOR_QUEUE_PACE_H
#define CANDOR_QUEUE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing is known, messages go as they come. */
struct pace {
    int64_t step;     /* µs from one message to the next; 0: as they come */
    int64_t next;     /* unix µs of the next one */
    int64_t near;     /* the step that is near to the one that was too fast */
    int64_t since;    /* unix ms… */
    uint32_t taken;   /* …and how many messages were taken since */
    uint32_t begun;   /* since the step was changed… */
    int64_t changed;  /* …unix ms */
    uint32_t calm;    /* changes for the faster since the last complaint */
    uint32_t caution; /* complaints in a row that came when more was dared */
};

/* A message goes: unix ms, when the next one may. `least`: ms from one to the next, 0: none set. */
int64_t pace_begin(struct pace *p, int64_t least, int64_t now);
/* A message was taken. */
void pace_took(struct pace *p, int64_t now);
/* It found us too fast: once for all messages of the same time. */
void pace_refused(struct pace *p, int64_t now);

static inline bool pace_is_known(const struct pace *p)
{
    return p->step != 0;
}

#endif
