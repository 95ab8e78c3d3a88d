/* What a probe found, for people and for programs. */
#ifndef CANDOR_CLI_PROBE_SHOW_H
#define CANDOR_CLI_PROBE_SHOW_H

#include "cli/explain.h"
#include "probe/probe.h"

struct probe_shown {
    const struct finding *root;
    const struct probe_verdict *verdict;
    const struct rule_tables *rules; /* the user's own; NULL: none */
    struct slice recipient;          /* empty: nobody was asked for */
    bool is_sent;                    /* a message, not only a question */
};

/* A tree, with what to do below what is wrong, and what it comes to at the end. */
void probe_write_text(struct buf *out, const struct probe_shown *shown,
                      const struct explain_style *style);
/* One JSON object in a line. */
void probe_write_json(struct buf *out, const struct probe_shown *shown);

#endif
