/* One error value: what kind, where in the input, and words for a person. Library code returns it;
 * it never prints and never exits. */
#ifndef CANDOR_BASE_ERR_H
#define CANDOR_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define ERR_CODES(X)                                                                               \
    X(OK, "ok")                                                                                    \
    X(MEMORY, "out of memory, or past this object's memory limit")                                 \
    X(SYNTAX, "not valid syntax")                                                                  \
    X(LIMIT, "a limit is exceeded")                                                                \
    X(STATE, "not allowed now")                                                                    \
    X(NOT_FOUND, "not found")                                                                      \
    X(IO, "an input/output error")                                                                 \
    X(FULL, "no space left")                                                                       \
    X(CORRUPT, "the stored data is damaged")

enum err_code {
#define X(name, text) ERR_##name,
    ERR_CODES(X)
#undef X
};

struct err {
    enum err_code code;
    size_t at;        /* byte offset in the input, where that makes sense */
    const char *what; /* static text: what was wrong and what would be right */
};

/* Static text for a code. */
const char *err_text(enum err_code code);

/* Fills *err_r and returns false, so that a parser can say `return err_set(…)`. */
static inline bool err_set(struct err *err_r, enum err_code code, size_t at, const char *what)
{
    if (err_r)
        *err_r = (struct err){code, at, what};
    return false;
}

#endif
