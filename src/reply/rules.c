#include "reply/rules.h"

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
    size_t hits;
    struct hit hit[HITS_MAX];
};

/* The latest hit of `literal` that ends before `begin` with at most `gap` symbols between. A phrase
 * and its follower share the space between them. `from` when there is none. */
static size_t find_before(const struct run *r, size_t from, uint16_t literal, size_t begin,
                          size_t gap)
{
    for (size_t i = from; i-- > 0;) {
        const struct hit *h = &r->hit[i];
        if (h->end + gap < begin)
            break; /* and so do all that ended before */
        if (h->literal == literal && h->end <= begin + 1)
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

static void add_found(struct run *r, const struct rule_use *use, size_t end)
{
    struct rule_matches *m = r->matches;
    if (m->count == RULES_FOUND_MAX)
        return;
    m->kinds |= 1U << use->kind;
    m->found[m->count++] =
        (struct rule_found){use->clause, (uint16_t)end, use->rule, use->kind, use->bits};
}

/* All clauses of this one part at once: where the first was found the others were too. */
static void add_alone(struct run *r, const struct rule_use *use, size_t count, size_t end)
{
    if (count == 0 || is_seen(r, use->clause))
        return;
    r->seen[use->clause / SEEN_BITS] |= (uint64_t)1 << use->clause % SEEN_BITS;
    for (size_t i = 0; i < count; i++)
        add_found(r, &use[i], end);
}

static void add_joined(struct run *r, const struct rule_use *use, size_t begin, size_t end)
{
    if (find_before(r, r->hits, use->before, begin, use->gap) == r->hits)
        return;
    const struct rule_clause *c = &r->t->clauses[use->clause];
    if (is_seen(r, use->clause) || (c->parts > 2 && !is_complete(r, c, end)))
        return;
    r->seen[use->clause / SEEN_BITS] |= (uint64_t)1 << use->clause % SEEN_BITS;
    add_found(r, use, end);
}

/* Rare, and out of the way of the walk. */
__attribute__((noinline)) static void add_output(struct run *r, uint16_t output, size_t end)
{
    const uint16_t *list = &r->t->outputs[output];
    for (size_t i = 1; i <= list[0]; i++) {
        const struct rule_literal *l = &r->t->literals[list[i]];
        const struct rule_use *use = &r->t->uses[l->first_use];
        add_alone(r, use, l->alone, end);
        for (size_t k = l->alone; k < l->uses; k++)
            add_joined(r, &use[k], end - l->len, end);
        if (l->leads && r->hits < HITS_MAX)
            r->hit[r->hits++] = (struct hit){list[i], (uint16_t)end};
    }
}

/* Over a class that has no place in the rows. */
__attribute__((noinline)) static uint16_t step_rare(const struct rule_state *states, uint16_t state,
                                                    unsigned class)
{
    for (;;) {
        unsigned next = states[state].base + class;
        if (states[next].check == state)
            return (uint16_t)next;
        if (state == 0)
            return 0;
        state = states[state].fail;
    }
}

/* Class 0 follows nowhere: it leads back to the root, which has a row, so this comes to an end. */
static inline uint16_t step(const struct rule_tables *t, uint16_t state, unsigned class)
{
    const struct rule_state *states = t->states;
    if (class >= RULE_HEAD_CLASSES)
        return step_rare(states, state, class);
    while (state >= t->head_states) {
        unsigned next = states[state].base + class;
        if (states[next].check == state)
            return (uint16_t)next;
        state = states[state].fail;
    }
    return t->heads[(unsigned)state << RULE_HEAD_BITS | class];
}

void rules_match(const struct rule_tables *t, const struct folded *text, struct rule_matches *m_r)
{
    struct run r;
    uint16_t state = 0;
    r.t = t;
    r.matches = m_r;
    r.hits = m_r->count = m_r->kinds = 0;
    memset(r.seen, 0, (t->clause_count + SEEN_BITS - 1) / SEEN_BITS * sizeof(r.seen[0]));
    for (size_t i = 0; i < text->len; i++) {
        state = step(t, state, t->classes[text->symbols[i]]);
        if (t->states[state].output)
            add_output(&r, t->states[state].output, i + 1);
    }
}
