/* Rules of the user's own, for a command: what is wrong with them goes to standard error. */
#ifndef CANDOR_CLI_LOAD_RULES_H
#define CANDOR_CLI_LOAD_RULES_H

#include "server/own_rules.h"

/* own_rules_load; `command` complains: "candor explain". */
bool load_rules(struct own_rules *r, struct slice folder, const char *command);

#endif
