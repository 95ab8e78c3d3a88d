/* Queue ids and their senders: a table of fixed size, in sets of four. A full set loses the entry
 * that was put longest ago, so nobody can make it grow or slow by choosing ids. It lies in pieces
 * that are taken when they are used first: a short log needs few. */
#include "base/hash.h"
#include "logs/inside.h"

enum { PIECES = 128, SETS = 64, WAYS = 4, ID_MAX = 28, SENDER_MAX = 96 };

struct sender {
    uint32_t put_at; /* 0: free */
    uint8_t id_len, sender_len;
    char id[ID_MAX];
    char sender[SENDER_MAX];
};

struct piece {
    struct sender sets[SETS][WAYS];
};

struct log_senders {
    const struct mem *mem;
    uint32_t puts;
    struct piece *pieces[PIECES]; /* NULL: never used */
};

static const struct hash_key key = {0x63616e646f72U, 0x6c6f6773U};

struct log_senders *logs_senders_new(const struct mem *mem)
{
    struct log_senders *s = mem_take(mem, sizeof(*s));
    if (s)
        *s = (struct log_senders){.mem = mem};
    return s;
}

void logs_senders_free(struct log_senders *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < PIECES; i++)
        mem_give(s->mem, s->pieces[i], sizeof(struct piece));
    mem_give(s->mem, s, sizeof(*s));
}

static bool is_id(const struct sender *e, struct slice id)
{
    return e->put_at && e->id_len == id.len && memcmp(e->id, id.at, id.len) == 0;
}

static struct sender *set_of(const struct log_senders *s, struct slice id, size_t *piece_r)
{
    uint64_t hash = hash_slice(&key, id);
    *piece_r = hash % PIECES;
    struct piece *piece = s->pieces[*piece_r];
    return piece ? piece->sets[hash / PIECES % SETS] : NULL;
}

void logs_senders_put(struct log_senders *s, struct slice id, struct slice sender)
{
    if (id.len == 0 || id.len > ID_MAX || sender.len > SENDER_MAX)
        return;
    size_t piece;
    struct sender *set = set_of(s, id, &piece);
    if (!set) {
        s->pieces[piece] = mem_take(s->mem, sizeof(struct piece));
        if (!s->pieces[piece])
            return; /* not kept */
        memset(s->pieces[piece], 0, sizeof(struct piece));
        set = set_of(s, id, &piece);
    }
    struct sender *to = set;
    for (struct sender *e = set; e < set + WAYS; e++) {
        if (is_id(e, id)) {
            to = e;
            break;
        }
        if (e->put_at < to->put_at)
            to = e;
    }
    if (++s->puts == 0)
        s->puts = 1;
    to->put_at = s->puts;
    to->id_len = (uint8_t)id.len;
    to->sender_len = (uint8_t)sender.len;
    memcpy(to->id, id.at, id.len);
    memcpy(to->sender, sender.at, sender.len);
}

struct slice logs_senders_get(const struct log_senders *s, struct slice id)
{
    if (id.len > 0 && id.len <= ID_MAX) {
        size_t piece;
        const struct sender *set = set_of(s, id, &piece);
        for (const struct sender *e = set; set && e < set + WAYS; e++)
            if (is_id(e, id))
                return slice_of(e->sender, e->sender_len);
    }
    return (struct slice){"", 0};
}
