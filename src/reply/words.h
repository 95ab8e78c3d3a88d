/* What is said to people, in several languages: the headline of each cause, whose turn it is, the
 * sentences of a notice. Made from share/notices/ when Candor is built; an operator's file changes
 * lines of a copy (words_read). */
#ifndef CANDOR_REPLY_WORDS_H
#define CANDOR_REPLY_WORDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "reply/diagnosis.h"
#include "reply/rules_text.h"

enum word {
#define WORD(id, key, names) WORD_##id,
#include "reply/words.def"
#undef WORD
    WORD_COUNT
};

struct words {
    struct slice language; /* its tag, lower case */
    struct slice text[WORD_COUNT];
    struct slice causes[CAUSE_COUNT]; /* empty: as cause_title says */
};

/* English first. */
extern const struct words words_all[];
extern const size_t words_all_count;

/* The language that fits a tag such as `de-AT`; NULL: none of ours. */
const struct words *words_find(const struct words *list, size_t count, struct slice tag);
/* The best of a list as Accept-Language or Content-Language has it (RFC 9110 12.5.4; RFC 3282);
 * NULL: none of them is ours. */
const struct words *words_choose(const struct words *list, size_t count, struct slice tags);

/* The cause as a headline. */
struct slice words_cause(const struct words *w, enum cause cause);
/* Whose turn it is. */
struct slice words_fixer(const struct words *w, enum fixer fixer);
/* When the other side spoke, as {stage} has it; may be empty. */
struct slice words_stage(const struct words *w, enum stage stage);

/* What a `{name}` stands for. */
struct word_value {
    const char *name;
    struct slice value;
};
void words_write(struct buf *out, struct slice text, const struct word_value *values, size_t count);

/* Changes the lines that `text` has: `key: words`. It is borrowed for as long as `w` is used.
 * False: e says why, with the line. */
MUST_CHECK bool words_read(struct words *w, struct slice file, struct slice text,
                           struct rule_error *e);

#endif
