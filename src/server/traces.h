/* Transcripts of attempts that failed, the last one of each message, as long as there is room: the
 * oldest go first. In memory only. */
#ifndef CANDOR_SERVER_TRACES_H
#define CANDOR_SERVER_TRACES_H

#include "base/list.h"
#include "base/map.h"
#include "spool/spool.h"

struct traces {
    struct id_map by_id;
    struct list all; /* oldest first */
    size_t bytes;
};

struct trace_view {
    int64_t at; /* unix ms */
    struct slice text;
};

void traces_init(struct traces *t);
void traces_free(struct traces *t);
/* Copies it in place of what was there. Without memory nothing is kept. */
void traces_keep(struct traces *t, spool_id id, struct slice text, int64_t now);
/* False: none is kept. Valid until the next change. */
bool traces_find(const struct traces *t, spool_id id, struct trace_view *view_r);

#endif
