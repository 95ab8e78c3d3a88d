/* candor explain: what a reply means and what to do now. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/explain_list.h"
#include "cli/explain_run.h"
#include "cli/explain_summary.h"
#include "cli/interrupt.h"
#include "cli/load_rules.h"
#include "cli/terminal.h"
#include "system/clock.h"
#include "system/config.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor explain [OPTION]... TEXT|FILE|FOLDER...\n"
    "       candor explain [OPTION]... -\n"
    "\n"
    "Explains what a mail server said: what happened, who can fix it, what to do now. Each TEXT "
    "is\n"
    "a reply, an error message that holds one, or a code. Where it names a file or a folder, what\n"
    "is in there is read: replies, one a line (lines of one reply, 550-… 550 …, are joined), a\n"
    "mail, an mbox, a Maildir, the log of a mail server, the transcript of a session; also packed\n"
    "(gzip, xz, zstd, bzip2). \"-\" is standard input. A mail is read as a delivery report: each\n"
    "recipient in it is explained. Of a log, what could not be delivered, and what was refused.\n"
    "\n"
    "  candor explain \"550 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org\"\n"
    "  candor explain 421\n"
    "  candor explain 5.7.26 \"Could not send your message. Error 421\"\n"
    "  candor explain --json - <replies.txt\n"
    "  candor explain undelivered.eml\n"
    "  candor explain --summary bounces.mbox.gz Maildir/\n"
    "  candor explain --summary --since 2d /var/log/mail.log*\n"
    "  candor explain --follow /var/log/mail.log\n"
    "\n"
    "What is shown:\n"
    "      --json             one JSON object a line\n"
    "      --csv              a table for spreadsheets\n"
    "      --summary          all counted: causes, providers, destinations; what to fix first\n"
    "      --decide           also what candor's queue would do about it, and why\n"
    "      --list WHAT        codes, causes or providers: what the guide knows; no TEXT with it\n"
    "      --lang LANGUAGE    the headline and whose turn it is in de, en, es, fr or ja\n"
    "      --color WHEN       auto (the default), always, never; NO_COLOR is honoured\n"
    "\n"
    "Of what; all that is given has to fit:\n"
    "      --cause CAUSE,…    such as mailbox_full,greylisted\n"
    "      --recipient WHOM   an address, @DOMAIN, or a pattern with * and ?\n"
    "      --since TIME       2d, 36h, 2026-11-23, 2026-11-23T20:15:00Z\n"
    "\n"
    "      --stage STAGE      when a reply came that does not tell: connect, ehlo, starttls, "
    "auth,\n"
    "                         mail, rcpt, data, end-of-data\n"
    "      --rules FILE       rules of your own beside ours; more than once; those of\n"
    "                         /etc/candor/rules.d/*.rules are always read (candor-explain(1))\n"
    "  -f, --follow           go on as the FILE grows, until Ctrl-C; also when it is rotated\n"
    "  -j, --jobs N           threads that read files, or explain what is in a large one (as\n"
    "                         many as there are processors)\n"
    "  -h, --help             print this\n";

enum {
    OPTION_JSON = 256,
    OPTION_CSV,
    OPTION_SUMMARY,
    OPTION_DECIDE,
    OPTION_LIST,
    OPTION_COLOR,
    OPTION_LANG,
    OPTION_STAGE,
    OPTION_CAUSE,
    OPTION_RECIPIENT,
    OPTION_SINCE,
    OPTION_RULES
};

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"decide", no_argument, NULL, OPTION_DECIDE},
    {"list", required_argument, NULL, OPTION_LIST},
    {"stage", required_argument, NULL, OPTION_STAGE},
    {"lang", required_argument, NULL, OPTION_LANG},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"cause", required_argument, NULL, OPTION_CAUSE},
    {"recipient", required_argument, NULL, OPTION_RECIPIENT},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"follow", no_argument, NULL, 'f'},
    {"jobs", required_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct request {
    struct explain_options o;
    enum terminal_color color;
    bool wants_summary;
    enum explain_list list;
    struct own_rules rules;
};

static bool take_cause(struct request *r)
{
    struct slice wrong = SLICE("");
    if (explain_filter_add_causes(&r->o.filter, optarg, &wrong))
        return true;
    fprintf(stderr,
            "candor explain: --cause %.*s: there is no such cause; right is, for example, "
            "mailbox_full (candor-causes(7) lists them)\n",
            SLICE_ARG(wrong));
    return false;
}

static bool take_since(struct request *r)
{
    if (explain_filter_set_since(&r->o.filter, optarg, clock_unix_ms()))
        return true;
    fprintf(stderr,
            "candor explain: --since %s: that is no time; right is, for example, 2d, 36h, "
            "2026-11-23 or 2026-11-23T20:15:00Z\n",
            optarg);
    return false;
}

static bool take_color(struct request *r)
{
    if (terminal_color_parse(optarg, &r->color))
        return true;
    fprintf(stderr, "candor explain: --color %s: right is auto, always or never\n", optarg);
    return false;
}

static bool take_stage(struct request *r)
{
    for (enum stage s = STAGE_CONNECT; s <= STAGE_QUEUE; s++)
        if (slice_eq(slice_str(optarg), slice_str(stage_name(s)))) {
            r->o.stage = s;
            return true;
        }
    fprintf(stderr,
            "candor explain: --stage %s: right is connect, ehlo, starttls, auth, mail, rcpt, data "
            "or end-of-data\n",
            optarg);
    return false;
}

static bool take_jobs(struct request *r)
{
    uint32_t jobs;
    if (slice_u32(slice_str(optarg), &jobs) && jobs > 0) {
        r->o.jobs = jobs;
        return true;
    }
    fprintf(stderr, "candor explain: --jobs %s: right is a number from 1 on\n", optarg);
    return false;
}

static bool take_rules(struct request *r)
{
    if (own_rules_add(&r->rules, optarg))
        return true;
    fprintf(stderr, "candor explain: --rules %s: more than %d files of rules\n", optarg,
            RULES_FILES_MAX);
    return false;
}

static bool take_list(struct request *r)
{
    if (explain_list_parse(slice_str(optarg), &r->list))
        return true;
    fprintf(stderr, "candor explain: --list %s: right is codes, causes or providers\n", optarg);
    return false;
}

static bool take_language(struct request *r)
{
    r->o.style.words = words_find(words_all, words_all_count, slice_str(optarg));
    if (r->o.style.words)
        return true;
    fprintf(stderr, "candor explain: --lang %s: right is de, en, es, fr or ja\n", optarg);
    return false;
}

static bool take_option(struct request *r, int option)
{
    switch (option) {
    case OPTION_JSON:
        r->o.format = EXPLAIN_JSON;
        return true;
    case OPTION_CSV:
        r->o.format = EXPLAIN_CSV;
        return true;
    case OPTION_SUMMARY:
        return r->wants_summary = true;
    case OPTION_DECIDE:
        return r->o.decides = true;
    case OPTION_LIST:
        return take_list(r);
    case OPTION_STAGE:
        return take_stage(r);
    case OPTION_COLOR:
        return take_color(r);
    case OPTION_LANG:
        return take_language(r);
    case OPTION_CAUSE:
        return take_cause(r);
    case OPTION_RECIPIENT:
        r->o.filter.recipient = optarg;
        return true;
    case OPTION_SINCE:
        return take_since(r);
    case OPTION_RULES:
        return take_rules(r);
    case 'f':
        return r->o.follows = true;
    case 'j':
        return take_jobs(r);
    default:
        fputs("candor explain --help shows what is right\n", stderr);
        return false;
    }
}

enum { PRINTED_MAX = 1024 * 1024 };

/* Prints it and lets it go. */
static int print(struct buf *out)
{
    bool good =
        !out->failed && fwrite(out->at, 1, out->len, stdout) == out->len && fflush(stdout) == 0;
    buf_free(out);
    return good ? EX_OK : EX_IOERR;
}

