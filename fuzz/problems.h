/* Of files of the operator's: what is said of them stands in the file and is fit to print. */
#ifndef CANDOR_FUZZ_PROBLEMS_H
#define CANDOR_FUZZ_PROBLEMS_H

#include "system/config.h"

static inline void problems_check(const struct config_problems *p, struct slice text)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->at[i].line > slice_count(text, '\n') + 1 || p->at[i].text.len == 0)
            __builtin_trap();
        for (size_t k = 0; k < p->at[i].text.len; k++)
            if ((unsigned char)p->at[i].text.at[k] < ' ')
                __builtin_trap();
    }
}

#endif
