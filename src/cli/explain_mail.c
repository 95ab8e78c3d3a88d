/* What a mail or a log adds to an explanation. */
#include "cli/explain.h"
#include "mail/bounce_explain.h"
#include "mail/date.h"
#include "reply/explanation_json.h"

const char *explained_kind(const struct explained *x)
{
    if (x->event)
        return bounce_kind_name(x->event->kind);
    if (x->recipient && x->recipient->kind != BOUNCE_NONE)
        return bounce_kind_name(x->recipient->kind);
    return x->bounce && !x->recipient ? bounce_kind_name(BOUNCE_NONE)
                                      : explanation_kind(&x->in, &x->diagnosis);
}

const char *explained_input(const struct explained *x)
{
    if (x->event)
        return x->event->format == LOG_TRANSCRIPT ? "transcript" : "log";
    return x->bounce ? "bounce" : "reply";
}

static const struct slice none = {"", 0};

struct slice explained_recipient(const struct explained *x)
{
    if (x->event)
        return x->event->recipient;
    return x->recipient ? x->recipient->recipient : none;
}

struct slice explained_sender(const struct explained *x)
{
    return x->event ? x->event->sender : x->bounce ? x->bounce->sender : none;
}

struct slice explained_subject(const struct explained *x)
{
    return x->bounce ? x->bounce->subject : none;
}

struct slice explained_message_id(const struct explained *x)
{
    return x->event ? x->event->message_id : x->bounce ? x->bounce->message_id : none;
}

struct slice explained_queue_id(const struct explained *x)
{
    return x->event ? x->event->queue_id : none;
}

struct slice explained_reporter(const struct explained *x)
{
    if (x->event)
        return slice_str(log_format_name(x->event->format));
    return x->bounce ? x->bounce->reporter : none;
}

struct slice explained_direction(const struct explained *x)
{
    return x->event ? slice_str(log_direction_name(x->event->direction)) : none;
}

void explained_write_time(struct buf *out, const struct explained *x)
{
    if (x->time != EXPLAINED_NO_TIME)
        date_write_3339(out, x->time, 0);
}

void explain_no_report(struct explained *x)
{
    x->explanation = bounce_explanation_no_report;
}

void explain_success(struct explained *x)
{
    x->explanation = bounce_explanation_success;
}
