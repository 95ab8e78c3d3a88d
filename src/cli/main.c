/* candor: finds the subcommand and runs it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/nearest.h"
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

/* The program under another name, by a link. */
static const struct command guises[] = {
    {"mailq", cmd_mailq, ""},
    {"sendmail", cmd_sendmail, ""},
    {NULL, NULL, NULL},
};

static const struct command *find(const struct command *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int usage(FILE *to, int status)
{
    fputs("usage: candor COMMAND [OPTION…] [ARGUMENT…]\n\ncommands:\n", to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->summary);
    fputs("\ncandor COMMAND --help tells more of one; candor --version prints the version.\n", to);
    return status;
}

static int unknown(const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (const struct command *c = commands; c->name; c++)
        if (nearest_improves(slice_str(name), slice_str(c->name), &best))
            nearest = c->name;
    fprintf(stderr, "candor: there is no command \"%s\"", name);
    if (nearest)
        fprintf(stderr, "; did you mean \"%s\"?", nearest);
    fputs("\n\n", stderr);
    return usage(stderr, EX_USAGE);
}

int main(int argc, char **argv)
{
    const struct command *guise = argc > 0 ? find(guises, base_name(argv[0])) : NULL;
    if (guise)
        return guise->run(argc, argv);
    if (argc < 2)
        return usage(stderr, EX_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, EX_OK);
    if (strcmp(argv[1], "--version") == 0) {
        puts("candor " CANDOR_VERSION);
        return EX_OK;
    }
    const struct command *command = find(commands, argv[1]);
    return command ? command->run(argc - 1, argv + 1) : unknown(argv[1]);
}
