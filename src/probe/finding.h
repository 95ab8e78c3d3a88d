/* What a probe found, as a tree: a step, what was seen, what to do about it, and the smaller steps
 * below it. Lives in an arena. */
#ifndef CANDOR_PROBE_FINDING_H
#define CANDOR_PROBE_FINDING_H

#include "base/arena.h"
#include "reply/diagnosis.h"

/* From the best to the worst. */
#define FINDING_MARKS(X)                                                                           \
    X(GOOD, "good")                                                                                \
    X(NOTE, "note")   /* worth knowing; nothing is wrong */                                        \
    X(DOUBT, "doubt") /* mail may suffer from it */                                                \
    X(BAD, "bad")     /* mail does not get on here */
enum finding_mark {
#define X(id, name) FINDING_##id,
    FINDING_MARKS(X)
#undef X
};
const char *finding_mark_name(enum finding_mark m);

/* For programs: a value with a name. */
struct finding_fact {
    struct finding_fact *next;
    const char *key;
    struct slice value;
};

struct finding {
    struct finding *next, *first, *last;
    struct arena *arena;
    enum finding_mark mark;
    const char *step;            /* of which kind, for programs; static */
    struct slice text;           /* printable */
    struct slice advice;         /* what to do; printable, or empty */
    bool has_said;               /* somebody's words are to be explained: */
    struct diagnosis_input said; /* texts in the arena */
    struct finding_fact *facts, *last_fact;
};

/* Adds the last child of `parent`; NULL as the parent makes a root. NULL when memory ends: all
 * functions let NULL pass. */
struct finding *finding_add(struct arena *arena, struct finding *parent, enum finding_mark mark,
                            const char *step, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Makes a root the last child of another. */
void finding_append(struct finding *parent, struct finding *child);
void finding_advise(struct finding *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies what was said. */
void finding_explain(struct finding *f, const struct diagnosis_input *said);
/* `key` is static; the value is copied. */
void finding_note(struct finding *f, const char *key, struct slice value);
void finding_note_number(struct finding *f, const char *key, int64_t value);
/* Makes the mark worse, never better. */
void finding_worsen(struct finding *f, enum finding_mark mark);

#endif
