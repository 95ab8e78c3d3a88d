#include "base/json.h"
#include "cli/explain_decide.h"
#include "reply/explanation_json.h"

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

void explain_write_json(struct buf *out, const struct explained *x)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "source", x->source);
    if (x->line)
        json_put_number(&j, "line", (int64_t)x->line);
    json_put_string(&j, "input", slice_str(explained_input(x)));
    put_time(&j, x);
    json_put_harmless(&j, "queue_id", explained_queue_id(x));
    put_message(&j, x);
    explanation_put_json_as(&j, explained_kind(x), &x->in, &x->diagnosis, &x->explanation);
    if (x->decision)
        explain_decide_put_json(&j, x->decision);
    json_end_object(&j);
    buf_add_char(out, '\n');
}
