/* Makes the trie that rules.c walks: literals in, the arrays of struct rule_tables out. */
#ifndef CANDOR_REPLY_RULES_TRIE_H
#define CANDOR_REPLY_RULES_TRIE_H

#include "base/arena.h"
#include "reply/rules.h"

/* Rows that grow inside an arena. */
struct rows {
    void *at;
    size_t count, room, size; /* size: of one */
};
/* One more row, zeroed; NULL when the arena has no room. Rows move when they grow. */
void *rows_add(struct rows *r, struct arena *arena);

struct trie {
    struct arena *arena;
    struct rows letters; /* one symbol each; the first one is the root */
    size_t literals;
};

MUST_CHECK bool trie_init(struct trie *t, struct arena *arena);
/* The number of a literal, a new one or that of the same one before. */
MUST_CHECK bool trie_add(struct trie *t, struct slice literal, uint16_t *number_r);
/* Fills the arrays that rules_match walks. False: no room, or too many nodes for 16 bits. */
MUST_CHECK bool trie_finish(struct trie *t, struct rule_tables *t_r);

#endif
