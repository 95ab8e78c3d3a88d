/* Makes the automaton that rules.c runs: literals in, the arrays of struct rule_tables out. */
#ifndef CANDOR_REPLY_RULES_AUTOMATON_H
#define CANDOR_REPLY_RULES_AUTOMATON_H

#include "base/arena.h"
#include "reply/rules.h"

/* Rows that grow inside an arena. */
struct rows {
    void *at;
    size_t count, room, size; /* size: of one */
};
/* One more row, zeroed; NULL when the arena has no room. Rows move when they grow. */
void *rows_add(struct rows *r, struct arena *arena);

struct automaton {
    struct arena *arena;
    struct rows nodes; /* the trie of the literals; the first one is its root */
    size_t literals;
};

MUST_CHECK bool automaton_init(struct automaton *a, struct arena *arena);
/* The number of a literal, a new one or that of the same one before. */
MUST_CHECK bool automaton_add(struct automaton *a, struct slice literal, uint16_t *number_r);
/* Fills the arrays that rules_match walks. False: no room, or too many states for 16 bits. */
MUST_CHECK bool automaton_finish(struct automaton *a, struct rule_tables *t_r);

#endif
