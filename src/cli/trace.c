/* candor trace: what was said in the last attempt for a message that failed, or why a client was
 * refused. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/words.h"
#include "system/clock.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor trace ID|REF…\n"
    "\n"
    "Shows what was said in the last attempt to deliver each message that failed, line by line, "
    "as\n"
    "`candor queue` names messages. The content and passwords are left out. The server keeps the\n"
    "transcripts in memory, of delivered and bounced messages too, until newer ones need the "
    "room.\n"
    "`candor trace ID | candor explain -` explains what was refused.\n"
    "\n"
    "For REF, from the `[ref …]` at the end of a refusal of this server: who was refused, when, "
    "and by\n"
    "which rule.\n"
    "\n"
    "  -c, --config FILE  the server's configuration, which names the control socket\n"
    "      --socket PATH  the control socket itself\n"
    "      --json         as one JSON object\n"
    "  -h, --help         print this\n";

enum { REQUEST_MAX = 4096, HEAD_MAX = 256, REFUSAL_MAX = 64 * 1024 };

/* What it is, by the member `id`, and when it was. */
static void print_head(struct buf *out, const char *what, const json_t *object, const char *id)
{
    int64_t at;
    const char *time = json_string_value(json_object_get(object, "time"));
    buf_addf(out, "=== %s %s, ", what, json_string_value(json_object_get(object, id)));
    if (time && words_parse_time(slice_str(time), &at))
        words_when(out, at, clock_unix_ms());
    buf_add_char(out, '\n');
}

static void print(const json_t *answer, bool as_json)
{
    char storage[HEAD_MAX];
    struct buf head;
    const char *text = json_string_value(json_object_get(answer, "transcript"));
    if (as_json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    buf_init_fixed(&head, storage, sizeof(storage));
    print_head(&head, "Message", answer, "id");
    printf("%.*s%s", SLICE_ARG(buf_slice(&head)), text ? text : "");
}

/* Prints what is known of a refusal: the fields of its event. */
static void print_refusal(void *ctx, struct slice line, const json_t *event)
{
    static const char *const shown_above[] = {"time", "level", "event", "ref"};
    const char *key;
    json_t *value;
    struct buf out;
    if (*(const bool *)ctx) {
        printf("%.*s\n", SLICE_ARG(line));
        return;
    }
    buf_init(&out, &heap, REFUSAL_MAX);
    print_head(&out, "Refusal", event, "ref");
    json_object_foreach((json_t *)(uintptr_t)event, key, value)
    {
        bool is_shown = json_string_length(value) == 0;
        for (size_t i = 0; i < sizeof(shown_above) / sizeof(*shown_above); i++)
            is_shown = is_shown || strcmp(key, shown_above[i]) == 0;
        if (is_shown)
            continue;
        buf_addf(&out, "%-7s ", key);
        words_harmless(&out, slice_str(json_string_value(value)));
        buf_add_char(&out, '\n');
    }
    printf("%.*s", SLICE_ARG(buf_slice(&out)));
    buf_free(&out);
}

/* The reference of a refusal, which has a `-`, or with all that stands around it in the reply; else
 * the id of a message. */
static bool is_reference(struct slice *name_r)
{
    struct slice s = *name_r;
    if (slice_istarts(s, SLICE("[ref ")))
        s = slice_from(s, sizeof("[ref ") - 1);
    if (s.len && s.at[s.len - 1] == ']')
        s.len--;
    if (slice_find(s, '-', 0) == SLICE_NONE)
        return false;
    *name_r = s;
    return true;
}

static int trace(const struct control_place *place, const char *what, bool as_json)
{
    struct slice name = slice_str(what);
    bool is_refusal = is_reference(&name);
    struct buf request;
    json_t *last = NULL;
    buf_init(&request, &heap, REQUEST_MAX);
    struct json j = json_to(&request);
    json_put_object(&j, NULL);
    json_put_string(&j, "op", is_refusal ? SLICE("refusal") : SLICE("trace"));
    json_put_string(&j, is_refusal ? "ref" : "id", name);
    json_end_object(&j);
    if (request.failed)
        fputs("candor trace: no id and no reference is that long; `candor queue list` shows the "
              "ids\n",
              stderr);
    int status = request.failed ? EX_USAGE
                                : control_ask(place, buf_slice(&request),
                                              is_refusal ? print_refusal : NULL, &as_json, &last);
    if (status == EX_OK && !is_refusal)
        print(last, as_json);
    json_decref(last);
    buf_free(&request);
    return status;
}

int cmd_trace(int argc, char **argv)
{
    enum { OPTION_SOCKET = 256, OPTION_JSON };
    static const struct option options[] = {
        {"socket", required_argument, NULL, OPTION_SOCKET},
        {"json", no_argument, NULL, OPTION_JSON},
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct control_place place = {0};
    bool as_json = false;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EX_OK;
        if (option == 'c')
            place.config = optarg;
        else if (option == OPTION_SOCKET)
            place.socket = optarg;
        else if (option == OPTION_JSON)
            as_json = true;
        else
            return fputs(usage, stderr), EX_USAGE;
    }
    int status = optind < argc ? EX_OK : EX_USAGE;
    if (status == EX_USAGE)
        fputs(usage, stderr);
    for (; optind < argc && status == EX_OK; optind++)
        status = trace(&place, argv[optind], as_json);
    return status;
}
