/* candor queue: what waits, why and until when; and mailq. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/json.h"
#include "base/nearest.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/queue_print.h"
#include "cli/words.h"
#include "system/clock.h"
#include "system/config.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor queue [why] [CHOICE] [--limit N] [--json]\n"
    "       candor queue list [CHOICE] [--limit N] [--json]\n"
    "       candor queue show ID [--json]\n"
    "       candor queue retry|hold|release|remove|bounce ID…|CHOICE|--all [--dry-run]\n"
    "       candor queue suspend CHOICE [--reason TEXT] [--dry-run]\n"
    "       candor queue resume CHOICE|--all [--dry-run]\n"
    "       candor queue suspended [--json]\n"
    "       candor queue sources [--json]\n"
    "\n"
    "  why      what waits, told together by cause and site, the most first\n"
    "  list     each of them: why, and until when\n"
    "  show     everything about one message, with the last reply and what it means\n"
    "  retry    try now\n"
    "  hold     keep without trying; release lets it go again\n"
    "  remove   forget, without telling the sender\n"
    "  bounce   give up now and tell the sender\n"
    "  suspend  send nothing to a destination, from a sender, of a campaign, now and later\n"
    "  resume   end that; suspended shows what is\n"
    "  sources  the addresses that mail leaves from: warm-up, today's messages, who refuses them\n"
    "\n"
    "CHOICE, all that are given have to fit:\n"
    "      --sender ADDRESS     or @DOMAIN, or <> for bounces\n"
    "      --recipient ADDRESS  or @DOMAIN\n"
    "      --destination NAME   a domain, a smarthost as HOST:PORT, or a site\n"
    "      --site NAME          the same\n"
    "      --campaign NAME      as `list` shows it; which header field names it is a setting\n"
    "      --cause CAUSE        such as greylisted or mailbox_full\n"
    "      --older TIME         came in longer ago: 90 m, 2 h, 3 d\n"
    "      --younger TIME       came in since\n"
    "\n"
    "  -a, --all            everything in the queue\n"
    "  -n, --dry-run        only say how many messages it would be\n"
    "  -c, --config FILE    the server's configuration, which names the control socket\n"
    "      --socket PATH    the control socket itself\n"
    "      --json           one JSON object a line\n"
    "  -h, --help           print this\n";

enum { OUTPUT_MAX = 16 * 1024 * 1024, REQUEST_MAX = 64 * 1024 };

struct queue_options {
    struct control_place place;
    const char *sender, *recipient, *destination, *cause, *campaign, *reason;
    int64_t older, younger; /* ms; 0: any */
    long long limit;
    bool all, dry_run, as_json;
};

enum look { LOOK_CHANGES, LOOK_ROWS, LOOK_FULL, LOOK_GROUPS, LOOK_SUSPENDED, LOOK_SOURCES };

struct printing {
    enum look look;
    bool as_json;
    int64_t now;
    size_t width;
    char last_id[32];
    size_t rows;
};

static const struct verb {
    const char *name;
    const char *operation;
    enum look look;
    const char *done; /* what was done to the messages */
} verbs[] = {
    {"list", "queue.list", LOOK_ROWS, NULL},
    {"show", "queue.show", LOOK_FULL, NULL},
    {"why", "queue.why", LOOK_GROUPS, NULL},
    {"suspended", "queue.suspended", LOOK_SUSPENDED, NULL},
    {"sources", "queue.sources", LOOK_SOURCES, NULL},
    {"retry", "queue.retry", LOOK_CHANGES, "will be tried now"},
    {"hold", "queue.hold", LOOK_CHANGES, "held"},
    {"release", "queue.release", LOOK_CHANGES, "released, and will be tried now"},
    {"remove", "queue.remove", LOOK_CHANGES, "removed"},
    {"bounce", "queue.bounce", LOOK_CHANGES, "given up; the senders are told"},
    {"suspend", "queue.suspend", LOOK_CHANGES, "suspended, and so is what comes, until `resume`"},
    {"resume", "queue.resume", LOOK_CHANGES, "ended; what waited goes on"},
};

static void print(struct buf *text)
{
    (void)fwrite(buf_slice(text).at, 1, text->len, stdout);
    buf_free(text);
}

