/* candor serve: the server, in the foreground. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cli/command.h"
#include "cli/own_rules.h"
#include "server/server.h"
#include "system/config.h"
#include "system/heap.h"
#include "system/log.h"

static const char usage[] =
    "usage: candor serve [-c FILE]\n"
    "\n"
    "Receives, queues and delivers mail, in the foreground, until SIGTERM or SIGINT: then idle\n"
    "clients are told to come back, and what is under way is finished or kept. SIGHUP reads the\n"
    "configuration again, as `candor reload` does.\n"
    "\n"
    "  -c, --config FILE  the configuration; " CONFIG_FILE " when not given\n"
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

static int run(const char *file, const struct config *config, const struct rule_tables *rules)
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
    int status = server_run(file, config, rules, log_of(sink), &why);
    if (why.len)
        fprintf(stderr, "candor serve: %.*s", SLICE_ARG(buf_slice(&why)));
    log_close(&sink);
    return status;
}

static int run_with_rules(const char *file, const struct config *config)
{
    struct own_rules rules;
    own_rules_init(&rules, "candor serve");
    int status = own_rules_load(&rules, config->rules) ? run(file, config, rules.own) : EX_CONFIG;
    own_rules_free(&rules);
    return status;
}

int cmd_serve(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *file = CONFIG_FILE;
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return EX_OK;
        }
        if (c != 'c') {
            fputs(usage, stderr);
            return EX_USAGE;
        }
        file = optarg;
    }
    if (optind < argc) {
        fprintf(stderr, "candor serve: %s is one argument too many\n\n%s", argv[optind], usage);
        return EX_USAGE;
    }
    struct config_problems problems;
    config_problems_init(&problems);
    struct config *config = config_read(file, &problems);
    int status = config ? run_with_rules(file, config) : refuse(&problems);
    config_problems_free(&problems);
    config_free(&config);
    return status;
}
