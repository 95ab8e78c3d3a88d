/* What a mail adds to an explanation. */
#include "cli/explain.h"
#include "mail/date.h"
#include "reply/explanation_json.h"

const char *explained_kind(const struct explained *x)
{
    if (x->recipient && x->recipient->kind != BOUNCE_NONE)
        return bounce_kind_name(x->recipient->kind);
    return x->bounce && !x->recipient ? bounce_kind_name(BOUNCE_NONE)
                                      : explanation_kind(&x->in, &x->diagnosis);
}

const char *explained_input(const struct explained *x)
{
    return x->bounce ? "bounce" : "reply";
}

struct slice explained_recipient(const struct explained *x)
{
    return x->recipient ? x->recipient->recipient : (struct slice){"", 0};
}

void explained_write_time(struct buf *out, const struct explained *x)
{
    if (x->time != EXPLAINED_NO_TIME)
        date_write_3339(out, x->time, 0);
}

void explain_no_report(struct explained *x)
{
    x->explanation = (struct explanation){
        .summary = SLICE("This mail holds no delivery report in the standard form (RFC 3464)."),
        .steps = {SLICE("If a sentence in it tells why a message was not delivered, pass that "
                        "sentence: candor explain \"550 5.1.1 ...\"")},
        .count = 1,
    };
}

void explain_success(struct explained *x)
{
    x->explanation = (struct explanation){
        .summary = SLICE("The report says that the message was delivered, or handed on to the "
                         "next server."),
        .steps = {SLICE("Nothing: the sender asked to be told, and this is the answer.")},
        .count = 1,
    };
}
