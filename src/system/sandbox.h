/* The walls around the process that reads what others send: which files it may open (Landlock), and
 * which system calls there are for it (seccomp). Once inside there is no way out, for the threads
 * that it starts from then on, too; so it is entered before there are any. */
#ifndef CANDOR_SYSTEM_SANDBOX_H
#define CANDOR_SYSTEM_SANDBOX_H

#include "base/slice.h"

/* What to tell where one of the two walls can't be had. */
#define SANDBOX_NO_LANDLOCK                                                                        \
    "this kernel has no Landlock that allows renaming, so files are kept from the server by "      \
    "their "                                                                                       \
    "rights alone; Linux 5.19 or newer has it, with landlock among the modules of the kernel "     \
    "parameter lsm="
#define SANDBOX_NO_SECCOMP                                                                         \
    "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER), so the server may make any "      \
    "system call"

/* A folder with all below it, or a file. */
struct sandbox_place {
    const char *path;
    bool is_written; /* also: files and folders are made, renamed and removed there */
};

struct sandbox_options {
    const struct sandbox_place *places; /* beside what every program needs of the system */
    size_t count;
    uint16_t port; /* the only one that may still be listened at; 0: none */
    bool binds;    /* connections are made from addresses that are chosen, on ports that are not */
    /* A place that can't be opened, so that nothing below it ever will; may be NULL. */
    void (*left_out)(void *ctx, const struct sandbox_place *place, const char *why);
    void *ctx;
};

/* The version of the kernel's Landlock; 0: it has none, or one that forbids to rename from folder
 * to folder (before Linux 5.19), which a Maildir is made of. */
int sandbox_landlock_version(void);
/* Only when there is a version. Needs no_new_privs. False with `why`: nothing is forbidden. */
MUST_CHECK bool sandbox_enter_files(const struct sandbox_options *o, const char **why);

/* Whether the kernel has seccomp with filters. */
bool sandbox_has_filters(void);
/* What is not on the list does not exist (ENOSYS), so that a library which tries goes on without.
 * False with `why`: nothing is forbidden. */
MUST_CHECK bool sandbox_enter_calls(const char **why);

#endif
