#include "smtp/server/command.h"

enum {
    ANY = STATES_GREETED,
    NO_TRANSACTION = STATE_START | STATE_READY,
    PLAIN = LINE_MAX_PLAIN,
    LONG = LINE_MAX_PARAMETERS
};

static const struct command commands[] = {
    {SLICE_INIT("HELO"), ANY, SITUATION_HELO_FIRST, true, PLAIN, cmd_helo,
     "HELO name\nBegins a session without extensions; name is your host's.", false, NULL},
    {SLICE_INIT("EHLO"), ANY, SITUATION_HELO_FIRST, true, PLAIN, cmd_ehlo,
     "EHLO name\nBegins a session and lists the extensions; name is your host's.", false, NULL},
    {SLICE_INIT("MAIL"), STATE_READY, SITUATION_MAIL_TWICE, true, LONG, cmd_mail,
     "MAIL FROM:<address> [SIZE=bytes] [BODY=7BIT|8BITMIME|BINARYMIME] [SMTPUTF8] [RET=FULL|HDRS] "
     "[ENVID=id]\nBegins a message and names its sender; <> is for notices.",
     true, NULL},
    {SLICE_INIT("RCPT"), STATE_MAIL | STATE_RCPT, SITUATION_RCPT_FIRST_MAIL, false, LONG, cmd_rcpt,
     "RCPT TO:<address> [NOTIFY=NEVER|SUCCESS,FAILURE,DELAY] [ORCPT=type;address]\nNames a "
     "recipient; once for each.",
     false, NULL},
    {SLICE_INIT("DATA"), STATE_MAIL | STATE_RCPT, SITUATION_DATA_FIRST_MAIL, true, PLAIN, cmd_data,
     "DATA\nAnnounces the message; it ends with a line that holds only a dot.", false, NULL},
    {SLICE_INIT("BDAT"), ANY | STATE_REFUSED, SITUATION_HELO_FIRST, true, PLAIN, cmd_bdat,
     "BDAT size [LAST]\nAnnounces so many bytes of the message, which follow at once; with LAST "
     "they "
     "are its end.",
     false, NULL},
    {SLICE_INIT("RSET"), ANY, SITUATION_HELO_FIRST, true, PLAIN, cmd_rset,
     "RSET\nForgets sender and recipients.", false, NULL},
    {SLICE_INIT("NOOP"), ANY, SITUATION_HELO_FIRST, false, PLAIN, cmd_noop, "NOOP\nDoes nothing.",
     false, NULL},
    {SLICE_INIT("QUIT"), ANY | STATE_REFUSED, SITUATION_HELO_FIRST, true, PLAIN, cmd_quit,
     "QUIT\nEnds the session.", false, NULL},
    {SLICE_INIT("HELP"), ANY, SITUATION_HELO_FIRST, false, PLAIN, cmd_help,
     "HELP [command or reply code]\nExplains it.", false, NULL},
    {SLICE_INIT("VRFY"), ANY, SITUATION_HELO_FIRST, false, PLAIN, cmd_vrfy,
     "VRFY address\nIs confirmed to those who may send to anywhere, else answered 252.", true,
     NULL},
    {SLICE_INIT("EXPN"), ANY, SITUATION_HELO_FIRST, false, PLAIN, cmd_expn, NULL, true, NULL},
    {SLICE_INIT("ETRN"), STATE_READY, SITUATION_ETRN_IN_TRANSACTION, false, PLAIN, cmd_etrn,
     "ETRN domain\nSends now what waits for a domain; with @ in front, for those below it too.",
     true, session_offers_etrn},
    {SLICE_INIT("STARTTLS"), STATE_READY, SITUATION_TLS_IN_TRANSACTION, true, PLAIN, cmd_starttls,
     "STARTTLS\nBegins encryption; say EHLO again behind it.", false, session_offers_tls},
    {SLICE_INIT("AUTH"), STATE_READY, SITUATION_AUTH_IN_TRANSACTION, true, LINE_MAX_AUTH, cmd_auth,
     "AUTH mechanism [response]\nLogs in (RFC 4954); only in an encrypted connection.", false,
     session_knows_auth},
    {SLICE_INIT("XCLIENT"), NO_TRANSACTION, SITUATION_PROXY_IN_TRANSACTION, true, LONG, cmd_xclient,
     NULL, false, NULL},
    {SLICE_INIT("XFORWARD"), NO_TRANSACTION, SITUATION_PROXY_IN_TRANSACTION, true, LONG,
     cmd_xforward, NULL, false, NULL},
/* Commands of SMTP that are not offered here, so that the answer is 502 and not 500 (RFC 5321
 * 4.2.4). */
#define NOT_OFFERED(verb)                                                                          \
    {                                                                                              \
        SLICE_INIT(verb), ANY, SITUATION_HELO_FIRST, false, LONG, cmd_not_offered, NULL, false,    \
            NULL                                                                                   \
    }
    NOT_OFFERED("TURN"), /* RFC 821, deprecated by RFC 5321 F.1 */
    NOT_OFFERED("SEND"), /* RFC 821, RFC 5321 F.6 */
    NOT_OFFERED("SOML"), /* ditto */
    NOT_OFFERED("SAML"), /* ditto */
    NOT_OFFERED("ATRN"), /* RFC 2645 */
    NOT_OFFERED("BURL"), /* RFC 4468 */
    NOT_OFFERED("LHLO"), /* RFC 2033 */
/* A browser that was led to this port: what follows is somebody else's text, not commands. */
#define NOT_MAIL(verb)                                                                             \
    {                                                                                              \
        SLICE_INIT(verb), ANY | STATE_REFUSED, SITUATION_HELO_FIRST, true, LONG, cmd_not_mail,     \
            NULL, false, NULL                                                                      \
    }
    NOT_MAIL("CONNECT"),
    NOT_MAIL("GET"),
    NOT_MAIL("POST"),
};

