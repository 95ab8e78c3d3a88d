/* Which sender mail leaves with: its own, one that forwards what comes back (SRS), or one that
 * tells which recipient it was for (VERP). */
#include "server/scheduler.h"

#include "system/clock.h"

/* Our own mail is tracked where that is set; of strangers' mail all that leaves is forwarded. */
static bool write_path(const struct snapshot *n, const struct attempt *a, struct buf *out)
{
    const struct envelope *e = a->envelope;
    struct address sender = {.domain = slice_from(e->sender, slice_rfind(e->sender, '@') + 1)};
    if (n->reverse.secret.len == 0 || e->sender.len == 0)
        return false;
    if (reverse_path_tracks(&n->reverse, e->sender))
        return a->count == 1 && places_is_ours(&n->places, e) &&
               reverse_path_track(&n->reverse, e->sender, e->recipients[a->recipients[0]].address,
                                  clock_unix_ms(), out);
    return !places_is_ours(&n->places, e) && !access_local_domain(&n->places.access, &sender) &&
           reverse_path_forward(&n->reverse, e->sender, clock_unix_ms(), out);
}

void return_path_set(const struct snapshot *n, struct delivery *d)
{
    char storage[ADDRESS_MAX + 1];
    struct buf path;
    buf_init_fixed(&path, storage, sizeof(storage));
    if (!write_path(n, d->attempt, &path) ||
        !arena_dup(&d->arena, buf_slice(&path), &d->reverse_path))
        d->reverse_path = SLICE("");
}

bool return_path_is_alone(void *ctx, const struct envelope *e)
{
    const struct scheduler *s = ctx;
    return reverse_path_tracks(&s->snapshot->reverse, e->sender) &&
           places_is_ours(&s->snapshot->places, e);
}
