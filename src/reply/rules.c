#include "reply/rules.h"

#include "base/eight.h"

/* A literal that was seen; kept, since a later one may need it to make up a clause. */
struct hit {
    uint16_t literal;
    uint16_t end;
};
enum { HITS_MAX = FOLD_MAX, SEEN_BITS = 64 };

struct run {
    const struct rule_tables *t;
    struct rule_matches *matches;
    uint64_t seen[CLAUSES_MAX / SEEN_BITS]; /* clauses that were found */
    uint64_t
        hit_bits; /* 1 << literal % 64 of each hit: most literals that are asked for are none */
    size_t hits;
    struct hit hit[HITS_MAX];
};

/* The hit of `literal` that began last of those that end before `begin` with at most `gap` symbols
 * between. A phrase and its follower share the space between them. `from` when there is none. */
static size_t find_before(const struct run *r, size_t from, uint16_t literal, size_t begin,
                          size_t gap)
{
    for (size_t i = from; i-- > 0;) {
        const struct hit *h = &r->hit[i];
        if (h->end + gap + r->t->longest_literal < begin)
            break; /* and those that began before it are too far away as well */
        if (h->literal == literal && h->end <= begin + 1 && h->end + gap >= begin)
            return i;
    }
    return from;
}

/* Whether the parts before the last one, which ends at `end`, stand there too, in their order. */
static bool is_complete(const struct run *r, const struct rule_clause *c, size_t end)
{
    const struct rule_part *part = &r->t->parts[c->first_part + c->parts - 1U];
    for (size_t i = c->parts, from = r->hits; i-- > 1; part--) {
        size_t begin = end - r->t->literals[part->literal].len;
        size_t found = find_before(r, from, part[-1].literal, begin, part->gap);
        if (found == from)
            return false;
        from = found;
        end = r->hit[found].end;
    }
    return true;
}

static bool is_seen(const struct run *r, uint16_t clause)
{
    return r->seen[clause / SEEN_BITS] >> clause % SEEN_BITS & 1;
}

static void add_found(struct run *r, const struct rule_use *use, size_t count, size_t end)
{
    struct rule_matches *m = r->matches;
    struct rule_found *found = m->found + m->count;
    size_t first = (size_t)(use - r->t->uses);
    if (count > RULES_FOUND_MAX - m->count)
        count = RULES_FOUND_MAX - m->count;
    for (size_t i = 0; i < count; i++) {
        m->kinds |= 1U << use[i].kind;
        found[i] = (struct rule_found){(uint16_t)(first + i), (uint16_t)end};
    }
    m->count += count;
}

/* All clauses of this one part at once: where the first was found the others were too. */
static void add_alone(struct run *r, const struct rule_use *use, size_t count, size_t end)
{
    if (count == 0 || is_seen(r, use->clause))
        return;
    r->seen[use->clause / SEEN_BITS] |= (uint64_t)1 << use->clause % SEEN_BITS;
    add_found(r, use, count, end);
}

static void add_joined(struct run *r, const struct rule_use *use, size_t begin, size_t end)
{
    if (!(r->hit_bits >> use->before % 64 & 1) ||
        find_before(r, r->hits, use->before, begin, use->gap) == r->hits)
        return;
    const struct rule_clause *c = &r->t->clauses[use->clause];
    if (is_seen(r, use->clause) || (c->parts > 2 && !is_complete(r, c, end)))
        return;
    r->seen[use->clause / SEEN_BITS] |= (uint64_t)1 << use->clause % SEEN_BITS;
    add_found(r, use, 1, end);
}

static void add_literal(struct run *r, uint16_t number, size_t end)
{
    const struct rule_literal *l = &r->t->literals[number];
    const struct rule_use *use = &r->t->uses[l->first_use];
    add_alone(r, use, l->alone, end);
    for (size_t k = l->alone; k < l->uses; k++)
        add_joined(r, &use[k], end - l->len, end);
    if (l->leads && r->hits < HITS_MAX) {
        r->hit_bits |= (uint64_t)1 << number % 64;
        r->hit[r->hits++] = (struct hit){number, (uint16_t)end};
    }
}

/* From the node in `slot` on, which is to be tried for what stands at `at`. Nothing fits the zeros
 * behind the text, so this comes to an end. */
static void walk(struct run *r, const uint8_t *symbols, size_t at, size_t slot)
{
    const struct rule_node *nodes = r->t->nodes;
    const uint8_t *classes = r->t->classes;
    for (;;) {
        const struct rule_node *n = &nodes[slot];
        if ((eight_load((const char *)symbols + at) ^ n->label) << n->shift)
            return;
        at += 8 - n->shift / 8U;
        if (n->literal)
            add_literal(r, (uint16_t)(n->literal - 1), at);
        slot = (size_t)n->base + classes[symbols[at]];
    }
}

static bool is_of_name(uint8_t symbol)
{
    return (symbol >= 'A' && symbol <= 'Z') ||
           (symbol >= FOLDED_NAME_ZERO && symbol < FOLDED_NAME_ZERO + 10);
}

static void walk_from(struct run *r, const uint8_t *symbols, size_t at)
{
    const struct rule_tables *t = r->t;
    if (is_of_name(symbols[at]) && is_of_name(symbols[at - 1]))
        return; /* inside a label */
    unsigned first = t->classes[symbols[at + 1]], second = t->classes[symbols[at + 2]];
    bool is_word = symbols[at] == ' ' && symbols[at + 1] > FOLDED_HOST;
    if (is_word && first < RULE_HEAD_CLASSES && second < RULE_HEAD_CLASSES)
        walk(r, symbols, at + 2, t->heads[first * RULE_HEAD_CLASSES + second]);
    else
        walk(r, symbols, at, (size_t)t->nodes[0].base + t->classes[symbols[at]]);
}

/* Bit n: a literal may begin with the nth of eight symbols. None does inside a word of ASCII or a
 * character of UTF-8. */
static uint64_t beginnings(const uint8_t *symbols)
{
    uint64_t word = eight_load((const char *)symbols), low = word & ~EIGHT_TOPS;
    uint64_t from_0 = low + EIGHT_ONES * (0x80 - '0'), behind_9 = low + EIGHT_ONES * (0x7F - '9');
    uint64_t inner = (from_0 & ~behind_9) | (low + EIGHT_ONES * (0x80 - 'a'));
    uint64_t begins = ((~word & ~inner) | (word & word << 1)) & EIGHT_TOPS;
    return (begins >> 7) * 0x0102040810204080U >> 56;
}

void rules_match(const struct rule_tables *t, const struct folded *text, struct rule_matches *m_r)
{
    struct run r;
    r.t = t;
    r.matches = m_r;
    r.hits = m_r->count = m_r->kinds = 0;
    r.hit_bits = 0;
    memset(r.seen, 0, (t->clause_count + SEEN_BITS - 1) / SEEN_BITS * sizeof(r.seen[0]));
    for (size_t at = 0; at < text->len; at += 64) {
        uint64_t begins = 0;
        for (size_t i = 0; i < 64 && at + i < text->len; i += 8)
            begins |= beginnings(text->symbols + at + i) << i;
        if (text->len - at < 64)
            begins &= ((uint64_t)1 << (text->len - at)) - 1;
        for (; begins; begins &= begins - 1)
            walk_from(&r, text->symbols, at + (size_t)__builtin_ctzll(begins));
    }
}
