#include "reply/diagnosis.h"

struct cause_row {
    const char *name;
    const char *title;
};

static const struct cause_row causes[] = {
#define CAUSE(id, name, scope, permanence, fixer, action, title) [CAUSE_##id] = {name, title},
#include "reply/cause.def"
#undef CAUSE
};

const char *cause_name(enum cause c)
{
    return causes[c].name;
}

const char *cause_title(enum cause c)
{
    return causes[c].title;
}

const char *stage_name(enum stage s)
{
    static const char *const names[] = {
#define X(id, name) [STAGE_##id] = name,
        STAGES(X)
#undef X
    };
    return names[s];
}

const char *scope_name(enum scope s)
{
    static const char *const names[] = {
        [SCOPE_RECIPIENT] = "recipient",
        [SCOPE_CONNECTION] = "connection",
        [SCOPE_SENDER] = "sender",
        [SCOPE_MESSAGE] = "message",
        [SCOPE_REMOTE_SYSTEM] = "remote system",
        [SCOPE_LOCAL_SYSTEM] = "local system",
    };
    return names[s];
}

const char *permanence_name(enum permanence p)
{
    static const char *const names[] = {
        [PERMANENCE_PERMANENT] = "permanent",
        [PERMANENCE_TRANSIENT] = "transient",
        [PERMANENCE_BY_DIGIT] = "by first digit",
    };
    return names[p];
}

const char *fixer_name(enum fixer f)
{
    static const char *const names[] = {
        [FIXER_SENDER] = "sender",
        [FIXER_RECIPIENT] = "recipient",
        [FIXER_SENDER_ADMIN] = "sender's admin",
        [FIXER_RECIPIENT_ADMIN] = "recipient's admin",
        [FIXER_NOBODY] = "nobody: wait",
    };
    return names[f];
}

const char *action_name(enum action a)
{
    static const char *const names[] = {
        [ACTION_SUPPRESS_RECIPIENT] = "suppress recipient",
        [ACTION_BOUNCE_NOW] = "bounce now",
        [ACTION_BOUNCE_NOW_ALERT_THE_OPERATOR] = "bounce now, alert the operator",
        [ACTION_RETRY_NORMALLY] = "retry normally",
        [ACTION_RETRY_NORMALLY_THEN_BOUNCE] = "retry normally, then bounce",
        [ACTION_RETRY_NORMALLY_SPLIT_RECIPIENTS] = "retry normally (split recipients)",
        [ACTION_BACK_OFF_THE_DESTINATION] = "back off the destination",
        [ACTION_BACK_OFF_THE_DESTINATION_ALERT_THE_OPERATOR] =
            "back off the destination, alert the operator",
        [ACTION_SUSPEND_ALERT_THE_OPERATOR] = "suspend, alert the operator",
        [ACTION_ALERT_THE_OPERATOR] = "alert the operator",
        [ACTION_BY_FIRST_DIGIT] = "retry if 4yz, bounce now if 5yz",
    };
    return names[a];
}
