#include "reply/rules.h"

/* A literal that was seen; kept, since a later one may need it to make up a clause. */
struct hit {
    uint16_t literal;
    uint16_t end;
};
enum { HITS_MAX = 256 };

struct run {
    size_t hits;
    struct hit hit[HITS_MAX];
    struct rule_matches *matches;
};

static size_t hit_begin(const struct hit *h)
{
    return (size_t)h->end - rule_tables.literals[h->literal].len;
}

/* The latest hit of `literal` that ends before `begin` with at most `gap` symbols between. A phrase
 * and its follower share the space between them. */
static const struct hit *find_before(const struct run *r, size_t from, uint16_t literal,
                                     size_t begin, size_t gap)
{
    for (size_t i = from; i-- > 0;) {
        const struct hit *h = &r->hit[i];
        if (h->literal == literal && h->end <= begin + 1 && begin - h->end + 1 <= gap + 1U)
            return h;
    }
    return NULL;
}

/* Whether the parts before the last one stand there too, in their order. */
static bool is_complete(const struct run *r, const struct rule_clause *c, const struct hit *last)
{
    const struct hit *h = last;
    for (size_t i = c->parts; i-- > 1;) {
        const struct rule_part *part = &rule_tables.parts[c->first_part + i];
        h = find_before(r, (size_t)(h - r->hit), part[-1].literal, hit_begin(h), part->gap);
        if (!h)
            return false;
    }
    return true;
}

static void add_hit(struct run *r, uint16_t literal, size_t end)
{
    if (r->hits == HITS_MAX)
        return;
    struct hit *h = &r->hit[r->hits++];
    *h = (struct hit){literal, (uint16_t)end};
    const struct rule_literal *l = &rule_tables.literals[literal];
    for (size_t i = 0; i < l->uses; i++) {
        uint16_t clause = rule_tables.uses[l->first_use + i];
        struct rule_matches *m = r->matches;
        const struct rule_clause *c = &rule_tables.clauses[clause];
        if (m->count < RULES_FOUND_MAX && (c->parts == 1 || is_complete(r, c, h)))
            m->found[m->count++] = (struct rule_found){clause, (uint16_t)end};
    }
}

/* Rare, and out of the way of the walk. */
__attribute__((noinline)) static void add_output(struct run *r, uint16_t output, size_t end)
{
    const uint16_t *list = &rule_tables.outputs[output];
    for (size_t i = 0; i < list[0]; i++)
        add_hit(r, list[1 + i], end);
}

void rules_match(const struct folded *text, struct rule_matches *m_r)
{
    const struct rule_tables t = rule_tables;
    struct run r;
    uint16_t state = 0;
    r.hits = 0;
    r.matches = m_r;
    m_r->count = 0;
    for (size_t i = 0; i < text->len; i++) {
        /* Most of a text begins nothing: words that no phrase begins with, and rests of words. */
        while (state == 0 && !t.starts[text->symbols[i]])
            if (++i == text->len)
                return;
        /* Class 0 follows nowhere: it leads back to the root. */
        unsigned class = t.classes[text->symbols[i]], next = t.bases[state] + class;
        while (t.checks[next] != state && state) {
            state = t.fails[state];
            next = t.bases[state] + class;
        }
        state = t.checks[next] == state ? (uint16_t)next : 0;
        if (t.output_at[state])
            add_output(&r, t.output_at[state], i + 1);
    }
}
