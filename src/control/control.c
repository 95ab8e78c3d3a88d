#include "control/control.h"

#include <jansson.h>
#include <stdio.h>

#include "base/nearest.h"
#include "control/operation.h"
#include "system/log.h"

static const struct operation operations[] = {
#define OPERATION(id, name, arguments, who, function, help) {name, arguments, who, function, help},
#include "control/operations.def"
#undef OPERATION
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static const struct {
    const char *name;
    enum argument bit;
    json_type type; /* JSON_TRUE stands for both booleans */
    const char *should;
} arguments[] = {
    {"id", ARG_ID, JSON_STRING, "the id of a message, as queue.list shows it"},
    {"destination", ARG_DESTINATION, JSON_STRING, "a domain, a smarthost as host:port, or a site"},
    {"sender", ARG_SENDER, JSON_STRING, "an address, @domain, or <> for bounces"},
    {"recipient", ARG_RECIPIENT, JSON_STRING, "an address or @domain"},
    {"cause", ARG_CAUSE, JSON_STRING, "a cause such as greylisted or mailbox_full"},
    {"limit", ARG_LIMIT, JSON_INTEGER, "a number above 0"},
    {"all", ARG_ALL, JSON_TRUE, "true or false"},
    {"dry_run", ARG_DRY_RUN, JSON_TRUE, "true or false"},
    {"text", ARG_TEXT, JSON_STRING, "the text of a reply"},
    {"address", ARG_ADDRESS, JSON_STRING, "a whole address"},
    {"reason", ARG_REASON, JSON_STRING, "a few words"},
    {"ref", ARG_REFERENCE, JSON_STRING, "what stands in a reply behind \"ref\""},
    {"campaign", ARG_CAMPAIGN, JSON_STRING, "a campaign as queue.list shows it"},
    {"source", ARG_SOURCE, JSON_STRING, "operator, reply, bounce or complaint"},
    {"older", ARG_OLDER, JSON_INTEGER, "ms since it came in, above 0"},
    {"younger", ARG_YOUNGER, JSON_INTEGER, "ms since it came in, above 0"},
};

enum { ARGUMENTS = sizeof(arguments) / sizeof(arguments[0]) };

void control_error(struct buf *out, const char *code, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", false);
    json_put_string(&j, "code", slice_str(code));
    json_put_string(&j, "error", slice_str(text));
    json_end_object(&j);
    buf_add_char(out, '\n');
}

void control_time(struct json *j, const char *key, int64_t unix_ms)
{
    char storage[32];
    struct buf text;
    if (unix_ms == INT64_MAX)
        return;
    buf_init_fixed(&text, storage, sizeof(storage));
    log_write_time(&text, unix_ms);
    json_put_string(j, key, buf_slice(&text));
}

static const struct operation *find_operation(const char *name)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

static void unknown_operation(struct buf *out, const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < OPERATIONS; i++)
        if (nearest_improves(slice_str(name), slice_str(operations[i].name), &best))
            nearest = operations[i].name;
    control_error(out, "syntax", "there is no operation \"%.60s\"%s%s%s", name,
                  nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static struct slice string_of(const json_t *value)
{
    return slice_of(json_string_value(value), json_string_length(value));
}

static bool take_cause(struct slice name, struct queue_filter *filter)
{
    filter->by_cause = true;
    for (int c = 0; c < CAUSE_COUNT; c++)
        if (slice_eq(name, slice_str(cause_name((enum cause)c)))) {
            filter->cause = (enum cause)c;
            return true;
        }
    return false;
}

/* When that came in which is so old now. */
static bool take_age(const json_t *value, int64_t now, int64_t *at_r)
{
    json_int_t age = json_integer_value(value);
    *at_r = now - age;
    return age > 0 && *at_r > 0;
}

static bool is_of_type(const json_t *value, json_type type)
{
    return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

/* An empty text would choose everything: that has to be said as "all". */
static bool take_argument(struct control_request *r, enum argument bit, const json_t *value)
{
    struct slice text = json_is_string(value) ? string_of(value) : SLICE("");
    if (json_is_string(value) && text.len == 0)
        return false;
    switch (bit) {
    case ARG_ID:
        return spool_id_parse(text, &r->filter.id);
    case ARG_DESTINATION:
        r->filter.destination = text;
        return true;
    case ARG_SENDER:
        r->filter.sender = text;
        return true;
    case ARG_RECIPIENT:
        r->filter.recipient = text;
        return true;
    case ARG_CAUSE:
        return take_cause(text, &r->filter);
    case ARG_LIMIT:
        r->limit = (uint64_t)json_integer_value(value);
        return json_integer_value(value) > 0;
    case ARG_CAMPAIGN:
        r->filter.campaign = text;
        return true;
    case ARG_OLDER:
        return take_age(value, r->now, &r->filter.came_before);
    case ARG_YOUNGER:
        return take_age(value, r->now, &r->filter.came_after);
    case ARG_ALL:
        r->all = json_is_true(value);
        return true;
    case ARG_ADDRESS:
        r->address = text;
        return true;
    case ARG_REASON:
        r->reason = text;
        return true;
    case ARG_SOURCE:
        return suppression_source_parse(text, &r->source);
    case ARG_REFERENCE:
        r->reference = text;
        return true;
    case ARG_DRY_RUN:
        r->dry_run = json_is_true(value);
        return true;
    default:
        r->text = text;
        return true;
    }
}

static bool read_member(struct control_request *r, const char *key, const json_t *value,
                        struct buf *out)
{
    for (size_t i = 0; i < ARGUMENTS; i++) {
        if (strcmp(arguments[i].name, key) != 0 || !(r->operation->arguments & arguments[i].bit))
            continue;
        r->given |= arguments[i].bit;
        if (is_of_type(value, arguments[i].type) && take_argument(r, arguments[i].bit, value))
            return true;
        control_error(out, "syntax", "%s \"%.60s\" is not right: it should be %s", key,
                      json_is_string(value) ? json_string_value(value) : "", arguments[i].should);
        return false;
    }
    control_error(out, "syntax", "%s takes no argument \"%.60s\"", r->operation->name, key);
    return false;
}

static bool is_complete(const struct control_request *r, struct buf *out)
{
    unsigned wanted = r->operation->arguments;
    const char *missing = NULL;
    if ((wanted & ARG_ALL) && !(r->given & ARGS_FILTER) && !r->all)
        missing =
            "which messages: an id, a destination, sender, recipient, campaign, cause or age, or "
            "all";
    else if (wanted == ARG_ID && !(r->given & ARG_ID))
        missing = "which message: its id";
    else if (wanted == ARG_TEXT && !(r->given & ARG_TEXT))
        missing = "the text of a reply";
    else if ((wanted & ARG_ADDRESS) && !(r->given & ARG_ADDRESS))
        missing = "which address";
    else if ((wanted & ARG_REFERENCE) && !(r->given & ARG_REFERENCE))
        missing = "which refusal: its ref";
    if (missing)
        control_error(out, "syntax", "%s needs to know %s", r->operation->name, missing);
    return !missing;
}

static bool read_request(json_t *root, int64_t now, struct control_request *r, struct buf *out)
{
    const char *name = json_string_value(json_object_get(root, "op"));
    *r = (struct control_request){.limit = CONTROL_LIST_LIMIT, .now = now};
    if (!name) {
        control_error(out, "syntax",
                      "a request is one JSON object with \"op\", for example "
                      "{\"op\":\"queue.list\"}");
        return false;
    }
    r->operation = find_operation(name);
    if (!r->operation) {
        unknown_operation(out, name);
        return false;
    }
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (strcmp(key, "op") != 0 && !read_member(r, key, value, out))
            return false;
    }
    return is_complete(r, out);
}

void control_handle(struct slice request, enum control_access access,
                    const struct control_backend *backend, int64_t now, const struct mem *mem,
                    struct buf *out)
{
    json_error_t error;
    if (request.len > CONTROL_REQUEST_MAX) {
        control_error(out, "syntax", "a request has at most %d bytes", CONTROL_REQUEST_MAX);
        return;
    }
    json_t *root = json_loadb(request.at, request.len, JSON_REJECT_DUPLICATES, &error);
    struct control_request r;
    if (!root)
        control_error(out, "syntax", "this is no JSON: %s", error.text);
    else if (!read_request(root, now, &r, out))
        ; /* the answer is there */
    else if (r.operation->access > access)
        control_error(out, "denied", "%s is for the operator: use candor on the server itself",
                      r.operation->name);
    else
        r.operation->run(&(struct control_call){&r, backend, now, mem, out});
    json_decref(root);
}
