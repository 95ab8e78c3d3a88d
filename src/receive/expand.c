#include "receive/expand.h"

#include "base/map.h"

enum {
    DEPTH_MAX = 20,         /* of aliases that lead to aliases; loops end by being seen */
    RECIPIENTS_MAX = 20000, /* of one message */
    ORIGINAL_MAX = 500      /* octets of ORCPT, RFC 3461 4.2 */
};

struct expansion {
    const struct access_table *table;
    struct arena *arena;
    struct name_map kept;   /* address -> its place in recipients */
    struct name_map opened; /* aliases that were replaced */
    struct recipient *recipients;
    size_t count, room;
    bool has_utf8;
};

/* Mailboxes of ours are the same in any case of letters; elsewhere that is not for us to say (RFC
 * 5321 2.4). */
static bool is_kept(const struct expansion *x, const struct address *a)
{
    const struct slice *first = name_map_get(&x->kept, a->text);
    return first && (slice_eq(*first, a->text) || access_local_domain(x->table, a));
}

static bool grow(struct expansion *x)
{
    if (x->count < x->room)
        return true;
    size_t room = x->room * 2;
    struct recipient *list =
        room <= RECIPIENTS_MAX * 2 ? arena_array(x->arena, room, sizeof(*list)) : NULL;
    if (!list)
        return false;
    memcpy(list, x->recipients, x->count * sizeof(*list));
    x->recipients = list;
    x->room = room;
    return true;
}

static bool keep(struct expansion *x, const struct recipient *r, const struct address *a)
{
    struct slice *name = arena_take(x->arena, sizeof(*name));
    if (is_kept(x, a))
        return true;
    if (!name || !grow(x))
        return false;
    *name = r->address;
    x->recipients[x->count++] = *r;
    x->has_utf8 = x->has_utf8 || !slice_is_ascii(r->address);
    return name_map_get(&x->kept, r->address) || name_map_put(&x->kept, r->address, name);
}

/* ORCPT of who was named without one (RFC 3461 5.2.7.2); empty when it does not fit or is not
 * ASCII. */
static struct slice original_of(struct expansion *x, struct slice address)
{
    static const char digits[] = "0123456789ABCDEF";
    char storage[ORIGINAL_MAX];
    struct buf out;
    struct slice kept;
    buf_init_fixed(&out, storage, sizeof(storage));
    buf_add_str(&out, "rfc822;");
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.at[i];
        if (c >= 0x80)
            return SLICE("");
        if (c > ' ' && c <= '~' && c != '+' && c != '=') {
            buf_add_char(&out, (char)c);
            continue;
        }
        buf_add_char(&out, '+');
        buf_add_char(&out, digits[c >> 4]);
        buf_add_char(&out, digits[c & 15]);
    }
    return !out.failed && arena_dup(x->arena, buf_slice(&out), &kept) ? kept : SLICE("");
}

static bool add(struct expansion *x, const struct recipient *r, struct slice parent,
                unsigned depth);

static bool open_alias(struct expansion *x, const struct recipient *r,
                       const struct access_alias *alias, unsigned depth)
{
    struct recipient to = *r;
    if (name_map_get(&x->opened, r->address))
        return true;
    if (!name_map_put(&x->opened, r->address, x))
        return false;
    if (to.original.len == 0)
        to.original = original_of(x, r->address);
    for (size_t i = 0; i < alias->count; i++) {
        to.address = alias->targets[i];
        if (!add(x, &to, r->address, depth + 1))
            return false;
    }
    return true;
}

/* An alias that names itself means the mailbox (`bob: bob, archive`). */
static bool add(struct expansion *x, const struct recipient *r, struct slice parent, unsigned depth)
{
    struct address a = address_split(r->address);
    const struct access_alias *alias = access_alias(x->table, &a);
    bool is_final = !alias || alias->access == ACCESS_MOVED || alias->count == 0 ||
                    depth >= DEPTH_MAX || slice_ieq(r->address, parent);
    return is_final ? keep(x, r, &a) : open_alias(x, r, alias, depth);
}

/* Whoever is only reached by aliases that go round in a circle is kept as named: the mail comes
 * back with the reason, it is not lost. */
static bool add_named(struct expansion *x, const struct recipient *r)
{
    size_t kept = x->count, opened = x->opened.count;
    struct address a = address_split(r->address);
    if (!add(x, r, SLICE(""), 0))
        return false;
    bool goes_nowhere = x->count == 0 && kept == 0 && x->opened.count > opened;
    return !goes_nowhere || keep(x, r, &a);
}

bool expand_recipients(struct envelope *e, const struct access_table *t, const struct mem *mem,
                       struct hash_key key, struct arena *arena)
{
    struct expansion x = {.table = t, .arena = arena, .room = e->count ? e->count : 1};
    x.recipients = arena_array(arena, x.room, sizeof(*x.recipients));
    bool done = x.recipients != NULL;
    name_map_init(&x.kept, mem, key);
    name_map_init(&x.opened, mem, key);
    for (size_t i = 0; done && i < e->count; i++)
        done = add_named(&x, &e->recipients[i]);
    if (done) {
        e->recipients = x.recipients;
        e->count = x.count;
        e->smtputf8 = e->smtputf8 || x.has_utf8;
    }
    name_map_free(&x.kept);
    name_map_free(&x.opened);
    return done;
}
