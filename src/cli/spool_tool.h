/* What the files of `candor spool` share. */
#ifndef CANDOR_CLI_SPOOL_TOOL_H
#define CANDOR_CLI_SPOOL_TOOL_H

#include "mail/envelope.h"
#include "spool/log/log.h"

struct spool_tool {
    const char *verb;   /* for messages: `candor spool VERB: …` */
    const char *path;   /* the spool's folder */
    const char *folder; /* export, import: the other one */
    bool as_json;

    struct spool *spool;
    size_t damages;
    int64_t begun; /* monotonic ms, of opening */
    bool has_shown_progress;
};

/* Opens the spool only to look; EX_OK, or a status after saying on standard error why not. Damage
 * is told, counted, and progress shown. */
int spool_tool_look(struct spool_tool *t, bool read_all);
void spool_tool_close(struct spool_tool *t);
/* Takes the line with the progress away. */
void spool_tool_end_progress(struct spool_tool *t);
/* Says what went wrong; the status for it. */
int spool_tool_fail(const struct spool_tool *t, const char *about, enum err_code code,
                    const char *why);

/* The envelope with those recipients only that are not finished (they wait, or have failed and the
 * sender does not know yet). A state that cannot be understood counts as none: better delivered
 * twice than never. False when the envelope cannot be understood. */
MUST_CHECK bool spool_tool_waiting(struct slice envelope, struct slice state, struct arena *arena,
                                   struct envelope *e_r);

int spool_check(struct spool_tool *t);
int spool_dump(struct spool_tool *t);
int spool_export(struct spool_tool *t);
int spool_import(struct spool_tool *t);

enum { SPOOL_TOOL_ARENA = 256 << 20 }; /* for one envelope */

#endif
