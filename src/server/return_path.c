/* Which sender mail leaves with: its own, one that forwards what comes back (SRS), or one that
 * tells which recipient it was for (VERP), always or because its sender asked for that. */
#include "server/scheduler.h"

#include "system/clock.h"

/* Its sender asked for it. In our own form where what comes back comes to us. */
static bool write_asked(const struct snapshot *n, const struct envelope *e, struct slice recipient,
                        const struct address *sender, struct buf *out)
{
    static const struct slice usual = SLICE_INIT("+=");
    bool is_own = e->verp[0] == 0 && n->reverse.secret.len > 0 &&
                  access_local_domain(&n->places.access, sender);
    if (is_own)
        return reverse_path_track_asked(&n->reverse, e->sender, recipient, clock_unix_ms(), out);
    return reverse_path_delimit(e->verp[0] ? envelope_verp(e) : usual, e->sender, recipient, out);
}

/* Our own mail is tracked where that is set; of strangers' mail all that leaves is forwarded. */
static bool write_path(const struct snapshot *n, const struct attempt *a, struct buf *out)
{
    const struct envelope *e = a->envelope;
    struct address sender = {.domain = slice_from(e->sender, slice_rfind(e->sender, '@') + 1)};
    struct slice recipient = e->recipients[a->recipients[0]].address;
    if (e->sender.len == 0)
        return false;
    if (e->wants_verp && a->count == 1)
        return write_asked(n, e, recipient, &sender, out);
    if (n->reverse.secret.len == 0)
        return false;
    if (reverse_path_tracks(&n->reverse, e->sender))
        return a->count == 1 && places_is_ours(&n->places, e) &&
               reverse_path_track(&n->reverse, e->sender, recipient, clock_unix_ms(), out);
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
    return e->wants_verp || (reverse_path_tracks(&s->snapshot->reverse, e->sender) &&
                             places_is_ours(&s->snapshot->places, e));
}
