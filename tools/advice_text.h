/* Advice as it is written (share/advice/README.md), read into lists, and what is wrong with it.
 * Text in, lists out: no I/O, memory from the caller's arena. */
#ifndef CANDOR_TOOLS_ADVICE_TEXT_H
#define CANDOR_TOOLS_ADVICE_TEXT_H

#include "reply/advice.h"
#include "reply/rules_text.h"

struct advice_line {
    struct advice_line *next;
    uint8_t kind;
    const char *reader; /* whom the step is for, as the words before it; empty: anybody */
    struct slice provider, list, unless, text;
    struct slice file;
    size_t line;
};

/* The lines of one cause, those of all before those of a provider or blocklist. */
struct advice_lines {
    struct advice_line *first, *last;
};

struct advice_book {
    struct arena *arena;
    /* The names that may be used. */
    const struct rule_provider_entry *providers;
    const struct rule_entry *rules;
    struct advice_lines general[CAUSE_COUNT], own[CAUSE_COUNT];
    struct rule_error error;
};

void advice_book_init(struct advice_book *b, struct arena *arena, const struct rule_book *rules);
/* Adds a file's advice; `file` and `text` are borrowed for as long as the book. False: b->error
 * says why, and the book is of no more use. */
MUST_CHECK bool advice_book_read(struct advice_book *b, struct slice file, struct slice text);
/* Whether every cause has words that need no name, and nobody gets more steps than are shown. */
MUST_CHECK bool advice_book_check(struct advice_book *b);

#endif
