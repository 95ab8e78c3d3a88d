/* candor reload: has the running server read its configuration again. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cli/command.h"
#include "cli/control_client.h"

static const char usage[] =
    "usage: candor reload [--upgrade] [-c FILE]\n"
    "\n"
    "Has the running server read its configuration again, and the files that it names: "
    "certificates,\n"
    "accounts, mailboxes, aliases, rules. If anything is wrong all stays as it was, and the answer "
    "says "
    "what.\n"
    "Sessions under way end with the old one.\n"
    "\n"
    "      --upgrade        change to the program that is installed now, too, and to all of the\n"
    "                       configuration: no connection is refused, new ones wait for a moment\n"
    "  -c, --config FILE    the server's configuration, which names the control socket\n"
    "      --socket PATH    the control socket itself\n"
    "  -h, --help           print this\n";

static int reload(const struct control_place *place)
{
    json_t *last = NULL;
    int status = control_ask(place, SLICE("{\"op\":\"reload\"}"), NULL, NULL, &last);
    const char *kept = json_string_value(json_object_get(last, "restart_needed"));
    if (status == EX_OK)
        puts("The configuration was read again, and holds from now on.");
    if (status == EX_CONFIG)
        fputs("The server goes on with the configuration that it has.\n", stderr);
    if (kept)
        printf("Only a restart changes these, so they are as before: %s\n", kept);
    json_decref(last);
    return status;
}

static int upgrade(const struct control_place *place)
{
    int status = control_ask(place, SLICE("{\"op\":\"upgrade\"}"), NULL, NULL, NULL);
    if (status == EX_OK)
        puts(
            "The new server takes over as soon as the old one has finished; its log says `ready`.");
    if (status == EX_CONFIG)
        fputs("The server goes on as it is.\n", stderr);
    return status;
}

int cmd_reload(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"socket", required_argument, NULL, 's'},
                                            {"upgrade", no_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct control_place place = {0};
    int (*then)(const struct control_place *) = reload;
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == 'c')
            place.config = optarg;
        else if (option == 's')
            place.socket = optarg;
        else if (option == 'u')
            then = upgrade;
        else
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
    }
    if (optind < argc)
        return fputs(usage, stderr), EX_USAGE;
    return then(&place);
}
