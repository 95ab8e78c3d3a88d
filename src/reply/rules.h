/* The compiled rules of share/rules/, and the search for their phrases in a text. The tables are
 * made by tools/rulec.c at build time, those of a user's rules by rules_compile; all of it is
 * constant then. */
#ifndef CANDOR_REPLY_RULES_H
#define CANDOR_REPLY_RULES_H

#include "reply/diagnosis.h"
#include "reply/fold.h"

/* How strong a rule's evidence is, weakest first (see diagnose.c for the whole order). */
enum rule_level {
    RULE_HINT,   /* words that go with other causes too */
    RULE_CODES,  /* no phrase: a provider's own use of a code */
    RULE_PHRASE, /* says what happened */
    RULE_NAMED,  /* the provider's own code for it */
};

/* What a satisfied clause is good for. */
enum clause_kind {
    CLAUSE_PHRASE, /* one of these, and the rule's conditions */
    CLAUSE_AND,    /* one of each group of these, too */
    CLAUSE_UNLESS, /* none of these */
    CLAUSE_MARK,   /* names the provider that speaks (rule: index of the provider) */
    CLAUSE_STAGE,  /* names the stage (rule: enum stage) */
};

struct rule_part {
    uint16_t literal;
    uint16_t gap; /* most symbols between the part before and this one */
};

struct rule_clause {
    uint16_t rule;
    uint8_t kind;  /* enum clause_kind */
    uint8_t group; /* of CLAUSE_AND: bit number */
    uint16_t first_part, parts;
    uint16_t weight; /* symbols in all literals: longer is more specific */
};

/* A clause that ends with a literal, what of it is noted when it is found, and what most often
 * tells already that the text has not the rest of it. */
struct rule_use {
    uint32_t strength; /* of the rule's evidence where this is one of its phrases; see below */
    uint16_t clause, rule;
    uint8_t kind;    /* as of the clause */
    uint8_t bits;    /* CLAUSE_AND: its group's; CLAUSE_UNLESS: RULE_HAS_UNLESS; others: none */
    uint16_t before; /* literal of the part before; RULE_ALONE: the clause is this one part */
    uint16_t gap;    /* from there */
};
enum { RULE_ALONE = 0xFFFF, RULE_HAS_UNLESS = 0xFF };

struct rule_code {
    uint16_t low, high;
};

struct rule_enhanced {
    uint16_t class, subject, detail; /* RULE_ANY: any */
};
enum { RULE_ANY = 0xFFFF };

struct rule {
    struct slice id;
    struct slice blocklist; /* static name, or empty */
    uint8_t cause;
    uint8_t level;
    int8_t priority;        /* before weight, within the level */
    uint8_t percent;        /* confidence; 0: the level's */
    uint8_t provider;       /* index + 1; 0: none */
    uint8_t groups;         /* bits of the CLAUSE_AND groups that it needs */
    bool has_unless;        /* there are words that it must not find */
    bool needs_provider;    /* holds only where that provider is known to speak */
    bool blocklist_is_host; /* the host name behind the phrase */
    uint16_t stages;        /* bits 1 << enum stage; 0: any */
    uint16_t first_code, codes;
    uint16_t first_enhanced, enhanceds;
};

struct rule_provider {
    struct slice name;
    uint16_t first_host, hosts; /* suffixes of its hosts' names */
};

struct rule_literal {
    uint16_t len;
    uint16_t first_use, uses; /* clauses that end with it */
    uint16_t alone;           /* the first so many of them are this one part */
    bool leads;               /* another part of a phrase follows it somewhere */
};

/* The literals as a trie, walked from each place where one may begin. A node stands for up to eight
 * symbols; its child over class c is in the slot base + c, if that one's label is what follows. No
 * two nodes have the same base, so the label alone tells. Words, which begin with a space and have
 * two symbols at least, are entered behind their first symbol, by the first two. */
struct rule_node {
    uint64_t label;   /* the first symbol is the lowest byte */
    uint16_t base;    /* 0: of nodes without children, where nothing fits */
    uint16_t literal; /* number + 1; 0: none ends here */
    uint8_t shift;    /* the bits of eight symbols that are none of the label's */
};
enum { RULE_HEAD_CLASSES = 64, RULE_HEADS = RULE_HEAD_CLASSES * RULE_HEAD_CLASSES };

struct own_advice; /* advice.h */

struct rule_tables {
    const struct rule_node *nodes; /* the first is the root */
    const uint16_t *heads;  /* RULE_HEADS: where words go on, by their first two classes; 0: none */
    const uint8_t *classes; /* 256: symbol to class, the most frequent first; 0: in no literal */
    const struct rule_literal *literals;
    const struct rule_use *uses;
    const struct rule_clause *clauses;
    const struct rule_part *parts;
    const struct rule *rules;
    const struct rule_code *codes;
    const struct rule_enhanced *enhanceds;
    const struct rule_provider *providers;
    const struct slice *hosts;
    const uint16_t *code_rules;      /* rules without a phrase */
    const struct own_advice *advice; /* of a user's; NULL in ours */
    size_t code_rule_count, provider_count, rule_count;
    size_t code_rule_level; /* of the strongest of them */
    size_t longest_literal; /* symbols */
    size_t node_count, literal_count, use_count, clause_count, part_count;
    size_t code_count, enhanced_count, host_count, advice_count;
};
extern const struct rule_tables rule_tables;

enum { CLAUSES_MAX = 16384 }; /* of all rules together */
enum { RULES_MAX = 4096 };

/* What decides which of two rules wins: its level, whose it is, its priority, the clause's weight;
 * each with bits of its own, so that one comparison is enough. */
static inline uint32_t rule_strength(const struct rule *r, uint16_t weight)
{
    return (uint32_t)r->level << 25 | (uint32_t)(r->priority + 128) << 16 | weight;
}
#define RULE_STRENGTH_USERS ((uint32_t)1 << 24)

/* A clause that was found: its place in uses, and the place behind it. */
struct rule_found {
    uint16_t use;
    uint16_t end;
};
/* More clauses than FOLD_MAX symbols can hold of our rules: nothing that is said in front of a
 * reason can push it out. */
enum { RULES_FOUND_MAX = 2048 };
struct rule_matches {
    size_t count;
    unsigned kinds; /* bits 1 << enum clause_kind: what is among them */
    struct rule_found found[RULES_FOUND_MAX];
};

/* All clauses whose literals stand in the text, each where it first does, in the order in which
 * their last parts begin. */
void rules_match(const struct rule_tables *t, const struct folded *text, struct rule_matches *m_r);

#endif