static int print_summary(const struct explain_options *o)
{
    struct buf out;
    buf_init(&out, &heap, PRINTED_MAX);
    if (o->format == EXPLAIN_JSON)
        explain_summary_write_json(&out, o->summary);
    else
        explain_summary_write_text(&out, o->summary, &o->style);
    return print(&out);
}

static int print_list(const struct request *r)
{
    struct buf out;
    buf_init(&out, &heap, PRINTED_MAX);
    if (r->o.format == EXPLAIN_JSON)
        explain_list_write_json(&out, r->list);
    else
        explain_list_write_text(&out, r->list, &r->o.style);
    return print(&out);
}

static int summarize(struct explain_options *o, const struct explain_places *places)
{
    struct explain_summary summary;
    explain_summary_init(&summary);
    o->summary = &summary;
    int status = explain_run(o, places);
    if (summary.items > 0) {
        int printed = print_summary(o);
        status = status == EX_OK ? printed : status;
    }
    o->summary = NULL;
    explain_summary_free(&summary);
    return status;
}

static bool is_one_file(const struct explain_places *places)
{
    return places->count == 1 && !places->has_folder && places->list[0].kind != PLACE_TEXT;
}

static int run(struct request *r, char *const *words, size_t count)
{
    struct explain_places places;
    if (!load_rules(&r->rules, SLICE(CONFIG_RULES), "candor explain"))
        return EX_CONFIG;
    r->o.rules = r->rules.own;
    if (!explain_places_find(&places, words, count)) {
        perror("candor explain");
        explain_places_free(&places);
        return EX_OSERR;
    }
    int status = EX_USAGE;
    if (r->o.follows && !is_one_file(&places))
        fputs("candor explain: --follow goes with the name of one file\n", stderr);
    else
        status = r->wants_summary ? summarize(&r->o, &places) : explain_run(&r->o, &places);
    explain_places_free(&places);
    return status;
}

