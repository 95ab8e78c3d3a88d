/* Rules of the user's own, beside ours: those of a folder and those that a command line names. */
#ifndef CANDOR_CLI_OWN_RULES_H
#define CANDOR_CLI_OWN_RULES_H

#include "base/arena.h"
#include "reply/rules.h"

enum { RULES_FILES_MAX = 64 };

struct own_rules {
    const char *command; /* who complains: "candor explain" */
    struct arena arena;
    const char *files[RULES_FILES_MAX]; /* of --rules, in their order */
    size_t count;
    struct rule_tables tables;
    const struct rule_tables *own; /* NULL: there are none */
};

void own_rules_init(struct own_rules *r, const char *command);
void own_rules_free(struct own_rules *r);
/* False: there are too many. */
bool own_rules_add(struct own_rules *r, const char *file);
/* Reads, compiles and checks all of them: first those that were added, then `*.rules` of the
 * folder, which need not exist; CANDOR_RULES in the environment names another one. False: standard
 * error tells what is wrong, with the file and the line, and there are no rules. */
bool own_rules_load(struct own_rules *r, struct slice folder);

#endif
