/* Rules of the user's own, beside ours: those of a folder and those that a command line names. */
#ifndef CANDOR_SERVER_OWN_RULES_H
#define CANDOR_SERVER_OWN_RULES_H

#include "base/arena.h"
#include "base/buf.h"
#include "reply/rules.h"

enum { RULES_FILES_MAX = 64 };

struct own_rules {
    struct arena arena;
    const char *files[RULES_FILES_MAX]; /* of --rules, in their order */
    size_t count;
    struct rule_tables tables;
    const struct rule_tables *own; /* NULL: there are none */
    uint64_t sum;                  /* of the files' names and texts: whether they have changed */
};

void own_rules_init(struct own_rules *r);
void own_rules_free(struct own_rules *r);
/* False: there are too many. */
bool own_rules_add(struct own_rules *r, const char *file);
/* Reads, compiles and checks all of them: first those that were added, then `*.rules` of the
 * folder, which need not exist; CANDOR_RULES in the environment names another one. False: `why`
 * tells what is wrong, with the file and the line, and there are no rules. */
bool own_rules_load(struct own_rules *r, struct slice folder, struct buf *why);

#endif
