#include "reply/rules_trie.h"

enum {
    LETTERS_MAX = 0x1FFFF,
    NODES_MAX = 0xFFFF,
    SYMBOLS = 256,
    HEAD_DEPTH = 3, /* where the walk begins in words: behind the space and one symbol */
};

/* A trie of single symbols, of which the nodes are made. */
struct letter {
    uint32_t child, last_child, sibling; /* 0: none; the root is nobody's child */
    uint16_t literal;                    /* number + 1; 0: none ends here */
    uint16_t depth;
    uint16_t slot; /* of the node that begins or ends with it */
    uint8_t symbol;
    bool in_word; /* the literal begins with a space */
};

/* What is worked with while nodes are given their places. */
struct placing {
    struct letter *letters;
    struct rule_node *nodes;
    uint32_t *order; /* the letters that nodes end with, nearest to the root first */
    size_t count;
    uint8_t *taken, *used; /* by slot, by base */
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

bool trie_init(struct trie *t, struct arena *arena)
{
    *t = (struct trie){.arena = arena, .letters = {.size = sizeof(struct letter)}};
    return rows_add(&t->letters, arena) != NULL;
}

static uint32_t child_of(const struct letter *letters, uint32_t parent, uint8_t symbol)
{
    uint32_t at = letters[parent].child;
    while (at && letters[at].symbol != symbol)
        at = letters[at].sibling;
    return at;
}

static uint32_t add_child(struct trie *t, uint32_t parent, uint8_t symbol)
{
    uint32_t at = (uint32_t)t->letters.count;
    struct letter *added = at < LETTERS_MAX ? rows_add(&t->letters, t->arena) : NULL;
    if (!added)
        return 0;
    struct letter *letters = t->letters.at;
    added->symbol = symbol;
    added->in_word = parent ? letters[parent].in_word : symbol == ' ';
    added->depth = (uint16_t)(letters[parent].depth + 1);
    if (letters[parent].last_child)
        letters[letters[parent].last_child].sibling = at;
    else
        letters[parent].child = at;
    letters[parent].last_child = at;
    return at;
}

bool trie_add(struct trie *t, struct slice literal, uint16_t *number_r)
{
    uint32_t at = 0;
    for (size_t i = 0; i < literal.len; i++) {
        uint8_t symbol = (uint8_t)literal.at[i];
        uint32_t next = child_of(t->letters.at, at, symbol);
        if (!next)
            next = add_child(t, at, symbol);
        if (!next)
            return false;
        at = next;
    }
    struct letter *l = (struct letter *)t->letters.at + at;
    if (l->literal == 0)
        l->literal = (uint16_t)++t->literals;
    *number_r = (uint16_t)(l->literal - 1);
    return at != 0 && t->literals < UINT16_MAX;
}

/* The more frequent a symbol is, the lower its class. */
static void find_classes(struct placing *p, size_t letters)
{
    uint32_t uses[SYMBOLS] = {0};
    for (size_t i = 1; i < letters; i++)
        uses[p->letters[i].symbol]++;
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

/* Of the node that begins with the letter `at`: its symbols, as far as nothing else can follow and
 * nothing ends; returns the last of them. */
static uint32_t take_label(const struct placing *p, uint32_t at, struct rule_node *n_r)
{
    unsigned len = 0;
    for (;; at = p->letters[at].child) {
        const struct letter *l = &p->letters[at];
        n_r->label |= (uint64_t)l->symbol << 8 * len++;
        bool is_head = l->in_word && l->depth < HEAD_DEPTH;
        bool is_only = l->child && !p->letters[l->child].sibling;
        if (len == sizeof(n_r->label) || is_head || l->literal || !is_only)
            break;
    }
    n_r->shift = (uint8_t)(64 - 8 * len);
    n_r->literal = p->letters[at].literal;
    return at;
}

static bool is_free(const struct placing *p, const struct letter *parent, uint32_t base)
{
    if (p->used[base])
        return false;
    for (uint32_t c = parent->child; c; c = p->letters[c].sibling)
        if (p->taken[base + p->classes[p->letters[c].symbol]])
            return false;
    return true;
}

/* The first base with which the children's slots are free. Each parent has one of its own: so the
 * first symbol of a node tells whose child it is. 0: there is none. */
static uint32_t find_base(struct placing *p, const struct letter *parent)
{
    unsigned least = SYMBOLS;
    for (uint32_t c = parent->child; c; c = p->letters[c].sibling)
        if (p->classes[p->letters[c].symbol] < least)
            least = p->classes[p->letters[c].symbol];
    while (p->low < NODES_MAX && p->taken[p->low])
        p->low++;
    uint32_t base = p->low > least ? p->low - least : 1;
    while (base < NODES_MAX && !is_free(p, parent, base))
        base++;
    return base + SYMBOLS < NODES_MAX ? base : 0;
}

static bool place_children(struct placing *p, const struct letter *parent)
{
    uint32_t base = find_base(p, parent);
    p->used[base] = 1;
    p->nodes[parent->slot].base = (uint16_t)base;
    for (uint32_t c = parent->child; c && base; c = p->letters[c].sibling) {
        uint32_t slot = base + p->classes[p->letters[c].symbol];
        p->nodes[slot] = (struct rule_node){.label = 0};
        p->taken[slot] = 1;
        p->last = slot > p->last ? slot : p->last;
        uint32_t end = take_label(p, c, &p->nodes[slot]);
        p->letters[c].slot = p->letters[end].slot = (uint16_t)slot;
        p->order[p->count++] = end;
    }
    return base != 0;
}

/* Slot 0 is the root's. Those up to the last class are of nodes without children, whose base is 0:
 * nothing fits there. */
static bool place(struct placing *p)
{
    for (size_t i = 0; i < NODES_MAX + SYMBOLS; i++)
        p->nodes[i] = (struct rule_node){.label = UINT64_MAX};
    memset(p->taken, 1, p->class_count + 1);
    p->low = p->last = p->class_count + 1;
    p->order[p->count++] = 0;
    for (size_t i = 0; i < p->count; i++)
        if (p->letters[p->order[i]].child && !place_children(p, &p->letters[p->order[i]]))
            return false;
    return true;
}

/* Where the walk begins for a word: by its first two symbols. */
static bool write_heads(struct trie *t, const struct placing *p, struct rule_tables *t_r)
{
    uint16_t *heads = arena_array(t->arena, RULE_HEADS, sizeof(*heads));
    uint32_t space = child_of(p->letters, 0, ' ');
    if (!heads)
        return false;
    for (uint32_t a = p->letters[space].child; space && a; a = p->letters[a].sibling)
        for (uint32_t b = p->letters[a].child; b; b = p->letters[b].sibling) {
            unsigned first = p->classes[p->letters[a].symbol],
                     second = p->classes[p->letters[b].symbol];
            if (first < RULE_HEAD_CLASSES && second < RULE_HEAD_CLASSES)
                heads[first * RULE_HEAD_CLASSES + second] = p->letters[b].slot;
        }
    t_r->heads = heads;
    return true;
}

bool trie_finish(struct trie *t, struct rule_tables *t_r)
{
    struct placing p = {.letters = t->letters.at};
    p.nodes = arena_array(t->arena, NODES_MAX + SYMBOLS, sizeof(*p.nodes));
    p.order = arena_array(t->arena, t->letters.count, sizeof(*p.order));
    p.taken = arena_array(t->arena, NODES_MAX + SYMBOLS, 1);
    p.used = arena_array(t->arena, NODES_MAX + SYMBOLS, 1);
    p.classes = arena_array(t->arena, SYMBOLS, 1);
    if (!p.nodes || !p.order || !p.taken || !p.used || !p.classes)
        return false;
    find_classes(&p, t->letters.count);
    if (!place(&p))
        return false;
    t_r->classes = p.classes;
    t_r->nodes = p.nodes;
    t_r->node_count = p.last + SYMBOLS;
    for (size_t i = 0; i < t->letters.count; i++)
        if (p.letters[i].literal && p.letters[i].depth > t_r->longest_literal)
            t_r->longest_literal = p.letters[i].depth;
    return write_heads(t, &p, t_r);
}
