#include "system/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool failed(const char **why)
{
    *why = strerror(errno);
    return false;
}

bool privileges_harden(const char **why)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(why);
    return true;
}

bool privileges_raise_files(size_t want, size_t *got_r, const char **why)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return failed(why);
    struct rlimit wanted = now;
    if (privileges_is_root() && now.rlim_max < want)
        wanted.rlim_max = want;
    if (now.rlim_cur < want)
        wanted.rlim_cur = want < wanted.rlim_max ? want : wanted.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
        /* A root without the capability (in a container) keeps the old hard limit. */
        wanted = (struct rlimit){want < now.rlim_max ? want : now.rlim_max, now.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &wanted) != 0)
            return failed(why);
    }
    *got_r = wanted.rlim_cur;
    return true;
}

bool privileges_die_with(int parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

bool privileges_is_root(void)
{
    return geteuid() == 0;
}

bool privileges_drop(const char *user, const char **why)
{
    errno = 0;
    const struct passwd *p = getpwnam(user);
    if (!p) {
        *why =
            errno ? strerror(errno) : "there is no such user; create it, or name another as `user`";
        return false;
    }
    if (p->pw_uid == 0) {
        *why = "that user is root itself; name one without rights";
        return false;
    }
    uid_t uid = p->pw_uid;
    gid_t gid = p->pw_gid;
    if (initgroups(user, gid) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return failed(why);
    if (setuid(0) == 0 || setgid(0) == 0 || geteuid() != uid || getegid() != gid) {
        *why = "the rights of root could be taken back, so the server does not go on";
        return false;
    }
    return true;
}

bool privileges_become(unsigned uid, unsigned gid)
{
    const gid_t group = gid;
    errno = EPERM;
    if (uid == 0 || gid == 0)
        return false;
    if (setgroups(1, &group) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return false;
    errno = EPERM;
    return setuid(0) != 0 && setgid(0) != 0 && geteuid() == uid && getegid() == gid;
}
