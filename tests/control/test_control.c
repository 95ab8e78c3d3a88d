#include "control/control.h"

#include <jansson.h>

#include "check.h"
#include "system/heap.h"

#define NOW INT64_C(1795461318123)

/* A queue of three recipients in two messages. */
struct fake {
    bool is_broken;             /* its configuration */
    struct queue_filter filter; /* of the last call; its slices are only valid during it */
    bool had_filter;
    enum queue_command command;
    bool dry_run;
    size_t commands;
    size_t answer; /* how many messages a command says it met */
    size_t shutdowns;
    size_t suspension_changes;
};

static struct recipient recipients[] = {{.address = SLICE_INIT("bob@b.test")},
                                        {.address = SLICE_INIT("carol@c.test")}};
static const struct envelope envelopes[] = {
    {.sender = SLICE_INIT("alice@a.test"),
     .received_at = 1795461318123,
     .size = 4200,
     .helo = SLICE_INIT("here"),
     .recipients = recipients,
     .count = 2},
    {.received_at = 1795461318123, .recipients = recipients, .count = 1},
};

static void fake_visit(void *ctx, const struct queue_filter *filter, queue_visitor *visitor,
                       void *visitor_ctx)
{
    static const struct outcome outcome = {
        .stage = STAGE_RCPT,
        .reply = {.code = 450, .enhanced = {4, 2, 0}, .text = SLICE_INIT("Greylisted\xff")},
        .host = SLICE_INIT("mx.b.test"),
        .at = 1795461318123};
    static const struct {
        size_t envelope;
        uint32_t recipient;
    } rows[] = {{0, 0}, {0, 1}, {1, 0}};
    struct fake *f = ctx;
    f->had_filter = true;
    f->filter = *filter;
    for (size_t i = 0; i < 3; i++) {
        struct queue_view v = {.id = rows[i].envelope + 1,
                               .envelope = &envelopes[rows[i].envelope],
                               .recipient = rows[i].recipient,
                               .route = {.agent = AGENT_SMTP, .destination = SLICE("b.test")},
                               .attempts = 2,
                               .until = i == 1 ? INT64_MAX : 1795461400000,
                               .held = i == 1,
                               .expires = 1795891318123,
                               .outcome = i == 0 ? &outcome : NULL,
                               .why = SLICE("Because")};
        if (filter->id == 0 || filter->id == v.id)
            if (!visitor(visitor_ctx, &v))
                return;
    }
}

static size_t fake_command(void *ctx, enum queue_command command, const struct queue_filter *filter,
                           bool dry_run)
{
    struct fake *f = ctx;
    f->command = command;
    f->filter = *filter;
    f->dry_run = dry_run;
    f->commands++;
    return f->answer;
}

static void fake_status(void *ctx, struct control_status *s)
{
    (void)ctx;
    s->hostname = SLICE("mx.here.test");
    s->version = SLICE("1");
    s->queue.messages = 7;
}

static void fake_shutdown(void *ctx)
{
    ((struct fake *)ctx)->shutdowns++;
}

static void fake_suspensions_changed(void *ctx)
{
    ((struct fake *)ctx)->suspension_changes++;
}

static bool fake_reload(void *ctx, struct buf *kept, struct buf *why)
{
    const struct fake *f = ctx;
    buf_add_str(f->is_broken ? why : kept, f->is_broken ? "f:3: no\n" : "spool: path");
    return !f->is_broken;
}

static bool fake_refusal(void *ctx, struct slice reference, struct buf *text)
{
    (void)ctx;
    if (!slice_eq(reference, SLICE("AB-1")))
        return false;
    buf_add_str(text, "{\"client\":\"192.0.2.1\"}");
    return true;
}

static struct fake fake;
static struct suppressions listed;
static struct suspensions stopped;
static const struct control_backend backend = {.ctx = &fake,
                                               .suppressions = &listed,
                                               .suspensions = &stopped,
                                               .suspensions_changed = fake_suspensions_changed,
                                               .visit = fake_visit,
                                               .command = fake_command,
                                               .status = fake_status,
                                               .refusal = fake_refusal,
                                               .reload = fake_reload,
                                               .shutdown = fake_shutdown};
