/* candor serve: the server, in the foreground. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cli/command.h"
#include "cli/load_rules.h"
#include "server/handover.h"
#include "server/server.h"
#include "system/config.h"
#include "system/heap.h"
#include "system/log.h"

static const char usage[] =
    "usage: candor serve [--test] [-c FILE]\n"
    "\n"
    "Receives, queues and delivers mail, in the foreground, until SIGTERM or SIGINT: then idle\n"
    "clients are told to come back, and what is under way is finished or kept. SIGHUP reads the\n"
    "configuration again, as `candor reload` does. Started as root it keeps a parent with root's\n"
    "rights apart; SIGUSR2 to it changes to the program that is installed now, with no connection\n"
    "refused.\n"
    "\n"
    "  -c, --config FILE  the configuration; " CONFIG_FILE " when not given\n"
    "      --test         only say whether a server could be made of the configuration; status 78: "
    "not\n"
    "  -h, --help         print this\n";

enum { PROBLEMS_MAX = 1024 * 1024, WHY_MAX = 4096 };

static int refuse(const struct config_problems *problems)
{
    struct buf text;
    buf_init(&text, &heap, PROBLEMS_MAX);
    config_problems_write(problems, &text);
    fwrite(buf_slice(&text).at, 1, text.len, stderr);
    buf_free(&text);
    return EX_CONFIG;
}

/* The parent, or one of those that do the work. */
static int run_process(const char *file, struct config *config, const struct own_rules *rules,
                       const struct log *log, struct buf *why)
{
    struct handover handover;
    if (!handover_receive(&handover, why))
        return EX_USAGE;
    int status = handover.role == HANDOVER_MAILBOXES
                     ? mailboxes_run(file, config, log, &handover, why)
                 : parent_is_wanted(config, &handover)
                     ? parent_run(file, config, log, &handover, why)
                     : server_run(file, config, rules, log, &handover, why);
    handover_free(&handover);
    return status;
}

static int run(const char *file, struct config *config, const struct own_rules *rules)
{
    struct log_options options = {.to = config->log.to,
                                  .level = (enum log_level)config->log.level,
                                  .as_json = config->log.format == CONFIG_LOG_JSON};
    const char *what = NULL;
    char storage[WHY_MAX];
    struct buf why;
    struct log_sink *sink = log_open(&options, &what);
    if (!sink) {
        fprintf(stderr, "candor serve: the log %.*s can't be opened: %s\n",
                SLICE_ARG(config->log.to), what);
        return EX_CANTCREAT;
    }
    buf_init_fixed(&why, storage, sizeof(storage));
    int status = run_process(file, config, rules, log_of(sink), &why);
    if (why.len)
        fprintf(stderr, "candor serve: %.*s", SLICE_ARG(buf_slice(&why)));
    log_close(&sink);
    return status;
}

static int test(const char *file, struct config *config, const struct own_rules *rules)
{
    char storage[WHY_MAX];
    struct buf why;
    (void)file;
    (void)rules;
    buf_init_fixed(&why, storage, sizeof(storage));
    bool good = server_test(config, &why);
    fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&why)));
    return good ? EX_OK : EX_CONFIG;
}

typedef int with_config(const char *file, struct config *config, const struct own_rules *rules);

static int with_rules(with_config *then, const char *file, struct config *config)
{
    struct own_rules rules;
    own_rules_init(&rules);
    int status =
        load_rules(&rules, config->rules, "candor serve") ? then(file, config, &rules) : EX_CONFIG;
    own_rules_free(&rules);
    return status;
}

int cmd_serve(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"test", no_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *file = CONFIG_FILE;
    with_config *then = run;
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (c == 'c')
            file = optarg;
        else if (c == 't')
            then = test;
        else
            return fputs(usage, c == 'h' ? stdout : stderr), c == 'h' ? EX_OK : EX_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "candor serve: %s is one argument too many\n\n%s", argv[optind], usage);
        return EX_USAGE;
    }
    struct config_problems problems;
    config_problems_init(&problems);
    struct config *config = config_read(file, &problems);
    int status = config ? with_rules(then, file, config) : refuse(&problems);
    config_problems_free(&problems);
    config_free(&config);
    return status;
}
