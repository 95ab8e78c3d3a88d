/* candor check: is the configuration right, and if not, what would be? */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "cli/check_look.h"
#include "cli/command.h"
#include "cli/load_rules.h"
#include "server/own_words.h"
#include "system/config.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor check [-c FILE] [--defaults]\n"
    "\n"
    "Reads the configuration as the server would, and says for each error where it stands and "
    "what\n"
    "would be right. Then looks at what lies outside of it: certificates (expired, not for this "
    "host),\n"
    "mailboxes that can't be written, ports that are taken, networks that make an open relay, the\n"
    "host's name in the DNS, whether Dovecot can be asked about logins. A warning does not keep "
    "the server from starting.\n"
    "\n"
    "  -c, --config FILE  the file; " CONFIG_FILE " when not given\n"
    "      --defaults     print a configuration with all keys, their defaults and what they mean\n"
    "  -h, --help         print this\n";

enum { OUTPUT_MAX = 1024 * 1024 };

static void print(FILE *to, struct buf *text)
{
    (void)fwrite(buf_slice(text).at, 1, text->len, to);
    buf_free(text);
}

static int print_defaults(void)
{
    struct buf text;
    buf_init(&text, &heap, OUTPUT_MAX);
    config_write_defaults(&text);
    print(stdout, &text);
    return EX_OK;
}

static void print_summary(const char *file, const struct config *c)
{
    printf("%s is right: %.*s listens at", file, SLICE_ARG(c->hostname));
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t j = 0; j < c->listens[i].addresses.count; j++) {
            char storage[ENDPOINT_TEXT];
            struct buf text;
            buf_init_fixed(&text, storage, sizeof(storage));
            endpoint_write(&text, c->listens[i].addresses.at[j]);
            printf(" %.*s (%.*s)", SLICE_ARG(buf_slice(&text)), SLICE_ARG(c->listens[i].name));
        }
    putchar('\n');
    for (size_t i = 0; i < c->domain_count; i++)
        printf("  %.*s: %zu mailbox%s\n", SLICE_ARG(c->domains[i].name), c->domains[i].known.count,
               c->domains[i].known.count == 1 ? "" : "es");
    char storage[200];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    check_sandbox_write(c, &text);
    printf("%.*s", SLICE_ARG(buf_slice(&text)));
}

/* If not, standard error tells why. */
static bool are_rules_right(const struct config *c)
{
    struct own_rules rules;
    own_rules_init(&rules);
    bool good = load_rules(&rules, c->rules, "candor check");
    own_rules_free(&rules);
    return good;
}

/* The same of the words for notices. */
static bool are_words_right(const struct config *c)
{
    struct arena arena;
    struct buf why;
    struct words *words = calloc(words_all_count, sizeof(*words));
    buf_init(&why, &heap, OUTPUT_MAX);
    arena_init(&arena, &heap, OWN_WORDS_MOST);
    bool good = words && own_words_load(words, c->notices.folder, &arena, &why);
    print(stderr, &why);
    arena_reset(&arena);
    free(words);
    return good;
}

static int look(const char *file, const struct config *c)
{
    struct buf text;
    buf_init(&text, &heap, OUTPUT_MAX);
    struct looking l = {.config = c, .out = &text};
    check_look(&l);
    print(stderr, &text);
    if (l.errors)
        fprintf(stderr, "%u problem%s; the server would not start\n", l.errors,
                l.errors == 1 ? "" : "s");
    else
        print_summary(file, c);
    return l.errors ? EX_CONFIG : EX_OK;
}

static int check(const char *file)
{
    struct config_problems problems;
    config_problems_init(&problems);
    struct config *c = config_read(file, &problems);
    int status = c && are_rules_right(c) && are_words_right(c) ? EX_OK : EX_CONFIG;
    if (status == EX_OK) {
        status = look(file, c);
    } else if (!c) {
        struct buf text;
        buf_init(&text, &heap, OUTPUT_MAX);
        config_problems_write(&problems, &text);
        print(stderr, &text);
        fprintf(stderr, "%zu problem%s; the server would not start with this file\n",
                problems.count, problems.count == 1 ? "" : "s");
    }
    config_free(&c);
    config_problems_free(&problems);
    return status;
}

int cmd_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"defaults", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = CONFIG_FILE;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'c')
            file = optarg;
        else if (option == 'd')
            return print_defaults();
        else
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
    }
    if (optind < argc)
        return fputs(usage, stderr), EX_USAGE;
    return check(file);
}
