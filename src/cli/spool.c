/* candor spool: looks at the spool's files, with or without a server beside, and moves single
 * messages out of it and into it. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/command.h"
#include "cli/spool_tool.h"
#include "cli/words.h"
#include "queue/state.h"
#include "system/clock.h"
#include "system/config.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor spool check [-c FILE|--path FOLDER]\n"
    "       candor spool dump [-c FILE|--path FOLDER] [--json]\n"
    "       candor spool export DIR [-c FILE|--path FOLDER]\n"
    "       candor spool import DIR [-c FILE|--path FOLDER]\n"
    "\n"
    "  check   read everything, and say what is damaged and what it costs\n"
    "  dump    one line for each record of the log\n"
    "  export  each message that waits as DIR/ID.eml, with DIR/ID.envelope in the words of SMTP,\n"
    "          naming the recipients that still wait\n"
    "  import  put such messages into the spool; the server must not run. What is in the spool is\n"
    "          renamed to ID.imported, so that it is not put in twice\n"
    "\n"
    "check, dump and export change nothing and may be used beside a running server.\n"
    "\n"
    "  -c, --config FILE  the server's configuration, which names the spool; " CONFIG_FILE "\n"
    "                     when not given\n"
    "  -p, --path FOLDER  the spool itself\n"
    "      --json         one JSON object a line\n"
    "  -h, --help         print this\n";

static const struct verb {
    const char *name;
    int (*run)(struct spool_tool *t);
    bool has_folder;
} verbs[] = {{"check", spool_check, false},
             {"dump", spool_dump, false},
             {"export", spool_export, true},
             {"import", spool_import, true}};
enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

int spool_tool_fail(const struct spool_tool *t, const char *about, enum err_code code,
                    const char *why)
{
    static const struct {
        enum err_code code;
        int status;
    } statuses[] = {{ERR_MEMORY, EX_OSERR},  {ERR_NOT_FOUND, EX_NOINPUT}, {ERR_STATE, EX_TEMPFAIL},
                    {ERR_FULL, EX_TEMPFAIL}, {ERR_CORRUPT, EX_DATAERR},   {ERR_SYNTAX, EX_DATAERR},
                    {ERR_LIMIT, EX_DATAERR}};
    fprintf(stderr, "candor spool %s: %s: %s\n", t->verb, about, why ? why : err_text(code));
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return EX_IOERR;
}

static void say_size(struct buf *out, const char *before, uint64_t bytes)
{
    buf_add_str(out, before);
    words_size(out, bytes);
}

static void show_progress(void *ctx, uint64_t done, uint64_t all)
{
    enum { FIRST_MS = 1000, LINE = 128 };
    struct spool_tool *t = ctx;
    char line[LINE];
    struct buf text;
    if (!isatty(STDERR_FILENO) || clock_monotonic_ms() - t->begun < FIRST_MS)
        return;
    t->has_shown_progress = true;
    buf_init_fixed(&text, line, sizeof(line));
    say_size(&text, "\r\033[Kread ", done);
    say_size(&text, " of ", all);
    fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&text)));
}

void spool_tool_end_progress(struct spool_tool *t)
{
    if (t->has_shown_progress)
        fputs("\r\033[K", stderr);
    t->has_shown_progress = false;
}

static void tell_damage(void *ctx, const struct spool_damaged *d)
{
    struct spool_tool *t = ctx;
    char after[SPOOL_ID_TEXT + 1], before[SPOOL_ID_TEXT + 1];
    spool_tool_end_progress(t);
    fflush(stdout);
    t->damages++;
    fprintf(stderr, "%s, byte %llu", d->file, (unsigned long long)d->offset);
    if (d->length)
        fprintf(stderr, ", %llu bytes", (unsigned long long)d->length);
    fprintf(stderr, ": %s\n", d->what);
    spool_id_write(d->lost_after, after);
    spool_id_write(d->lost_before, before);
    if (!d->length && d->lost_before == d->lost_after + 2)
        fprintf(stderr, "  lost: the message between %s and %s\n", after, before);
    else if (d->lost_before > d->lost_after + 1)
        fprintf(stderr,
                "  may be lost, if not delivered yet: messages with ids between %s and %s\n", after,
                before);
    else if (d->lost_before)
        fputs("  no message; what was known of the tries of some may be lost\n", stderr);
    else if (d->length)
        fprintf(stderr, "  may be lost, if not delivered yet: messages with ids after %s\n", after);
}

int spool_tool_look(struct spool_tool *t, bool read_all)
{
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(slice_str(t->path));
    o.only_look = true;
    o.read_all = read_all;
    o.damage = tell_damage;
    o.damage_ctx = t;
    o.progress = show_progress;
    o.progress_ctx = t;
    if (access(t->path, F_OK) != 0)
        return spool_tool_fail(t, t->path, ERR_NOT_FOUND, "there is no such folder");
    t->begun = clock_monotonic_ms();
    enum err_code result = spool_log_open(&o, &heap, &t->spool, &err);
    spool_tool_end_progress(t);
    return result == ERR_OK ? EX_OK : spool_tool_fail(t, t->path, result, err.what);
}

void spool_tool_close(struct spool_tool *t)
{
    t->spool->ops->close(t->spool);
    t->spool = NULL;
}

bool spool_tool_waiting(struct slice envelope, struct slice state, struct arena *arena,
                        struct envelope *e_r)
{
    struct err err;
    bool held;
    if (!envelope_decode(envelope, arena, e_r, &err))
        return false;
    struct recipient_state *states = arena_array(arena, e_r->count, sizeof(*states));
    if (!states)
        return false;
    if (state.len && !state_decode(state, &heap, states, e_r->count, &held, &err))
        memset(states, 0, e_r->count * sizeof(*states));
    size_t kept = 0;
    for (size_t i = 0; i < e_r->count; i++)
        if (states[i].status <= RECIPIENT_ACTIVE || states[i].status == RECIPIENT_FAILED)
            e_r->recipients[kept++] = e_r->recipients[i];
    state_forget(&heap, states, e_r->count);
    e_r->count = kept;
    return true;
}

static int unknown_verb(const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < VERBS; i++)
        if (nearest_improves(slice_str(name), slice_str(verbs[i].name), &best))
            nearest = verbs[i].name;
    fprintf(stderr, "candor spool: there is no \"%s\"", name);
    if (nearest)
        fprintf(stderr, "; did you mean \"%s\"?", nearest);
    fprintf(stderr, "\n\n%s", usage);
    return EX_USAGE;
}

/* With the spool's folder, as it was said or as the configuration says. */
static int run(const struct verb *verb, struct spool_tool *t, const char *file)
{
    enum { PROBLEMS_MAX = 1 << 20, PATH_SIZE = 4096 };
    struct config_problems problems;
    char path[PATH_SIZE];
    if (t->path)
        return verb->run(t);
    config_problems_init(&problems);
    struct config *config = config_read(file, &problems);
    int status = EX_CONFIG;
    if (!config) {
        struct buf text;
        buf_init(&text, &heap, PROBLEMS_MAX);
        config_problems_write(&problems, &text);
        fprintf(stderr,
                "%.*scandor spool %s: --path FOLDER names the spool without a configuration\n",
                SLICE_ARG(buf_slice(&text)), t->verb);
        buf_free(&text);
    } else if (slice_cstr(config->spool.path, path, sizeof(path))) {
        t->path = path;
        status = verb->run(t);
    }
    config_free(&config);
    config_problems_free(&problems);
    return status;
}

int cmd_spool(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"path", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct spool_tool t = {0};
    const char *file = CONFIG_FILE;
    for (int option; (option = getopt_long(argc, argv, "c:p:h", options, NULL)) != -1;) {
        if (option == 'c')
            file = optarg;
        else if (option == 'p')
            t.path = optarg;
        else if (option == 'j')
            t.as_json = true;
        else
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
    }
    if (optind == argc)
        return fputs(usage, stderr), EX_USAGE;
    t.verb = argv[optind++];
    size_t i = 0;
    while (i < VERBS && strcmp(verbs[i].name, t.verb) != 0)
        i++;
    if (i == VERBS)
        return unknown_verb(t.verb);
    if (verbs[i].has_folder && optind < argc)
        t.folder = argv[optind++];
    if (optind < argc || (verbs[i].has_folder && !t.folder))
        return fputs(usage, stderr), EX_USAGE;
    return run(&verbs[i], &t, file);
}