static bool may_combine(const struct request *r)
{
    bool is_table = r->o.format == EXPLAIN_CSV;
    if (r->wants_summary && is_table)
        fputs("candor explain: --summary has no --csv form; take --json\n", stderr);
    else if (r->o.decides && (is_table || r->wants_summary))
        fputs("candor explain: --decide goes with single items, as text or --json\n", stderr);
    else
        return true;
    return false;
}

int cmd_explain(int argc, char **argv)
{
    static char minus[] = "-";
    char *from_input[] = {minus};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct request r = {.o = {.filter = explain_filter_all(),
                              .jobs = processors > 0 ? (size_t)processors : 1,
                              .shows_progress = isatty(STDERR_FILENO)}};
    own_rules_init(&r.rules);
    for (int option; (option = getopt_long(argc, argv, "fj:h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout), EX_OK;
        if (!take_option(&r, option))
            return EX_USAGE;
    }
    if (!may_combine(&r))
        return EX_USAGE;
    bool has_text = optind < argc;
    r.o.style.color = terminal_uses_color(r.color);
    r.o.style.width = terminal_width();
    if (r.list != EXPLAIN_LIST_NONE && has_text)
        return fputs("candor explain: --list stands alone\n", stderr), EX_USAGE;
    if (r.list != EXPLAIN_LIST_NONE)
        return print_list(&r);
    if (!has_text && isatty(STDIN_FILENO))
        return fputs(usage, stderr), EX_USAGE;
    r.o.shows_progress = r.o.shows_progress && !r.o.follows;
    interrupt_watch();
    int status =
        run(&r, has_text ? argv + optind : from_input, has_text ? (size_t)(argc - optind) : 1);
    own_rules_free(&r.rules);
    interrupt_end();
    return status;
}