const struct command *command_at(size_t index)
{
    return index < sizeof(commands) / sizeof(*commands) ? &commands[index] : NULL;
}

const struct command *command_find(struct slice verb)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (slice_ieq(commands[i].verb, verb))
            return &commands[i];
    return NULL;
}

/* The verb off the front of a line; false if it can be none. */
static bool take_verb(struct slice *rest_r, struct slice *verb_r)
{
    size_t len = 0;
    while (len < rest_r->len && rest_r->at[len] != ' ' && rest_r->at[len] != '\t') {
        if (!ascii_is_alnum(rest_r->at[len]) && rest_r->at[len] != '-')
            return false;
        len++;
    }
    *verb_r = slice_head(*rest_r, len);
    *rest_r = slice_trim(slice_from(*rest_r, len));
    return len > 0 && slice_find(*rest_r, '\0', 0) == SLICE_NONE;
}

static bool must_wait(const struct smtp_server *s, const struct command *c)
{
    if (c->waits)
        return s->slots != NULL;
    /* Whether one more recipient is too many depends on the verdicts on those before. */
    return c->run == cmd_rcpt && s->rcpts_waiting &&
           (s->options->domains_max ||
            s->envelope.count + s->rcpts_waiting >= s->options->recipients_max);
}

static void refuse_unknown(struct smtp_server *s, bool has_verb, struct slice verb)
{
    if (s->state == STATE_REFUSED)
        session_reply_plain(s, SITUATION_ONLY_QUIT);
    else if (has_verb)
        SESSION_REPLY(s, SITUATION_COMMAND_UNKNOWN, verb);
    else
        session_reply_plain(s, SITUATION_COMMAND_SYNTAX);
}

static void refuse_order(struct smtp_server *s, const struct command *c)
{
    if (s->state == STATE_REFUSED)
        session_reply_plain(s, SITUATION_ONLY_QUIT);
    else
        session_reply_plain(s, s->state == STATE_START    ? SITUATION_HELO_FIRST
                               : s->state == STATE_CHUNKS ? SITUATION_BDAT_UNDER_WAY
                                                          : c->wrong_order);
}

bool command_run(struct smtp_server *s, struct slice line)
{
    if (s->state == STATE_AUTH) {
        auth_response(s, line);
        return true;
    }
    struct slice args = line, verb = SLICE("");
    bool has_verb = take_verb(&args, &verb);
    const struct command *c = has_verb ? command_find(verb) : NULL;
    char number[NUMBER_TEXT];
    if (!c) {
        refuse_unknown(s, has_verb, verb);
        return true;
    }
    if (must_wait(s, c))
        return false;
    if (!(c->states & s->state))
        refuse_order(s, c);
    else if (line.len + 2 > c->line_max)
        SESSION_REPLY(s, SITUATION_COMMAND_TOO_LONG, session_number(number, c->line_max));
    else if (c->is_offered && !c->is_offered(s))
        cmd_not_offered(s, c, args);
    else if (c->is_guarded && s->options->requires_tls && !s->is_secure)
        session_reply_plain(s, SITUATION_TLS_REQUIRED);
    else if (c->is_guarded && s->options->requires_auth && !s->is_logged_in)
        session_reply_plain(s, SITUATION_AUTH_REQUIRED);
    else
        c->run(s, c, args);
    session_stop_if_idle(s);
    return true;
}

bool command_has_no_argument(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (args.len)
        SESSION_REPLY(s, SITUATION_COMMAND_NO_ARGUMENT, c->verb);
    return args.len == 0;
}