static void print_row(void *ctx, struct slice line, const json_t *object)
{
    struct printing *p = ctx;
    struct buf text;
    p->rows++;
    if (p->as_json) {
        printf("%.*s\n", SLICE_ARG(line));
        return;
    }
    buf_init(&text, &heap, OUTPUT_MAX);
    if (p->rows > 1 && p->look != LOOK_ROWS)
        buf_add_char(&text, '\n');
    if (p->look == LOOK_FULL)
        queue_print_full(&text, object, p->now, p->width);
    else if (p->look == LOOK_GROUPS)
        queue_print_group(&text, object, p->now, p->width);
    else if (p->look == LOOK_SUSPENDED)
        queue_print_suspension(&text, object, p->now, p->width);
    else if (p->look == LOOK_SOURCES)
        queue_print_source(&text, object, p->now, p->width);
    else
        queue_print_row(&text, object, p->now, p->width, p->last_id, sizeof(p->last_id));
    print(&text);
}

static void put_known(struct json *j, const char *key, const char *value)
{
    if (value)
        json_put_string(j, key, slice_str(value));
}

static void write_request(struct buf *out, const struct verb *verb, const struct queue_options *o,
                          const char *id)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "op", slice_str(verb->operation));
    put_known(&j, "id", id);
    put_known(&j, "sender", o->sender);
    put_known(&j, "recipient", o->recipient);
    put_known(&j, "destination", o->destination);
    put_known(&j, "cause", o->cause);
    put_known(&j, "campaign", o->campaign);
    put_known(&j, "reason", o->reason);
    if (o->older)
        json_put_number(&j, "older", o->older);
    if (o->younger)
        json_put_number(&j, "younger", o->younger);
    if (o->limit)
        json_put_number(&j, "limit", o->limit);
    if (o->all)
        json_put_bool(&j, "all", true);
    if (o->dry_run)
        json_put_bool(&j, "dry_run", true);
    json_end_object(&j);
}

static uint64_t count_of(const json_t *last, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(last, key));
    return value > 0 ? (uint64_t)value : 0;
}

static void add_list_end(struct buf *out, const struct verb *verb, const json_t *last)
{
    uint64_t messages = count_of(last, "messages"), recipients = count_of(last, "recipients");
    uint64_t all = verb->look == LOOK_GROUPS ? count_of(last, "groups") : recipients;
    uint64_t left = all - count_of(last, "shown");
    if (json_is_true(json_object_get(last, "stuck")))
        buf_add_str(out, "Nothing is sent now: what becomes of messages can't be written to the "
                         "spool. Is its disk full\nor broken? The log says more "
                         "(outcomes-unwritten). It goes on by itself when that works again.\n");
    if (messages == 0) {
        buf_add_str(out, "Nothing waits.\n");
        return;
    }
    buf_add_char(out, '\n');
    words_count(out, messages, "message", "messages");
    buf_add_str(out, " to ");
    words_count(out, recipients, "recipient", "recipients");
    if (left)
        buf_addf(out, ", of which %llu%s are not shown (--limit %llu shows all)",
                 (unsigned long long)left, verb->look == LOOK_GROUPS ? " groups" : "",
                 (unsigned long long)all);
    buf_add_str(out, ".\n");
}

static void print_end(const struct verb *verb, const struct queue_options *o, const json_t *last)
{
    struct buf text;
    buf_init(&text, &heap, OUTPUT_MAX);
    bool is_resumed = json_object_get(last, "suspensions") != NULL;
    if (verb->done) {
        if (is_resumed)
            words_count(&text, count_of(last, "suspensions"), "suspension", "suspensions");
        else
            words_count(&text, count_of(last, "messages"), "message", "messages");
        buf_addf(&text, o->dry_run ? " would be: %s.\n" : ": %s.\n", verb->done);
    } else if (verb->look == LOOK_SOURCES) {
        buf_add_str(&text, count_of(last, "sources") ? "" : "There is no section source.\n");
    } else if (is_resumed) {
        buf_add_str(&text, count_of(last, "suspensions") ? "" : "Nothing is suspended.\n");
    } else if (verb->look != LOOK_FULL) {
        add_list_end(&text, verb, last);
    }
    print(&text);
}

