/* candor trace: what was said in the last attempt for a message that failed. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/words.h"
#include "system/clock.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor trace ID…\n"
    "\n"
    "Shows what was said in the last attempt to deliver each message that failed, line by line, "
    "as\n"
    "`candor queue` names messages. The content and passwords are left out. The server keeps the\n"
    "transcripts in memory, of delivered and bounced messages too, until newer ones need the "
    "room.\n"
    "`candor trace ID | candor explain -` explains what was refused.\n"
    "\n"
    "  -c, --config FILE  the server's configuration, which names the control socket\n"
    "      --socket PATH  the control socket itself\n"
    "      --json         as one JSON object\n"
    "  -h, --help         print this\n";

enum { REQUEST_MAX = 4096, HEAD_MAX = 256 };

static void print(const json_t *answer, bool as_json)
{
    int64_t at;
    char storage[HEAD_MAX];
    struct buf head;
    const char *time = json_string_value(json_object_get(answer, "time"));
    const char *text = json_string_value(json_object_get(answer, "transcript"));
    if (as_json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    buf_init_fixed(&head, storage, sizeof(storage));
    buf_addf(&head, "=== Message %s, ", json_string_value(json_object_get(answer, "id")));
    if (time && words_parse_time(slice_str(time), &at))
        words_when(&head, at, clock_unix_ms());
    printf("%.*s\n%s", SLICE_ARG(buf_slice(&head)), text ? text : "");
}

static int trace(const struct control_place *place, const char *id, bool as_json)
{
    struct buf request;
    json_t *last = NULL;
    buf_init(&request, &heap, REQUEST_MAX);
    struct json j = json_to(&request);
    json_put_object(&j, NULL);
    json_put_string(&j, "op", SLICE("trace"));
    json_put_string(&j, "id", slice_str(id));
    json_end_object(&j);
    int status =
        request.failed ? EX_USAGE : control_ask(place, buf_slice(&request), NULL, NULL, &last);
    if (status == EX_OK)
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
