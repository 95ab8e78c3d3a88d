/* AUTH (RFC 4954): carries the exchange; what is in it, and who may log in, the owner knows. */
#include "smtp/server/command.h"

static bool is_offered(const struct smtp_server *s, struct slice mechanism)
{
    struct slice rest = s->mechanisms, name;
    while (slice_word(&rest, &name))
        if (slice_ieq(name, mechanism))
            return true;
    return false;
}

static void ask(struct smtp_server *s, const struct smtp_event *event)
{
    session_set_state(s, STATE_AUTH);
    if (!session_ask(s, event))
        session_set_state(s, STATE_READY);
}

/* `AUTH PLAIN =` has a response, and it is empty (RFC 4954 4). */
static void begin(struct smtp_server *s, struct slice mechanism, struct slice response)
{
    ask(s, &(struct smtp_event){.kind = SMTP_EVENT_AUTH,
                                .text = mechanism,
                                .has_response = response.len > 0,
                                .response = slice_eq(response, SLICE("=")) ? SLICE("") : response});
}

void cmd_auth(struct smtp_server *s, const struct command *c, struct slice args)
{
    struct slice mechanism, response = SLICE(""), rest = args;
    (void)c;
    if (s->is_logged_in)
        session_reply_plain(s, SITUATION_AUTH_TWICE);
    else if (!s->is_secure)
        session_reply_plain(s, SITUATION_AUTH_NEEDS_TLS);
    else if (!s->is_extended)
        session_reply_plain(s, SITUATION_HELO_FIRST);
    else if (!slice_word(&rest, &mechanism) ||
             (slice_word(&rest, &response) && slice_trim(rest).len > 0))
        SESSION_REPLY(s, SITUATION_AUTH_SYNTAX, s->mechanisms);
    else if (!is_offered(s, mechanism))
        SESSION_REPLY(s, SITUATION_AUTH_MECHANISM, mechanism, s->mechanisms);
    else
        begin(s, mechanism, response);
}

void auth_response(struct smtp_server *s, struct slice line)
{
    if (slice_eq(line, SLICE("*"))) { /* the client gives up */
        session_set_state(s, STATE_READY);
        session_reply_plain(s, SITUATION_AUTH_CANCELLED);
        return;
    }
    ask(s, &(struct smtp_event){
               .kind = SMTP_EVENT_AUTH_RESPONSE, .has_response = true, .response = line});
}
