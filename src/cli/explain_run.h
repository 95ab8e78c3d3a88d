/* Explains all places of the command line, several at a time; the output has their order. */
#ifndef CANDOR_CLI_EXPLAIN_RUN_H
#define CANDOR_CLI_EXPLAIN_RUN_H

#include "cli/explain.h"
#include "cli/explain_filter.h"
#include "cli/explain_places.h"

enum explain_format { EXPLAIN_TEXT, EXPLAIN_JSON, EXPLAIN_CSV };

struct explain_summary;

struct explain_options {
    enum explain_format format;
    struct explain_style style;
    struct explain_filter filter;
    struct explain_summary *summary; /* counted into, instead of printing each; NULL: none */
    const struct rule_tables *rules; /* of the user's own, beside ours; NULL: none */
    enum stage stage;                /* of replies that do not tell; STAGE_NONE: not known */
    size_t jobs;                     /* places that are read at the same time */
    bool decides;                    /* tells what a queue would do, too */
    bool shows_progress;
    bool follows; /* the one file, as it grows; of what is in it already, what `filter.since` asks
                     for */
};

/* A status of sysexits.h. What can't be read is said, and the rest goes on. */
int explain_run(const struct explain_options *options, const struct explain_places *places);

#endif
