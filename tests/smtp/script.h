/* Golden transcripts: what a client sends, what it is to be told, what the session's user is to
 * see.
 *
 *   # a comment                    option size_max 1000
 *   C: a line the client sends     C< raw bytes\r\n, nothing added
 *   S: a line of the server's      E: an event
 *   V: a verdict for the next event that asks (else all get `ok`):
 *        ok | CODE [ENHANCED] words | late N ok | late N CODE words
 *      Late ones are given when the session takes no more bytes, or at `answer`, lowest N first.
 *   tick MS    shutdown    answer    told    reference NAME
 *
 * Escapes in all of them: \r \n \0 \\ \xHH, and \{COUNT*c} for a repeated byte. */
#ifndef CANDOR_TESTS_SMTP_SCRIPT_H
#define CANDOR_TESTS_SMTP_SCRIPT_H

#include "base/buf.h"
#include "smtp/server/server_session.h"

enum step_kind {
    STEP_BYTES,   /* to be fed */
    STEP_OUTPUT,  /* expected */
    STEP_EVENT,   /* expected */
    STEP_VERDICT, /* text: after `V: ` */
    STEP_OPTION,  /* text: name and value */
    STEP_OTHER    /* text: the line */
};

struct step {
    enum step_kind kind;
    struct slice text; /* escapes resolved */
};

enum { SCRIPT_STEPS_MAX = 1024 };

struct script {
    struct buf bytes; /* holds the texts */
    struct step steps[SCRIPT_STEPS_MAX];
    size_t count;
    size_t input; /* bytes of all STEP_BYTES */
};

/* False: a line has no known form; *bad_r shows it. */
bool script_parse(struct script *s, struct slice file, struct slice *bad_r);
void script_free(struct script *s);

/* All that the client sends in `file`, added to `out`; `file` as it is if none of its lines is a
 * client's. For the fuzz targets: lines that can't be read are left out. */
void script_client_bytes(struct buf *out, struct slice file);

/* `name number`; false: there is no such option. */
bool script_set_option(struct smtp_server_options *o, struct slice text);

/* As an `E: ` line has it. */
const char *script_event_name(enum smtp_event_kind kind);
/* The answer `ok` to an event that asks. */
enum situation script_good(enum smtp_event_kind kind);
/* What is shown only where the client said something. */
void script_write_parameters(struct buf *out, const struct smtp_event *e);
void script_write_refusal(struct buf *out, const struct smtp_refusal *r);
/* What a proxy claims, as ` name=value`; `-`: that it does not know. */
void script_write_claim(struct buf *out, const struct smtp_claim *claim);

#endif
