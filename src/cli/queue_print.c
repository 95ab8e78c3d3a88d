#include "cli/queue_print.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/words.h"

enum { WIDTH_LEAST = 40, WIDTH_USUAL = 100, LABEL = 16 };

size_t queue_print_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_LEAST)
        return size.ws_col;
    return WIDTH_USUAL;
}

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
                                 : SLICE("");
}

static uint64_t number_of(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static bool time_of(const json_t *object, const char *key, int64_t *time_r)
{
    return words_parse_time(text_of(object, key), time_r);
}

static void add_sender(struct buf *out, const json_t *row)
{
    struct slice sender = text_of(row, "sender");
    words_harmless(out, sender.len ? sender : SLICE("<> (a bounce)"));
}

static void add_head(struct buf *out, const json_t *row, int64_t now)
{
    int64_t received;
    words_harmless(out, text_of(row, "id"));
    buf_add_str(out, "  ");
    if (time_of(row, "received", &received)) {
        words_duration(out, now - received);
        buf_add_str(out, " old, ");
    }
    words_size(out, number_of(row, "size"));
    buf_add_str(out, ", from ");
    add_sender(out, row);
    buf_add_char(out, '\n');
}

/* "next try in 4 min, at 20:31; tried 3 times; given up on Sat 28 Nov 20:15" */
static void add_plan(struct buf *out, const json_t *row, int64_t now)
{
    int64_t time;
    uint64_t attempts = number_of(row, "attempts");
    if (time_of(row, "until", &time)) {
        buf_add_str(out, "next try ");
        words_when(out, time, now);
        buf_add_str(out, "; ");
    }
    if (attempts == 0)
        buf_add_str(out, "not tried yet");
    else
        buf_addf(out, "tried %llu time%s", (unsigned long long)attempts, attempts == 1 ? "" : "s");
    if (time_of(row, "expires", &time)) {
        buf_add_str(out, "; given up at ");
        words_time(out, time, now);
    }
    buf_add_char(out, '\n');
}

void queue_print_row(struct buf *out, const json_t *row, int64_t now, size_t width, char *last_id,
                     size_t last_id_size)
{
    struct slice id = text_of(row, "id");
    if (!slice_eq(id, slice_str(last_id))) {
        buf_add_str(out, last_id[0] ? "\n" : "");
        add_head(out, row, now);
        if (!slice_cstr(id, last_id, last_id_size))
            last_id[0] = '\0';
    }
    buf_add_str(out, "  to ");
    words_harmless(out, text_of(row, "recipient"));
    buf_add_str(out, "\n     ");
    words_wrapped(out, text_of(row, "why"), width - 5, 5);
    buf_add_str(out, "\n     ");
    add_plan(out, row, now);
}

static void add_said(struct buf *out, const json_t *last)
{
    uint64_t code = number_of(last, "code");
    struct slice enhanced = text_of(last, "enhanced"), text = text_of(last, "text");
    if (text_of(last, "host").len)
        buf_addf(out, "%.*s: ", SLICE_ARG(text_of(last, "host")));
    if (code)
        buf_addf(out, "%u ", (unsigned)code);
    if (enhanced.len)
        buf_addf(out, "%.*s ", SLICE_ARG(enhanced));
    buf_add(out, text.len ? text : text_of(last, "failure"));
}

static void add_group_head(struct buf *out, const json_t *row)
{
    uint64_t messages = number_of(row, "messages"), recipients = number_of(row, "recipients");
    words_count(out, messages, "message", "messages");
    if (recipients != messages) {
        buf_add_str(out, " to ");
        words_count(out, recipients, "recipient", "recipients");
    }
    buf_add_str(out, ": ");
    words_harmless(out, text_of(row, "title"));
    if (text_of(row, "cause").len)
        buf_addf(out, " (%.*s)", SLICE_ARG(text_of(row, "cause")));
    buf_add_char(out, '\n');
}

void queue_print_group(struct buf *out, const json_t *row, int64_t now, size_t width)
{
    enum { SAID_MAX = 4096, INDENT = 5 };
    char storage[SAID_MAX];
    struct buf said;
    int64_t time;
    const json_t *last = json_object_get(row, "last");
    add_group_head(out, row);
    buf_addf(out, "%*sat ", INDENT, "");
    words_harmless(out, text_of(row, "site"));
    if (json_is_true(json_object_get(row, "suspended")))
        buf_add_str(out, ", which is suspended: you have to mend something");
    else if (json_is_true(json_object_get(row, "site_waits")))
        buf_add_str(out, ", to which nothing is sent for now");
    buf_add_char(out, '\n');
    buf_init_fixed(&said, storage, sizeof(storage));
    add_said(&said, last);
    if (said.len) {
        buf_addf(out, "%*s", INDENT, "");
        words_wrapped(out, buf_slice(&said), width - INDENT, INDENT);
        buf_add_char(out, '\n');
    }
    buf_addf(out, "%*s", INDENT, "");
    if (time_of(row, "next", &time)) {
        buf_add_str(out, "next try ");
        words_when(out, time, now);
        buf_add_str(out, "; ");
    }
    if (time_of(row, "oldest", &time)) {
        buf_add_str(out, "the oldest is ");
        words_duration(out, now - time);
        buf_addf(out, " old: %.*s\n", SLICE_ARG(text_of(row, "id")));
    }
}

void queue_print_suspension(struct buf *out, const json_t *row, int64_t now, size_t width)
{
    enum { INDENT = 5 };
    static const char *const keys[] = {"site", "sender", "campaign"};
    const char *before = "";
    int64_t since;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct slice value = text_of(row, keys[i]);
        if (!value.len)
            continue;
        buf_addf(out, "%s%s ", before, keys[i]);
        words_harmless(out, value);
        before = ", ";
    }
    if (time_of(row, "since", &since)) {
        buf_add_str(out, "; since ");
        words_time(out, since, now);
    }
    buf_addf(out, "\n%*s", INDENT, "");
    words_count(out, number_of(row, "messages"), "message waits", "messages wait");
    if (text_of(row, "reason").len) {
        buf_add_str(out, ": ");
        words_wrapped(out, text_of(row, "reason"), width - INDENT, INDENT);
    }
    buf_add_char(out, '\n');
}

