/* What each code means: the rows of catalogue.def, and words for the digits of all others. */
#ifndef CANDOR_REPLY_CATALOGUE_H
#define CANDOR_REPLY_CATALOGUE_H

#include "reply/diagnosis.h"

struct catalogue_entry {
    enum cause cause;     /* what the code says by itself */
    bool specific;        /* that is worth believing when the text names nothing */
    uint16_t rfc;         /* that defines it; 0: none does */
    struct slice name;    /* `550`, `X.7.26` */
    struct slice meaning; /* a short headline */
    struct slice step;    /* what a person should do, one sentence or two */
};

/* NULL: not in the table. */
const struct catalogue_entry *catalogue_basic(uint16_t code);
const struct catalogue_entry *catalogue_enhanced(struct enhanced e);

/* Walk both tables in their order: *at = 0 first; NULL at the end. */
const struct catalogue_entry *catalogue_next(size_t *at);

/* Words for the digits, for any code; static text. "" where the digit says nothing. */
const char *severity_name(unsigned first_digit);
const char *category_name(uint16_t code);
const char *subject_name(uint16_t subject);

#endif