static int ask(const struct verb *verb, const struct queue_options *o, const char *id)
{
    struct printing p = {.as_json = o->as_json,
                         .look = verb->look,
                         .now = clock_unix_ms(),
                         .width = queue_print_width()};
    struct buf request;
    json_t *last = NULL;
    buf_init(&request, &heap, REQUEST_MAX);
    write_request(&request, verb, o, id);
    int status = request.failed ? EX_USAGE
                                : control_ask(&o->place, buf_slice(&request), print_row, &p, &last);
    if (status == EX_OK && !o->as_json)
        print_end(verb, o, last);
    json_decref(last);
    buf_free(&request);
    return status;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (nearest_improves(slice_str(name), slice_str(verbs[i].name), &best))
            nearest = verbs[i].name;
    fprintf(stderr, "candor queue: there is no \"%s\"%s%s%s\n\n%s", name,
            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "",
            usage);
    return EX_USAGE;
}

static int run(const struct verb *verb, const struct queue_options *o, char **ids, int count)
{
    int status = EX_OK;
    if (verb->look == LOOK_FULL && count == 0) {
        fputs("candor queue show: which message? `candor queue list` shows the ids\n", stderr);
        return EX_USAGE;
    }
    if (count == 0)
        return ask(verb, o, NULL);
    for (int i = 0; i < count && status == EX_OK; i++)
        status = ask(verb, o, ids[i]);
    return status;
}

enum {
    OPTION_SENDER = 256,
    OPTION_RECIPIENT,
    OPTION_DESTINATION,
    OPTION_CAUSE,
    OPTION_CAMPAIGN,
    OPTION_REASON,
    OPTION_OLDER,
    OPTION_YOUNGER,
    OPTION_LIMIT,
    OPTION_SOCKET,
    OPTION_JSON
};

static const struct option options[] = {
    {"sender", required_argument, NULL, OPTION_SENDER},
    {"recipient", required_argument, NULL, OPTION_RECIPIENT},
    {"destination", required_argument, NULL, OPTION_DESTINATION},
    {"site", required_argument, NULL, OPTION_DESTINATION},
    {"cause", required_argument, NULL, OPTION_CAUSE},
    {"campaign", required_argument, NULL, OPTION_CAMPAIGN},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"older", required_argument, NULL, OPTION_OLDER},
    {"younger", required_argument, NULL, OPTION_YOUNGER},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"all", no_argument, NULL, 'a'},
    {"dry-run", no_argument, NULL, 'n'},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_limit(struct queue_options *o)
{
    uint32_t limit;
    if (!slice_u32(slice_str(optarg), &limit) || limit == 0)
        return false;
    o->limit = limit;
    return true;
}

static bool take_age(int64_t *ms_r)
{
    if (config_read_time(slice_str(optarg), ms_r) && *ms_r > 0)
        return true;
    fprintf(stderr, "candor queue: \"%s\" is no time; right is, for example, 90m, 2h or 3d\n",
            optarg);
    return false;
}

static bool take_option(struct queue_options *o, int option)
{
    switch (option) {
    case OPTION_SENDER:
        o->sender = optarg;
        return true;
    case OPTION_RECIPIENT:
        o->recipient = optarg;
        return true;
    case OPTION_DESTINATION:
        o->destination = optarg;
        return true;
    case OPTION_CAUSE:
        o->cause = optarg;
        return true;
    case OPTION_CAMPAIGN:
        o->campaign = optarg;
        return true;
    case OPTION_REASON:
        o->reason = optarg;
        return true;
    case OPTION_OLDER:
        return take_age(&o->older);
    case OPTION_YOUNGER:
        return take_age(&o->younger);
    case OPTION_LIMIT:
        return take_limit(o);
    case OPTION_SOCKET:
        o->place.socket = optarg;
        return true;
    case OPTION_JSON:
        return o->as_json = true;
    case 'a':
        return o->all = true;
    case 'n':
        return o->dry_run = true;
    case 'c':
        o->place.config = optarg;
        return true;
    default:
        return false;
    }
}

int cmd_queue(int argc, char **argv)
{
    struct queue_options o = {0};
    for (int option; (option = getopt_long(argc, argv, "anc:h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EX_OK;
        if (!take_option(&o, option))
            return fputs(usage, stderr), EX_USAGE;
    }
    const char *name = optind < argc ? argv[optind++] : "why";
    const struct verb *verb = find_verb(name);
    return verb ? run(verb, &o, argv + optind, argc - optind) : unknown_verb(name);
}

int cmd_mailq(int argc, char **argv)
{
    char list[] = "list", queue[] = "queue";
    char *as_queue[] = {queue, list, NULL};
    (void)argc;
    (void)argv;
    return cmd_queue(2, as_queue);
}
