#include "reply/rules_automaton.h"

enum { NO_CHECK = 0xFFFF, STATES_MAX = 0xFFFF, SYMBOLS = 256, HEAD_STATES = 256 };

struct node {
    uint32_t child, last_child, sibling; /* 0: none; the root is nobody's child */
    uint32_t fail;
    uint32_t slot;    /* its state */
    uint32_t literal; /* number + 1; 0: none ends here */
    uint16_t base;
    uint8_t symbol;
};

/* What is worked with while states are given their places. */
struct placing {
    struct node *nodes;
    uint32_t *order; /* the nodes, nearest to the root first */
    size_t count;
    uint8_t *taken; /* by slot */
    uint8_t *classes;
    unsigned class_count;
    uint32_t low, last; /* first slot that may be free; last one taken */
};

void *rows_add(struct rows *r, struct arena *arena)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        char *at = arena_array(arena, room, r->size);
        if (!at)
            return NULL;
        if (r->count)
            memcpy(at, r->at, r->count * r->size);
        r->at = at;
        r->room = room;
    }
    return (char *)r->at + r->size * r->count++;
}

bool automaton_init(struct automaton *a, struct arena *arena)
{
    *a = (struct automaton){.arena = arena, .nodes = {.size = sizeof(struct node)}};
    return rows_add(&a->nodes, arena) != NULL;
}

static uint32_t child_of(const struct node *nodes, uint32_t parent, uint8_t symbol)
{
    uint32_t at = nodes[parent].child;
    while (at && nodes[at].symbol != symbol)
        at = nodes[at].sibling;
    return at;
}

static uint32_t add_child(struct automaton *a, uint32_t parent, uint8_t symbol)
{
    uint32_t at = (uint32_t)a->nodes.count;
    struct node *added = at < STATES_MAX ? rows_add(&a->nodes, a->arena) : NULL;
    if (!added)
        return 0;
    added->symbol = symbol;
    struct node *nodes = a->nodes.at;
    if (nodes[parent].last_child)
        nodes[nodes[parent].last_child].sibling = at;
    else
        nodes[parent].child = at;
    nodes[parent].last_child = at;
    return at;
}

bool automaton_add(struct automaton *a, struct slice literal, uint16_t *number_r)
{
    uint32_t at = 0;
    for (size_t i = 0; i < literal.len; i++) {
        uint8_t symbol = (uint8_t)literal.at[i];
        uint32_t next = child_of(a->nodes.at, at, symbol);
        if (!next)
            next = add_child(a, at, symbol);
        if (!next)
            return false;
        at = next;
    }
    struct node *n = (struct node *)a->nodes.at + at;
    if (n->literal == 0)
        n->literal = (uint32_t)++a->literals;
    *number_r = (uint16_t)(n->literal - 1);
    return at != 0;
}

static void put_in_order(struct placing *p)
{
    size_t end = 1;
    p->order[0] = 0;
    for (size_t i = 0; i < end; i++)
        for (uint32_t c = p->nodes[p->order[i]].child; c; c = p->nodes[c].sibling)
            p->order[end++] = c;
}

/* Where each node goes on when its text does not: the longest end of its text that begins a
 * literal. */
static void link_failures(struct placing *p)
{
    struct node *n = p->nodes;
    for (size_t i = 0; i < p->count; i++) {
        uint32_t parent = p->order[i];
        for (uint32_t c = n[parent].child; c; c = n[c].sibling) {
            uint32_t back = n[parent].fail, found = 0;
            while (parent && !(found = child_of(n, back, n[c].symbol)) && back)
                back = n[back].fail;
            n[c].fail = found;
        }
    }
}

static bool is_free(const struct placing *p, const struct node *parent, uint32_t base)
{
    for (uint32_t c = parent->child; c; c = p->nodes[c].sibling)
        if (p->taken[base + p->classes[p->nodes[c].symbol]])
            return false;
    return true;
}

/* A base for each node, so that its children's slots are free; the first that fits. */
static bool place(struct placing *p)
{
    p->low = 1;
    p->taken[0] = 1;
    for (size_t i = 0; i < p->count; i++) {
        struct node *n = &p->nodes[p->order[i]];
        unsigned least = SYMBOLS;
        for (uint32_t c = n->child; c; c = p->nodes[c].sibling)
            if (p->classes[p->nodes[c].symbol] < least)
                least = p->classes[p->nodes[c].symbol];
        if (!n->child)
            continue;
        while (p->low < STATES_MAX && p->taken[p->low])
            p->low++;
        uint32_t base = p->low > least ? p->low - least : 0;
        while (base < STATES_MAX && !is_free(p, n, base))
            base++;
        if (base + 2 * SYMBOLS >= STATES_MAX)
            return false;
        n->base = (uint16_t)base;
        for (uint32_t c = n->child; c; c = p->nodes[c].sibling) {
            struct node *child = &p->nodes[c];
            child->slot = base + p->classes[child->symbol];
            p->taken[child->slot] = 1;
            p->last = child->slot > p->last ? child->slot : p->last;
        }
    }
    return true;
}