/* `127.0.0.21, 2001:db8::1 as out1.example.org, in pool main, weight 2` */
static void add_source_head(struct buf *out, const json_t *row)
{
    static const char *const keys[] = {"ipv4", "ipv6"};
    const json_t *pools = json_object_get(row, "pools");
    const char *before = ": ";
    words_harmless(out, text_of(row, "name"));
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct slice address = text_of(row, keys[i]);
        if (!address.len)
            continue;
        buf_addf(out, "%s%.*s", before, SLICE_ARG(address));
        before = ", ";
    }
    buf_add_str(out, before[0] == ':' ? ": any address" : "");
    buf_add_str(out, " as ");
    words_harmless(out, text_of(row, "helo"));
    buf_add_str(out, json_array_size(pools) ? ", in pool " : ", in no pool");
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const char *pool = json_string_value(json_array_get(pools, i));
        buf_add_str(out, i ? " and " : "");
        words_harmless(out, slice_str(pool));
    }
    buf_addf(out, ", weight %llu\n", (unsigned long long)number_of(row, "weight"));
}

static void add_source_today(struct buf *out, const json_t *row)
{
    struct slice stage = text_of(row, "warm_up");
    uint64_t sent = number_of(row, "sent");
    buf_addf(out, "     today %llu", (unsigned long long)sent);
    if (json_object_get(row, "limit"))
        buf_addf(out, " of %llu", (unsigned long long)number_of(row, "limit"));
    buf_add_str(out, sent == 1 && !json_object_get(row, "limit") ? " message" : " messages");
    if (slice_eq(stage, SLICE("under_way")))
        buf_addf(out, ": day %llu of its warm-up",
                 (unsigned long long)number_of(row, "warm_up_day"));
    else if (slice_eq(stage, SLICE("not_begun")))
        buf_add_str(out, ": its warm-up has not begun yet");
    else if (slice_eq(stage, SLICE("over")))
        buf_add_str(out, ": its warm-up is over");
    buf_add_char(out, '\n');
}

