/* What a mail process asks of the mailbox agent, which is root: a name that is no path, and a path
 * that is absolute, or nothing. */
#include <stdlib.h>

#include "deliver/maildir_agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct maildir_request r;
    if (!maildir_request_read(slice_of((const char *)data, size), &r))
        return 0;
    if (strchr(r.file, '/') || r.file[0] == '.' || r.file[0] == '\0' || r.path[0] != '/' ||
        strlen(r.path) >= sizeof(r.path))
        abort();
    return 0;
}
