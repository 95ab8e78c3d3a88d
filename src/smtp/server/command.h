/* The commands as rows of a table. Shared by the files of this folder alone. */
#ifndef CANDOR_SMTP_SERVER_COMMAND_H
#define CANDOR_SMTP_SERVER_COMMAND_H

#include "smtp/server/session.h"

struct command {
    struct slice verb;
    unsigned states;            /* enum server_state bits: where it is legal */
    enum situation wrong_order; /* the answer where it is not; before HELO it is HELO_FIRST */
    bool waits;        /* runs only when all verdicts before it are known: it depends on them */
    uint16_t line_max; /* bytes, CR LF included */
    void (*run)(struct smtp_server *s, const struct command *c, struct slice args);
    const char *help; /* lines behind `HELP verb`; NULL: it is not offered */
    bool is_guarded;  /* where TLS or a login is required: not before it */
    bool (*is_offered)(const struct smtp_server *s); /* NULL: always */
};

/* NULL: not known. */
const struct command *command_find(struct slice verb);
/* Row by row; NULL behind the last. */
const struct command *command_at(size_t index);

static inline bool command_is_offered(const struct smtp_server *s, const struct command *c)
{
    return c->help && (!c->is_offered || c->is_offered(s));
}

/* Handlers: `args` is what stands behind the verb, without white space at its ends. */
void cmd_helo(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_ehlo(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_mail(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_rcpt(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_data(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_bdat(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_rset(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_noop(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_quit(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_help(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_vrfy(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_expn(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_etrn(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_auth(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_starttls(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_xclient(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_xforward(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_not_offered(struct smtp_server *s, const struct command *c, struct slice args);
void cmd_not_mail(struct smtp_server *s, const struct command *c, struct slice args);

/* cmd_proxy.c: the attributes that may be told, behind a space each. */
void proxy_list_xclient(struct buf *out, const struct smtp_server *s);
void proxy_list_xforward(struct buf *out, const struct smtp_server *s);

/* For commands that take no argument: false when there is one, which is answered. */
bool command_has_no_argument(struct smtp_server *s, const struct command *c, struct slice args);

#endif
