/* Compiles rules into the tables that a diagnosis is made with. The same code makes the tables that
 * the program is built with (tools/rulec.c) and those of a user's own rules. */
#ifndef CANDOR_REPLY_RULES_COMPILE_H
#define CANDOR_REPLY_RULES_COMPILE_H

#include "reply/rules.h"
#include "reply/rules_text.h"

/* Fills *t_r; all that it points to is in the book's arena or in the texts that the book was read
 * from. False: b->error says what is wrong. */
MUST_CHECK bool rules_compile(struct rule_book *b, struct rule_tables *t_r);

#endif