static const struct control_backend nothing = {0};
static struct buf out;
static struct slice rest;

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.answer = 1};
    buf_init(&out, &heap, CONTROL_ANSWER_MAX);
    suppressions_init(&listed, &heap, (struct hash_key){1, 2});
    suspensions_init(&stopped, &heap);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&out);
    suppressions_free(&listed);
    suspensions_free(&stopped);
    return 0;
}

static void ask_as(enum control_access access, const struct control_backend *b, const char *request)
{
    buf_clear(&out);
    control_handle(slice_str(request), access, b, NOW, &heap, &out);
    rest = buf_slice(&out);
}

static void ask(const char *request)
{
    ask_as(CONTROL_OPERATOR, &backend, request);
}

/* The next line of the answer; each is JSON by itself. */
static json_t *next_line(void)
{
    struct slice line;
    json_error_t error;
    assert_true(slice_line(&rest, &line));
    json_t *object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        fail_msg("%s: %.*s", error.text, SLICE_ARG(line));
    return object;
}

static void assert_text(const json_t *object, const char *key, const char *want)
{
    const char *got = json_string_value(json_object_get(object, key));
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s is %s, not %s", key, got ? got : "absent", want);
}

static void lists_each_recipient(void **state)
{
    (void)state;
    ask("{\"op\":\"queue.list\"}\n");
    json_t *row = next_line();
    assert_text(row, "id", "0000000000001");
    assert_text(row, "received", "2026-11-23T19:15:18.123Z");
    assert_text(row, "sender", "alice@a.test");
    assert_text(row, "recipient", "bob@b.test");
    assert_text(row, "status", "waiting");
    assert_text(row, "why", "Because");
    assert_text(json_object_get(row, "last"), "text", "Greylisted\xef\xbf\xbd");
    assert_text(json_object_get(row, "last"), "enhanced", "4.2.0");
    assert_null(json_object_get(row, "helo"));
    json_decref(row);
    row = next_line();
    assert_true(json_is_true(json_object_get(row, "held")));
    assert_null(json_object_get(row, "until"));
    assert_null(json_object_get(row, "last"));
    json_decref(row);
    json_decref(next_line());
    row = next_line();
    assert_true(json_is_true(json_object_get(row, "ok")));
    assert_int_equal(json_integer_value(json_object_get(row, "messages")), 2);
    assert_int_equal(json_integer_value(json_object_get(row, "recipients")), 3);
    json_decref(row);
    assert_int_equal(rest.len, 0);
}

static void a_limit_shows_fewer_and_counts_all(void **state)
{
    (void)state;
    ask("{\"op\":\"queue.list\",\"limit\":1}");
    json_decref(next_line());
    json_t *last = next_line();
    assert_int_equal(json_integer_value(json_object_get(last, "shown")), 1);
    assert_int_equal(json_integer_value(json_object_get(last, "recipients")), 3);
    json_decref(last);
}

static void shows_one_with_its_explanation(void **state)
{
    (void)state;
    ask("{\"op\":\"queue.show\",\"id\":\"0000000000001\"}");
    json_t *row = next_line();
    assert_text(row, "helo", "here");
    assert_text(json_object_get(row, "explanation"), "cause", "greylisted");
    assert_true(json_is_string(json_object_get(json_object_get(row, "explanation"), "summary")));
    json_decref(row);
    ask("{\"op\":\"queue.show\",\"id\":\"0000000000009\"}");
    row = next_line();
    assert_text(row, "code", "not_found");
    json_decref(row);
}

/* The number `key` of an answer that is one line. */
static int64_t number_in_answer(const char *request, const char *key)
{
    ask(request);
    json_t *row = next_line();
    if (!json_is_true(json_object_get(row, "ok")))
        fail_msg("%s: %s", request, json_string_value(json_object_get(row, "error")));
    int64_t number = json_integer_value(json_object_get(row, key));
    json_decref(row);
    return number;
}