static void add_source_trouble(struct buf *out, const json_t *trouble, int64_t now, size_t width)
{
    enum { SAID_MAX = 4096, INDENT = 7 };
    char storage[SAID_MAX];
    struct buf said;
    int64_t until;
    buf_add_str(out, json_is_true(json_object_get(trouble, "suspended"))
                         ? "     suspended at "
                         : "     sends nothing to ");
    words_harmless(out, text_of(trouble, "site"));
    if (time_of(trouble, "until", &until)) {
        buf_add_str(out, " until ");
        words_time(out, until, now);
    }
    buf_addf(out, " (%.*s)\n", SLICE_ARG(text_of(trouble, "cause")));
    buf_init_fixed(&said, storage, sizeof(storage));
    add_said(&said, json_object_get(trouble, "last"));
    if (said.len == 0)
        return;
    buf_addf(out, "%*s", INDENT, "");
    words_wrapped(out, buf_slice(&said), width - INDENT, INDENT);
    buf_add_char(out, '\n');
}

void queue_print_source(struct buf *out, const json_t *row, int64_t now, size_t width)
{
    const json_t *refused = json_object_get(row, "refused");
    add_source_head(out, row);
    add_source_today(out, row);
    for (size_t i = 0; i < json_array_size(refused); i++)
        add_source_trouble(out, json_array_get(refused, i), now, width);
}

static void add_label(struct buf *out, const char *label)
{
    buf_addf(out, "  %-*s", LABEL - 2, label);
}

static void add_line(struct buf *out, const char *label, struct slice text, size_t width)
{
    if (text.len == 0)
        return;
    add_label(out, label);
    words_wrapped(out, text, width - LABEL, LABEL);
    buf_add_char(out, '\n');
}

static void add_time(struct buf *out, const char *label, const json_t *row, const char *key,
                     int64_t now)
{
    int64_t time;
    if (!time_of(row, key, &time))
        return;
    add_label(out, label);
    words_when(out, time, now);
    buf_add_char(out, '\n');
}

static void add_last_reply(struct buf *out, const json_t *last, int64_t now, size_t width)
{
    uint64_t code = number_of(last, "code");
    struct slice enhanced = text_of(last, "enhanced"), text = text_of(last, "text");
    add_time(out, "last reply", last, "time", now);
    add_line(out, "  from", text_of(last, "host"), width);
    add_line(out, "  at stage", text_of(last, "stage"), width);
    add_label(out, "  in full");
    if (code)
        buf_addf(out, "%u ", (unsigned)code);
    if (enhanced.len)
        buf_addf(out, "%.*s ", SLICE_ARG(enhanced));
    words_wrapped(out, text.len ? text : text_of(last, "failure"), width - LABEL, LABEL);
    buf_add_char(out, '\n');
}

static void add_explanation(struct buf *out, const json_t *e, size_t width)
{
    const json_t *next = json_object_get(e, "next");
    add_line(out, "meaning", text_of(e, "summary"), width);
    for (size_t i = 0; i < json_array_size(next); i++) {
        const json_t *step = json_array_get(next, i);
        add_label(out, i == 0 ? "to do" : "");
        buf_addf(out, "%zu. ", i + 1);
        words_wrapped(out, slice_of(json_string_value(step), json_string_length(step)),
                      width - LABEL - 3, LABEL + 3);
        buf_add_char(out, '\n');
    }
}

void queue_print_full(struct buf *out, const json_t *row, int64_t now, size_t width)
{
    const json_t *last = json_object_get(row, "last"), *e = json_object_get(row, "explanation");
    struct slice sender = text_of(row, "sender");
    add_line(out, "message", text_of(row, "id"), width);
    add_line(out, "to", text_of(row, "recipient"), width);
    add_line(out, "from", sender.len ? sender : SLICE("<> (a bounce)"), width);
    add_label(out, "size");
    words_size(out, number_of(row, "size"));
    buf_add_char(out, '\n');
    add_time(out, "received", row, "received", now);
    add_line(out, "  from client", text_of(row, "client"), width);
    add_line(out, "  called", text_of(row, "helo"), width);
    add_line(out, "  by", text_of(row, "protocol"), width);
    add_line(out, "envelope id", text_of(row, "envid"), width);
    add_line(out, "campaign", text_of(row, "campaign"), width);
    add_line(out, "goes to", text_of(row, "destination"), width);
    add_line(out, "status",
             json_is_true(json_object_get(row, "held")) ? SLICE("held") : text_of(row, "status"),
             width);
    add_line(out, "why", text_of(row, "why"), width);
    add_label(out, "plan");
    add_plan(out, row, now);
    if (last)
        add_last_reply(out, last, now, width);
    if (e)
        add_explanation(out, e, width);
}
