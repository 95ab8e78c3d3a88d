/* Mailboxes that a delivery found full a moment ago: their next message is refused at RCPT, before
 * it is sent. Thread-safe; of bounded memory: the newest of too many are not known. */
#ifndef CANDOR_RECEIVE_FULL_BOXES_H
#define CANDOR_RECEIVE_FULL_BOXES_H

#include <pthread.h>

#include "base/map.h"

struct full_boxes {
    pthread_mutex_t lock; /* held for one look into the table */
    struct name_map boxes;
};

void full_boxes_init(struct full_boxes *f, const struct mem *mem, struct hash_key key);
void full_boxes_free(struct full_boxes *f);
/* `name`: the mailbox's address. `now`: monotonic ms. It counts as full for five minutes. */
void full_boxes_add(struct full_boxes *f, struct slice name, int64_t now);
/* A delivery succeeded. */
void full_boxes_remove(struct full_boxes *f, struct slice name);
bool full_boxes_has(struct full_boxes *f, struct slice name, int64_t now);

#endif
