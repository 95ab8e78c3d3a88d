/* What a code is used for: the causes and providers that the samples of share/rules/ show with it.
 * The table is made by tools/rulec.c at build time. */
#ifndef CANDOR_REPLY_CODE_USES_H
#define CANDOR_REPLY_CODE_USES_H

#include "reply/diagnosis.h"

/* Seen in `samples` samples of rules with this cause. */
struct code_use {
    uint16_t code;            /* 0: an enhanced code alone */
    struct enhanced enhanced; /* class 0: a basic code alone */
    uint8_t cause;            /* enum cause */
    uint8_t provider;         /* number + 1 in rule_tables.providers; 0: everybody */
    uint8_t samples;
};

extern const struct code_use code_uses[];
extern const size_t code_use_count;

enum { CODE_PROVIDERS_MAX = 256 };

struct code_cause {
    enum cause cause;
    unsigned samples;
    bool providers[CODE_PROVIDERS_MAX]; /* by their number in rule_tables */
};

/* The causes that a basic code, or an enhanced one of any class, is used for: what the catalogue
 * says of it first, then the most frequent. `list_r` has room for CAUSE_COUNT; how many. */
size_t code_causes(const struct reply *code, struct code_cause *list_r);

#endif
