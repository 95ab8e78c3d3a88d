/* candor suppress: the addresses to which the server sends nothing any more. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/queue_print.h"
#include "cli/words.h"
#include "queue/suppression.h"
#include "system/clock.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor suppress list [ADDRESS|@DOMAIN] [--sender SENDER] [--source SOURCE]\n"
    "                             [--limit N] [--json]\n"
    "       candor suppress add ADDRESS… [--sender SENDER] [--reason TEXT]\n"
    "       candor suppress remove ADDRESS… [--sender SENDER]\n"
    "\n"
    "Mail to a listed address goes back to its sender at once, without asking its server. "
    "Addresses\n"
    "that were refused for good are listed by the server itself where the setting `suppress` of\n"
    "`queue` says for how long. What waits in the queue already is not touched (candor queue).\n"
    "\n"
    "      --sender SENDER  only mail from that address, or @DOMAIN, is meant\n"
    "      --source SOURCE  only what is listed because of the operator, a reply, a bounce or a\n"
    "                       complaint\n"
    "      --reason TEXT    why; senders are told\n"
    "      --limit N        most addresses that are shown\n"
    "  -c, --config FILE    the server's configuration, which names the control socket\n"
    "      --socket PATH    the control socket itself\n"
    "      --json           one JSON object a line\n"
    "  -h, --help           print this\n";

enum { OUTPUT_MAX = 1024 * 1024, REQUEST_MAX = 64 * 1024 };

struct suppress_options {
    struct control_place place;
    const char *reason;
    const char *sender;
    const char *source;
    uint32_t limit;
    bool as_json;
    int64_t now;
    size_t width;
};

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
                                 : SLICE("");
}

static enum suppression_source source_of(const json_t *row)
{
    enum suppression_source source;
    bool is_known = suppression_source_parse(text_of(row, "source"), &source);
    return is_known ? source : SUPPRESSED_BY_OPERATOR;
}

/* "carol@there.test  for 3 days, by what its server said (no_such_recipient); 27 days left" */
static void add_entry(struct buf *out, const json_t *row, const struct suppress_options *o)
{
    int64_t since, until;
    struct slice cause = text_of(row, "cause"), reason = text_of(row, "reason");
    words_harmless(out, text_of(row, "address"));
    if (text_of(row, "sender").len) {
        buf_add_str(out, "  of mail from ");
        words_harmless(out, text_of(row, "sender"));
    }
    if (words_parse_time(text_of(row, "since"), &since)) {
        buf_add_str(out, "  for ");
        words_duration(out, o->now - since);
    }
    buf_add_str(out, ", by ");
    buf_add(out, suppression_source_words(source_of(row)));
    if (cause.len)
        buf_addf(out, " (%.*s)", SLICE_ARG(cause));
    if (words_parse_time(text_of(row, "until"), &until)) {
        buf_add_str(out, "; ");
        words_duration(out, until - o->now);
        buf_add_str(out, " left");
    }
    buf_add_str(out, "\n     ");
    words_wrapped(out, reason.len ? reason : SLICE("no reason was given"), o->width - 5, 5);
    buf_add_char(out, '\n');
}

static void print_row(void *ctx, struct slice line, const json_t *object)
{
    const struct suppress_options *o = ctx;
    struct buf text;
    buf_init(&text, &heap, OUTPUT_MAX);
    if (o->as_json)
        buf_addf(&text, "%.*s\n", SLICE_ARG(line));
    else
        add_entry(&text, object, o);
    (void)fwrite(text.at, 1, text.len, stdout);
    buf_free(&text);
}

static void print_end(const json_t *last)
{
    struct buf text;
    json_int_t count = json_integer_value(json_object_get(last, "addresses"));
    json_int_t left = count - json_integer_value(json_object_get(last, "shown"));
    buf_init(&text, &heap, OUTPUT_MAX);
    if (count == 0)
        buf_add_str(&text, "Nobody is on the suppression list.\n");
    else
        words_count(&text, (uint64_t)count, "address", "addresses");
    if (left > 0)
        buf_addf(&text, ", of which %lld are not shown (--limit %lld shows all)", (long long)left,
                 (long long)count);
    buf_add_str(&text, count ? ".\n" : "");
    printf("%.*s", SLICE_ARG(buf_slice(&text)));
    buf_free(&text);
}

static int ask(struct suppress_options *o, const char *operation, const char *key,
               const char *address)
{
    struct buf request;
    json_t *last = NULL;
    buf_init(&request, &heap, REQUEST_MAX);
    struct json j = json_to(&request);
    json_put_object(&j, NULL);
    json_put_string(&j, "op", slice_str(operation));
    if (address)
        json_put_string(&j, key, slice_str(address));
    if (o->reason)
        json_put_string(&j, "reason", slice_str(o->reason));
    if (o->sender)
        json_put_string(&j, "sender", slice_str(o->sender));
    if (o->source)
        json_put_string(&j, "source", slice_str(o->source));
    if (o->limit)
        json_put_number(&j, "limit", o->limit);
    json_end_object(&j);
    int status = request.failed ? EX_USAGE
                                : control_ask(&o->place, buf_slice(&request), print_row, o, &last);
    if (status == EX_OK && !o->as_json && strcmp(operation, "suppress.list") == 0)
        print_end(last);
    json_decref(last);
    buf_free(&request);
    return status;
}

static int run(struct suppress_options *o, const char *verb, char **addresses, int count)
{
    bool adds = strcmp(verb, "add") == 0, lists = strcmp(verb, "list") == 0;
    if (lists && count <= 1)
        return ask(o, "suppress.list", "recipient", count ? addresses[0] : NULL);
    if ((!adds && strcmp(verb, "remove") != 0) || count == 0)
        return fputs(usage, stderr), EX_USAGE;
    int status = EX_OK;
    for (int i = 0; i < count && status == EX_OK; i++)
        status = ask(o, adds ? "suppress.add" : "suppress.remove", "address", addresses[i]);
    return status;
}

enum {
    OPTION_REASON = 256,
    OPTION_SENDER,
    OPTION_SOURCE,
    OPTION_LIMIT,
    OPTION_SOCKET,
    OPTION_JSON
};

static const struct option options[] = {
    {"reason", required_argument, NULL, OPTION_REASON},
    {"sender", required_argument, NULL, OPTION_SENDER},
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_option(struct suppress_options *o, int option)
{
    switch (option) {
    case OPTION_REASON:
        o->reason = optarg;
        return true;
    case OPTION_SENDER:
        o->sender = optarg;
        return true;
    case OPTION_SOURCE:
        o->source = optarg;
        return true;
    case OPTION_LIMIT:
        return slice_u32(slice_str(optarg), &o->limit) && o->limit > 0;
    case OPTION_SOCKET:
        o->place.socket = optarg;
        return true;
    case OPTION_JSON:
        return o->as_json = true;
    case 'c':
        o->place.config = optarg;
        return true;
    default:
        return false;
    }
}

int cmd_suppress(int argc, char **argv)
{
    struct suppress_options o = {.now = clock_unix_ms(), .width = queue_print_width()};
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EX_OK;
        if (!take_option(&o, option))
            return fputs(usage, stderr), EX_USAGE;
    }
    const char *verb = optind < argc ? argv[optind++] : "list";
    return run(&o, verb, argv + optind, argc - optind);
}