static void suspends_and_resumes(void **state)
{
    (void)state;
    fake.answer = 4;
    assert_int_equal(number_in_answer("{\"op\":\"queue.suspend\",\"campaign\":\"spring\","
                                      "\"dry_run\":true}",
                                      "messages"),
                     4);
    assert_null(suspensions_next(&stopped, NULL));
    number_in_answer("{\"op\":\"queue.suspend\",\"campaign\":\"spring\",\"reason\":\"why\"}",
                     "messages");
    number_in_answer("{\"op\":\"queue.suspend\",\"destination\":\"mx.test\"}", "messages");
    assert_int_equal(fake.suspension_changes, 2);
    ask("{\"op\":\"queue.suspended\"}");
    json_t *row = next_line();
    assert_text(row, "campaign", "spring");
    assert_text(row, "reason", "why");
    assert_text(row, "since", "2026-11-23T19:15:18.123Z");
    assert_int_equal(json_integer_value(json_object_get(row, "messages")), 4);
    json_decref(row);
    assert_int_equal(
        number_in_answer("{\"op\":\"queue.resume\",\"destination\":\"MX.test\"}", "suspensions"),
        1);
    assert_int_equal(number_in_answer("{\"op\":\"queue.resume\",\"all\":true}", "suspensions"), 1);
    ask("{\"op\":\"queue.resume\",\"sender\":\"@a.test\"}");
    row = next_line();
    assert_text(row, "code", "not_found");
    json_decref(row);
    ask("{\"op\":\"queue.suspend\",\"reason\":\"all\"}");
    row = next_line();
    assert_text(row, "code", "syntax");
    json_decref(row);
}

static void an_age_becomes_a_time(void **state)
{
    (void)state;
    ask("{\"op\":\"queue.hold\",\"older\":5000,\"younger\":60000}");
    assert_true(fake.filter.came_before == NOW - 5000 && fake.filter.came_after == NOW - 60000);
    ask("{\"op\":\"queue.hold\",\"older\":0}");
    json_t *row = next_line();
    assert_text(row, "code", "syntax");
    json_decref(row);
}

static void hands_filters_and_commands_on(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum queue_command command;
    } commands[] = {{"retry", QUEUE_RETRY},
                    {"hold", QUEUE_HOLD},
                    {"release", QUEUE_RELEASE},
                    {"remove", QUEUE_REMOVE},
                    {"bounce", QUEUE_BOUNCE}};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char request[100];
        (void)snprintf(request, sizeof(request), "{\"op\":\"queue.%s\",\"id\":\"0000000000002\"}",
                       commands[i].name);
        ask(request);
        assert_int_equal(fake.command, commands[i].command);
        assert_int_equal(fake.filter.id, 2);
        assert_false(fake.dry_run);
    }
    ask("{\"op\":\"queue.hold\",\"cause\":\"mailbox_full\",\"sender\":\"@a.test\",\"dry_run\":"
        "true}");
    assert_true(fake.dry_run && fake.filter.by_cause);
    assert_int_equal(fake.filter.cause, CAUSE_MAILBOX_FULL);
    assert_int_equal(fake.filter.sender.len, 7);
    ask("{\"op\":\"queue.remove\",\"all\":true}");
    assert_int_equal(fake.filter.id, 0);
    assert_int_equal(fake.commands, 7);
}

static void stops_and_tells_how_it_is(void **state)
{
    (void)state;
    ask("{\"op\":\"status\"}");
    json_t *row = next_line();
    assert_text(row, "hostname", "mx.here.test");
    assert_int_equal(json_integer_value(json_object_get(row, "messages")), 7);
    json_decref(row);
    ask("{\"op\":\"shutdown\"}");
    assert_int_equal(fake.shutdowns, 1);
}

