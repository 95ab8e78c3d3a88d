/* The commands that need no file of their own. */
#include "smtp/server/command.h"

void cmd_rset(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (!command_has_no_argument(s, c, args))
        return;
    session_reset(s);
    session_reply_plain(s, SITUATION_RESET);
}

/* Its argument is to be ignored (RFC 5321 4.1.1.9). */
void cmd_noop(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    (void)args;
    session_reply_plain(s, SITUATION_NOOP);
}

void cmd_quit(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (command_has_no_argument(s, c, args))
        session_say_last(s, SITUATION_BYE, &s->options->hostname, 1);
}

void cmd_vrfy(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    if (args.len)
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_VRFY, .text = args});
    else
        session_reply_plain(s, SITUATION_VRFY_SYNTAX);
}

void cmd_expn(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    if (args.len)
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_EXPN, .text = args});
    else
        session_reply_plain(s, SITUATION_EXPN_SYNTAX);
}

/* RFC 1985: `@` stands for a domain and all below it. Queues with names of their own (`#`)
 * there are none. */
void cmd_etrn(struct smtp_server *s, const struct command *c, struct slice args)
{
    bool has_subdomains = args.len > 0 && args.at[0] == '@';
    struct slice name = slice_from(args, has_subdomains);
    (void)c;
    if (domain_is_valid(name) && name.at[0] != '[')
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_ETRN,
                                            .text = name,
                                            .has_subdomains = has_subdomains});
    else
        session_reply_plain(s, SITUATION_ETRN_SYNTAX);
}

/* RFC 3207 4. What the client sent behind it is forgotten by smtp_server_feed. */
void cmd_starttls(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (!command_has_no_argument(s, c, args))
        return;
    if (s->is_secure)
        session_reply_plain(s, SITUATION_TLS_TWICE);
    else
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_STARTTLS});
}

void cmd_not_offered(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)args;
    SESSION_REPLY(s, SITUATION_COMMAND_NOT_OFFERED, c->verb);
}

void cmd_not_mail(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)args;
    session_say_last(s, SITUATION_NOT_MAIL, &c->verb, 1);
}
