/* Rules as they are written (share/rules/README.md), read into lists, and what is wrong with them.
 * Text in, lists out: no I/O, memory from the caller's arena. */
#ifndef CANDOR_REPLY_RULES_TEXT_H
#define CANDOR_REPLY_RULES_TEXT_H

#include "reply/diagnosis.h"

/* What was wrong, where, and what would be right. */
enum { RULE_ERROR_MAX = 240 };
struct rule_error {
    struct slice file;
    size_t line;
    char text[RULE_ERROR_MAX]; /* ends in NUL */
};
/* Keeps the first error only; returns false, so that a parser can say `return rule_error_set(…)`.
 */
bool rule_error_set(struct rule_error *e, struct slice file, size_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define RULE_KEYS(X)                                                                               \
    X(CAUSE, "cause")                                                                              \
    X(WHEN, "when")                                                                                \
    X(PHRASE, "phrase")                                                                            \
    X(AND, "and")                                                                                  \
    X(UNLESS, "unless")                                                                            \
    X(LEVEL, "level")                                                                              \
    X(PRIORITY, "priority")                                                                        \
    X(CONFIDENCE, "confidence")                                                                    \
    X(BLOCKLIST, "blocklist")                                                                      \
    X(SOURCE, "source")                                                                            \
    X(MATCH, "match")                                                                              \
    X(NOT, "not")                                                                                  \
    X(STEP, "step")                                                                                \
    X(ONLY, "only")                                                                                \
    X(REFUSED, "refused")
enum rule_key {
#define X(id, name) KEY_##id,
    RULE_KEYS(X)
#undef X
        KEY_COUNT
};

struct rule_value {
    struct rule_value *next;
    struct slice text;
    size_t line;
};
struct rule_values {
    struct rule_value *first, *last;
    size_t count;
};

/* One `rule:` with its lines. */
struct rule_entry {
    struct rule_entry *next;
    struct slice name, file;
    size_t line, number;
    size_t provider; /* number + 1; 0: none */
    struct rule_values values[KEY_COUNT];
};

struct rule_provider_entry {
    struct rule_provider_entry *next;
    struct slice name;
    size_t number;
    struct rule_values hosts;
};

/* Words that name a provider or a stage. */
struct rule_mark {
    struct rule_mark *next;
    size_t owner; /* the provider's number, or an enum stage */
    struct slice text, file;
    size_t line;
};
struct rule_marks {
    struct rule_mark *first, *last;
};

struct rule_book {
    struct arena *arena;
    struct rule_entry *rules, *last_rule;
    struct rule_entry *advice, *last_advice; /* `advice:` with its lines; the name has the causes */
    struct rule_provider_entry *providers, *last_provider;
    struct rule_marks marks, stages;
    size_t rule_count, provider_count;
    /* Whether each rule needs a source, a sample that it wins and one that it does not. */
    bool wants_samples;
    struct rule_error error;
};

void rule_book_init(struct rule_book *b, struct arena *arena, bool wants_samples);
/* Adds a file's rules; `file` and `text` are borrowed for as long as the book and what is compiled
 * from it. False: b->error says why, and the book is of no more use. */
MUST_CHECK bool rule_book_read(struct rule_book *b, struct slice file, struct slice text);

/* Takes what stands before the next ` | ` off the front; false when nothing is left. */
bool rule_alternative(struct slice *rest_r, struct slice *one_r);

/* A `match:` or `not:` line: `[stage=rcpt remote=mx.example.com] text`. */
struct rule_sample {
    enum stage stage;
    struct slice remote, text;
};
MUST_CHECK bool rule_sample_parse(struct slice line, struct rule_sample *s_r);
/* False: it is none, and *cause_r is the one that was probably meant. */
MUST_CHECK bool rule_cause_of(struct slice name, enum cause *cause_r);
/* STAGE_NONE also for a name that is none. */
enum stage rule_stage_of(struct slice name);

#endif