/* The more frequent a symbol is, the lower its class. */
static void find_classes(struct placing *p)
{
    uint32_t uses[SYMBOLS] = {0};
    for (size_t i = 1; i < p->count; i++)
        uses[p->nodes[i].symbol]++;
    for (;;) {
        unsigned most = 0;
        for (unsigned i = 1; i < SYMBOLS; i++)
            most = uses[i] > uses[most] ? i : most;
        if (uses[most] == 0)
            return;
        p->classes[most] = (uint8_t)++p->class_count;
        uses[most] = 0;
    }
}

/* The list of the literals that end in a node: its own, and those of the ends of its text. */
static bool add_outputs(struct automaton *a, const struct node *nodes, uint32_t at,
                        struct rows *outputs, uint16_t *place_r)
{
    size_t first = outputs->count;
    uint16_t count = 0;
    for (uint32_t n = at; n; n = nodes[n].fail) {
        if (nodes[n].literal == 0)
            continue;
        if (count == 0 && !rows_add(outputs, a->arena))
            return false;
        uint16_t *out = rows_add(outputs, a->arena);
        if (!out)
            return false;
        *out = (uint16_t)(nodes[n].literal - 1);
        count++;
    }
    if (count == 0)
        return true;
    ((uint16_t *)outputs->at)[first] = count;
    *place_r = (uint16_t)first;
    return outputs->count < STATES_MAX;
}

static bool write_states(struct automaton *a, const struct placing *p, struct rule_tables *t_r)
{
    size_t size = p->last + p->class_count + 2;
    struct rule_state *states = arena_array(a->arena, size, sizeof(*states));
    struct rows outputs = {.size = sizeof(uint16_t)};
    if (!states || !rows_add(&outputs, a->arena))
        return false;
    for (size_t i = 0; i < size; i++)
        states[i].check = NO_CHECK;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct node *n = &p->nodes[i];
        states[n->slot].base = n->base;
        states[n->slot].fail = (uint16_t)p->nodes[n->fail].slot;
        for (uint32_t c = n->child; c; c = p->nodes[c].sibling)
            states[p->nodes[c].slot].check = (uint16_t)n->slot;
        if (!add_outputs(a, p->nodes, i, &outputs, &states[n->slot].output))
            return false;
    }
    t_r->states = states;
    t_r->outputs = outputs.at;
    t_r->state_count = size;
    t_r->output_count = outputs.count;
    return true;
}

/* The node behind `at` over a symbol, by way of fails where it has no child of that symbol. */
static uint32_t follow(const struct node *nodes, uint32_t at, uint8_t symbol)
{
    uint32_t next;
    while (!(next = child_of(nodes, at, symbol)) && at)
        at = nodes[at].fail;
    return next;
}

/* Rows for the first states: places are given from the root on, so these are next to it. */
static bool write_heads(struct automaton *a, const struct placing *p, struct rule_tables *t_r)
{
    uint32_t states = p->last + 1 < HEAD_STATES ? p->last + 1 : HEAD_STATES;
    uint16_t *heads = arena_array(a->arena, states, RULE_HEAD_CLASSES * sizeof(*heads));
    if (!heads)
        return false;
    for (uint32_t i = 0; i < p->count; i++)
        for (unsigned s = 0; s < SYMBOLS && p->nodes[i].slot < states; s++)
            if (p->classes[s] && p->classes[s] < RULE_HEAD_CLASSES)
                heads[p->nodes[i].slot << RULE_HEAD_BITS | p->classes[s]] =
                    (uint16_t)p->nodes[follow(p->nodes, i, (uint8_t)s)].slot;
    t_r->heads = heads;
    t_r->head_states = states;
    return true;
}

bool automaton_finish(struct automaton *a, struct rule_tables *t_r)
{
    struct placing p = {.nodes = a->nodes.at, .count = a->nodes.count};
    p.order = arena_array(a->arena, p.count, sizeof(*p.order));
    p.taken = arena_array(a->arena, STATES_MAX + 2 * SYMBOLS, 1);
    p.classes = arena_array(a->arena, SYMBOLS, 1);
    if (!p.order || !p.taken || !p.classes)
        return false;
    put_in_order(&p);
    link_failures(&p);
    find_classes(&p);
    t_r->classes = p.classes;
    return place(&p) && write_states(a, &p, t_r) && write_heads(a, &p, t_r);
}
