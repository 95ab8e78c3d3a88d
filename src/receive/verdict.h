/* From what policy and the spool find to the reply that says it. */
#ifndef CANDOR_RECEIVE_VERDICT_H
#define CANDOR_RECEIVE_VERDICT_H

#include "mail/envelope.h"
#include "policy/access.h"
#include "receive/clients.h"
#include "receive/full_boxes.h"
#include "reply/reply.h"

struct reply verdict_of_access(enum access access, const struct access_table *t,
                               const struct address *recipient, struct slice client,
                               struct arena *arena);
/* Whether the mailbox of a recipient takes a message of `size` bytes (0: not said), as far as that
 * is known before it is delivered. False: *reply_r is the refusal. */
MUST_CHECK bool verdict_has_room(const struct access_table *t, struct full_boxes *full,
                                 const struct address *recipient, uint64_t size, int64_t now,
                                 struct arena *arena, struct reply *reply_r);
/* The sender is taken, a priority only from who may ask for one (RFC 6710 4). */
struct reply verdict_mail_ok(const struct envelope *e, bool is_one_of_ours, struct arena *arena);
/* Not for ERR_OK: what is said then depends on the command. */
struct reply verdict_of_spool(enum err_code code);
struct reply verdict_too_many(const struct clients *clients, struct slice client,
                              struct arena *arena);

#endif
