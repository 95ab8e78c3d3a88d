/* Advice of a user's own, which stands beside the rules of their own: for what a rule decides, or
 * for causes, whoever decides them. */
#ifndef CANDOR_REPLY_OWN_ADVICE_H
#define CANDOR_REPLY_OWN_ADVICE_H

#include "reply/rules_text.h"

struct rule_tables;

/* Fills the tables' advice from the book's lines. False: b->error says what is wrong. */
MUST_CHECK bool own_advice_compile(struct rule_book *b, struct rule_tables *t);

#endif
