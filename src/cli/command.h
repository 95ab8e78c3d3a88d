/* A subcommand: gets its own name as argv[0], returns an exit status of sysexits.h. */
#ifndef CANDOR_CLI_COMMAND_H
#define CANDOR_CLI_COMMAND_H

#define COMMAND(name, function, summary) int function(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* Called by the name that other mail servers have for it; options that mean nothing here are taken
 * and left. */
int cmd_mailq(int argc, char **argv);
int cmd_sendmail(int argc, char **argv);

#endif