static const struct {
    const char *name, *request, *code, *words;
} wrongs[] = {
    {"nothing", "", "syntax", "no JSON"},
    {"no JSON", "queue list", "syntax", "no JSON"},
    {"two objects", "{\"op\":\"status\"}{\"op\":\"shutdown\"}", "syntax", "no JSON"},
    {"a key twice", "{\"op\":\"status\",\"op\":\"shutdown\"}", "syntax", "no JSON"},
    {"no object", "[1]", "syntax", "with \"op\""},
    {"no op", "{\"all\":true}", "syntax", "with \"op\""},
    {"an op that is no text", "{\"op\":1}", "syntax", "with \"op\""},
    {"an unknown op", "{\"op\":\"queue.lst\"}", "syntax", "did you mean \"queue.list\"?"},
    {"an argument of another op", "{\"op\":\"status\",\"all\":true}", "syntax",
     "no argument \"all\""},
    {"a bad id", "{\"op\":\"queue.hold\",\"id\":\"nonsense\"}", "syntax", "nonsense"},
    {"an empty sender, which would be all", "{\"op\":\"queue.remove\",\"sender\":\"\"}", "syntax",
     "not right"},
    {"a bad cause", "{\"op\":\"queue.list\",\"cause\":\"moon\"}", "syntax", "moon"},
    {"a limit below one", "{\"op\":\"queue.list\",\"limit\":0}", "syntax", "above 0"},
    {"a wrong type", "{\"op\":\"queue.list\",\"limit\":\"5\"}", "syntax", "not right"},
    {"no choice", "{\"op\":\"queue.remove\"}", "syntax", "which messages"},
    {"all, but not", "{\"op\":\"queue.remove\",\"all\":false}", "syntax", "which messages"},
    {"show without id", "{\"op\":\"queue.show\"}", "syntax", "which message"},
    {"suppress.add without address", "{\"op\":\"suppress.add\"}", "syntax", "which address"},
    {"suppress.add of no address", "{\"op\":\"suppress.add\",\"address\":\"a b\"}", "syntax",
     "is no address"},
    {"suppress.remove of one not listed",
     "{\"op\":\"suppress.remove\",\"address\":\"a@x.example\"}", "not_found", "a@x.example"},
    {"explain without text", "{\"op\":\"explain\"}", "syntax", "text of a reply"},
};

static void refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        ask(wrongs[i].request);
        json_t *row = next_line();
        const char *code = json_string_value(json_object_get(row, "code"));
        const char *error = json_string_value(json_object_get(row, "error"));
        if (!code || strcmp(code, wrongs[i].code) != 0 || !strstr(error, wrongs[i].words))
            fail_msg("%s: %.*s", wrongs[i].name, SLICE_ARG(buf_slice(&out)));
        assert_true(json_is_false(json_object_get(row, "ok")));
        json_decref(row);
    }
    assert_int_equal(fake.commands, 0);
    assert_int_equal(fake.shutdowns, 0);
}

static void suppresses_lists_and_forgets(void **state)
{
    (void)state;
    ask("{\"op\":\"suppress.add\",\"address\":\"a@x.example\",\"reason\":\"why not\"}");
    ask("{\"op\":\"suppress.add\",\"address\":\"b@y.example\"}");
    ask("{\"op\":\"suppress.list\",\"recipient\":\"@x.example\"}");
    json_t *row = next_line();
    assert_text(row, "address", "a@x.example");
    assert_text(row, "source", "operator");
    assert_text(row, "reason", "why not");
    assert_null(json_object_get(row, "cause"));
    json_decref(row);
    row = next_line();
    assert_int_equal(json_integer_value(json_object_get(row, "addresses")), 1);
    json_decref(row);
    ask("{\"op\":\"suppress.remove\",\"address\":\"A@X.example\"}");
    ask("{\"op\":\"suppress.list\",\"limit\":1}");
    row = next_line();
    assert_text(row, "address", "b@y.example");
    json_decref(row);
}

static void a_page_may_only_explain(void **state)
{
    (void)state;
    static const char *const requests[] = {"{\"op\":\"queue.list\"}",
                                           "{\"op\":\"queue.remove\",\"all\":true}",
                                           "{\"op\":\"shutdown\"}", "{\"op\":\"status\"}"};
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        ask_as(CONTROL_ANYONE, &backend, requests[i]);
        json_t *row = next_line();
        assert_text(row, "code", "denied");
        json_decref(row);
    }
    assert_false(fake.had_filter || fake.commands || fake.shutdowns);
    ask_as(CONTROL_ANYONE, &nothing, "{\"op\":\"explain\",\"text\":\"550 5.1.1 User unknown\"}");
    json_t *answer = next_line();
    json_t *row = json_array_get(json_object_get(answer, "answers"), 0);
    assert_text(row, "cause", "no_such_recipient");
    assert_int_equal(json_integer_value(json_object_get(row, "code")), 550);
    assert_text(row, "enhanced", "5.1.1");
    assert_true(json_is_array(json_object_get(row, "next")));
    json_decref(answer);
}

