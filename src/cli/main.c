/* candor: finds the subcommand and runs it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/command.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
#define COMMAND(name, function, summary) {name, function, summary},
#include "cli/commands.def"
#undef COMMAND
    {NULL, NULL, NULL}, /* ends the table */
};

static int usage(FILE *to, int status)
{
    fputs("usage: candor COMMAND [OPTION…] [ARGUMENT…]\n\ncommands:\n", to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->summary);
    fputs("\ncandor COMMAND --help tells more of one; candor --version prints the version.\n", to);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, EX_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, EX_OK);
    if (strcmp(argv[1], "--version") == 0) {
        puts("candor " CANDOR_VERSION);
        return EX_OK;
    }
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(argv[1], c->name) == 0)
            return c->run(argc - 1, argv + 1);
    fprintf(stderr, "candor: there is no command \"%s\"\n\n", argv[1]);
    return usage(stderr, EX_USAGE);
}
