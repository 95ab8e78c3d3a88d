/* The folders that the server keeps its own things in, made while it may: a first start needs no
 * preparation. Only the last part of a path is made, so a mistyped one fails. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/inside.h"
#include "system/privileges.h"

static bool make_folder(struct server *s, struct slice path, const struct passwd *owner)
{
    char text[PATH_MAX];
    if (!slice_cstr(path, text, sizeof(text)))
        return true; /* whoever opens it says what is wrong with it */
    if (mkdir(text, 0755) != 0)
        return true; /* it is there, or can't be: that shows when it is used */
    if (!owner || lchown(text, owner->pw_uid, owner->pw_gid) == 0)
        return true;
    buf_addf(s->why, "the folder %s can't be given to the user %s: %s\n", text, owner->pw_name,
             strerror(errno));
    return false;
}

bool folders_make(struct server *s)
{
    char user[64];
    const struct passwd *owner = NULL;
    struct slice control = s->config->control.path;
    size_t slash = slice_rfind(control, '/');
    if (privileges_is_root() && slice_cstr(s->config->user, user, sizeof(user)))
        owner = getpwnam(user);
    return (slash == SLICE_NONE || slash == 0 ||
            make_folder(s, slice_head(control, slash), owner)) &&
           make_folder(s, s->config->spool.path, owner);
}