static int an_hour_east(void *ctx, int64_t local_ms)
{
    return (void)ctx, (void)local_ms, 60;
}

static void explains_whatever_a_text_is(void **state)
{
    (void)state;
    struct control_backend east = nothing;
    east.zone = an_hour_east;
    ask_as(
        CONTROL_ANYONE, &east,
        "{\"op\":\"explain\",\"text\":\"Nov 23 20:15:00 mx postfix/smtp[1]: A1: to=<b@c.test>, "
        "relay=none, delay=1, dsn=4.4.1, status=deferred (Connection timed out)\\nNov 23 20:16:00 "
        "mx postfix/smtp[1]: A2: to=<b@c.test>, relay=x, delay=1, dsn=2.0.0, status=sent (250 "
        "ok)\"}");
    json_t *answer = next_line();
    assert_int_equal(json_integer_value(json_object_get(answer, "delivered")), 1);
    assert_int_equal(json_array_size(json_object_get(answer, "answers")), 1);
    json_t *row = json_array_get(json_object_get(answer, "answers"), 0);
    assert_text(row, "input", "log");
    assert_text(row, "recipient", "b@c.test");
    assert_non_null(strstr(json_string_value(json_object_get(row, "time")), "-11-23T19:15:00"));
    json_decref(answer);
}

static void an_answer_has_an_end(void **state)
{
    (void)state;
    static char text[501 * 4];
    for (size_t i = 0; i < sizeof(text); i += 4)
        memcpy(text + i, "421\n", 4);
    struct buf said;
    buf_init(&said, &heap, CONTROL_ANSWER_MAX);
    control_explain(slice_of(text, sizeof(text)), &nothing, 0, &heap, &said);
    json_t *answer = json_loadb(said.at, said.len, 0, NULL);
    assert_true(json_is_true(json_object_get(answer, "cut")));
    assert_int_equal(json_array_size(json_object_get(answer, "answers")), 500);
    json_decref(answer);
    buf_free(&said);
}

static void says_what_a_server_does_not_offer(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "{\"op\":\"queue.list\"}", "{\"op\":\"queue.hold\",\"all\":true}",
        "{\"op\":\"suppress.list\"}", "{\"op\":\"shutdown\"}", "{\"op\":\"status\"}"};
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        ask_as(CONTROL_OPERATOR, &nothing, requests[i]);
        json_t *row = next_line();
        assert_text(row, "code", "not_offered");
        json_decref(row);
    }
}

static void tells_what_became_of_a_reload(void **state)
{
    (void)state;
    ask("{\"op\":\"reload\"}");
    assert_slice(buf_slice(&out), "{\"ok\":true,\"restart_needed\":\"spool: path\"}\n");
    fake.is_broken = true;
    ask("{\"op\":\"reload\"}");
    assert_slice(buf_slice(&out), "{\"ok\":false,\"code\":\"config\",\"error\":\"f:3: no\\n\"}\n");
    ask_as(CONTROL_ANYONE, &backend, "{\"op\":\"reload\"}");
    assert_non_null(strstr(out.at, "denied"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tells_what_became_of_a_reload),
        CASE(lists_each_recipient),
        CASE(a_limit_shows_fewer_and_counts_all),
        CASE(shows_one_with_its_explanation),
        CASE(suspends_and_resumes),
        CASE(an_age_becomes_a_time),
        CASE(hands_filters_and_commands_on),
        CASE(stops_and_tells_how_it_is),
        CASE(refuses_what_it_does_not_understand),
        CASE(a_page_may_only_explain),
        CASE(explains_whatever_a_text_is),
        CASE(an_answer_has_an_end),
        CASE(says_what_a_server_does_not_offer),
        CASE(suppresses_lists_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
