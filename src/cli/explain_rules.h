/* Rules of the user's own, for candor explain. */
#ifndef CANDOR_CLI_EXPLAIN_RULES_H
#define CANDOR_CLI_EXPLAIN_RULES_H

#include "base/arena.h"
#include "reply/rules.h"

/* The folder whose *.rules are always read, unless CANDOR_RULES names another. */
#define RULES_FOLDER "/etc/candor/rules.d"

enum { RULES_FILES_MAX = 64 };

struct explain_rules {
    struct arena arena;
    const char *files[RULES_FILES_MAX]; /* of --rules, in their order */
    size_t count;
    struct rule_tables tables;
    const struct rule_tables *own; /* NULL: there are none */
};

void explain_rules_init(struct explain_rules *r);
void explain_rules_free(struct explain_rules *r);
/* False: there are too many. */
bool explain_rules_add(struct explain_rules *r, const char *file);
/* Reads, compiles and checks all of them. False: standard error tells what is wrong, with the file
 * and the line. */
bool explain_rules_load(struct explain_rules *r);

#endif
