/* What is behind candor_report. Inside lib/ only. */
#ifndef CANDOR_LIB_REPORT_H
#define CANDOR_LIB_REPORT_H

#include <candor.h>

#include "mail/bounce.h"

struct report_entry {
    struct slice recipient;
    const char *kind;
    struct diagnosis_input in;
    struct diagnosis diagnosis;
    struct explanation explanation;
    candor_text steps[EXPLANATION_STEPS_MAX];
};

struct candor_report {
    struct mem mem;
    struct arena arena; /* holds all but this struct */
    bool is_mail;
    struct bounce bounce;
    struct report_entry *entries;
    size_t count;
};

static inline candor_text text_of(struct slice s)
{
    return (candor_text){s.len ? s.at : "", s.len};
}

/* Copies as much of *from as the caller's struct has room for, but keeps its `size`. False: it is
 * too small to hold even that. */
MUST_CHECK bool report_fill(void *to, size_t to_size, const void *from, size_t from_size);

#endif
