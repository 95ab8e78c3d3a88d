/* What the kernel has of the sandbox. */
#include "cli/check_look.h"
#include "system/sandbox.h"

void check_sandbox(struct looking *l)
{
    void (*say)(struct looking *, const char *, ...) =
        l->config->sandbox == CONFIG_SANDBOX_REQUIRED ? looking_refuse : looking_warn;
    if (l->config->sandbox == CONFIG_SANDBOX_OFF)
        return;
    if (sandbox_landlock_version() == 0)
        say(l, "sandbox: %s", SANDBOX_NO_LANDLOCK);
    if (!sandbox_has_filters())
        say(l, "sandbox: %s", SANDBOX_NO_SECCOMP);
}

void check_sandbox_write(const struct config *c, struct buf *out)
{
    int version = sandbox_landlock_version();
    buf_add_str(out, "  sandbox: ");
    if (c->sandbox == CONFIG_SANDBOX_OFF) {
        buf_add_str(out, "off\n");
        return;
    }
    if (version)
        buf_addf(out, "files by Landlock (version %d), ", version);
    else
        buf_add_str(out, "files by their rights alone, ");
    buf_add_str(out, sandbox_has_filters() ? "system calls by seccomp\n" : "any system call\n");
}
