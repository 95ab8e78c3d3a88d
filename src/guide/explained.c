#include "guide/explained.h"

#include "mail/date.h"
#include "reply/code_uses.h"
#include "reply/explanation_json.h"
#include "reply/rules.h"

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

static void put_message(struct json *j, const struct explained *x)
{
    json_put_harmless(j, "recipient", explained_recipient(x));
    json_put_harmless(j, "sender", explained_sender(x));
    json_put_harmless(j, "subject", explained_subject(x));
    json_put_harmless(j, "message_id", explained_message_id(x));
    json_put_known(j, "reporter", explained_reporter(x));
    json_put_known(j, "direction", explained_direction(x));
    if (x->event)
        json_put_harmless(j, "client", x->event->client);
}

static void put_time(struct json *j, const struct explained *x)
{
    char storage[40];
    struct buf time;
    buf_init_fixed(&time, storage, sizeof(storage));
    explained_write_time(&time, x);
    json_put_known(j, "time", buf_slice(&time));
}

bool explained_is_code(const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    bool is_one = (r->code != 0) != (r->enhanced.class != 0);
    return is_one && r->text.len == 0 && !x->bounce && !x->event;
}

const struct catalogue_entry *explained_code(const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    return r->code ? catalogue_basic(r->code) : catalogue_enhanced(r->enhanced);
}

void explained_write_origin(struct buf *out, const struct catalogue_entry *e)
{
    if (e->rfc)
        buf_addf(out, "RFC %u", (unsigned)e->rfc);
    else
        buf_add_str(out, e->name.at[0] == 'X' ? "the registry of enhanced status codes (RFC 5248)"
                                              : "no standard; servers use it all the same");
}

static void put_use(struct json *j, const struct code_cause *c)
{
    json_put_object(j, NULL);
    json_put_string(j, "cause", slice_str(cause_name(c->cause)));
    json_put_string(j, "title", slice_str(cause_title(c->cause)));
    json_put_array(j, "providers");
    for (size_t i = 0; i < rule_tables.provider_count && i < CODE_PROVIDERS_MAX; i++)
        if (c->providers[i])
            json_put_string(j, NULL, rule_tables.providers[i].name);
    json_end_array(j);
    json_end_object(j);
}

/* What the catalogue says of a code, and what the rules know it to be used for. */
static void put_code(struct json *j, const struct explained *x)
{
    const struct catalogue_entry *e = explained_code(x);
    struct code_cause causes[CAUSE_COUNT];
    char storage[80];
    struct buf origin;
    buf_init_fixed(&origin, storage, sizeof(storage));
    if (e) {
        explained_write_origin(&origin, e);
        json_put_string(j, "meaning", e->meaning);
        json_put_string(j, "defined_in", buf_slice(&origin));
    }
    size_t count = code_causes(&x->in.reply, causes);
    json_put_array(j, "used_for");
    for (size_t i = 0; i < count; i++)
        put_use(j, &causes[i]);
    json_end_array(j);
}

void explained_put_json(struct json *j, const struct explained *x)
{
    json_put_string(j, "source", x->source);
    if (x->line)
        json_put_number(j, "line", (int64_t)x->line);
    json_put_string(j, "input", slice_str(explained_input(x)));
    put_time(j, x);
    json_put_harmless(j, "queue_id", explained_queue_id(x));
    put_message(j, x);
    explanation_put_json_as(j, explained_kind(x), &x->in, &x->diagnosis, &x->explanation);
    if (explained_is_code(x))
        put_code(j, x);
}
