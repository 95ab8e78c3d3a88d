"""Things that break: a disk that fills up, a sync that fails, a library that has no memory, a process that is killed
in the middle of a write."""
import os
import pathlib
import subprocess

FAIL_SYNC = r"""
/* While the file named by FAIL_SYNC exists, nothing can be synced that has FAIL_SYNC_IN in its path: EIO. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int is_in(int fd, const char *name)
{
    char link[64], path[4096] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof(path) - 1) >= 0 && strstr(path, name);
}
static int sync_or_fail(long number, int fd)
{
    const char *flag = getenv("FAIL_SYNC"), *name = getenv("FAIL_SYNC_IN");
    if (flag && access(flag, F_OK) == 0 && (!*name || is_in(fd, name))) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(number, fd);
}
int fsync(int fd) { return sync_or_fail(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_or_fail(SYS_fdatasync, fd); }
"""


KILL_WRITE = r"""
/* Who finds the file named by KILL_WRITE gives it the name .killed, writes one half of what was to be written, and is
 * killed. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
static void write_half(int fd, const struct iovec *iov, int count, off_t at)
{
    size_t half = 0;
    for (int i = 0; i < count; i++)
        half += iov[i].iov_len;
    half /= 2;
    for (int i = 0; i < count && half; i++) {
        size_t len = iov[i].iov_len < half ? iov[i].iov_len : half;
        if (pwrite(fd, iov[i].iov_base, len, at) < 0)
            return;
        at += (off_t)len;
        half -= len;
    }
}
ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
    const char *flag = getenv("KILL_WRITE");
    char killed[4096];
    if (flag && snprintf(killed, sizeof(killed), "%s.killed", flag) > 0 && rename(flag, killed) == 0) {
        write_half(fd, iov, count, at);
        kill(getpid(), SIGKILL);
    }
    return syscall(SYS_pwritev, fd, iov, count, at, 0L);
}
ssize_t pwritev64(int fd, const struct iovec *iov, int count, off_t at) { return pwritev(fd, iov, count, at); }
"""

FAIL_TLS = r"""
/* While the file named by FAIL_TLS exists, OpenSSL has no memory for a session. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
void *SSL_new(void *context)
{
    const char *flag = getenv("FAIL_TLS");
    void *(*made)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "SSL_new");
    return flag && access(flag, F_OK) == 0 ? NULL : made(context);
}
"""


FAIL_MEMORY = r"""
/* While the file named by FAIL_MEMORY exists, there is no memory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static int is_out(void)
{
    const char *flag = getenv("FAIL_MEMORY");
    int before = errno, out = flag && access(flag, F_OK) == 0;
    errno = out ? ENOMEM : before;
    return out;
}
void *malloc(size_t size) { return is_out() ? NULL : REAL(malloc)(size); }
void *calloc(size_t count, size_t size) { return is_out() ? NULL : REAL(calloc)(count, size); }
void *realloc(void *at, size_t size) { return is_out() ? NULL : REAL(realloc)(at, size); }
"""


class Failing:
    """Environment for a program in which something fails from `on` until `off`: what the source says, which looks for the file named by
    the variable."""

    def __init__(self, folder, source, variable, flag=None):
        folder = pathlib.Path(folder)
        self.flag, library = flag or folder / variable.lower(), folder / f"{variable.lower()}.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-xc", "-", "-o", library], input=source.encode(), check=True)
        os.chmod(folder, 0o755)
        self.env = {"LD_PRELOAD": str(library), variable: str(self.flag), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def on(self):
        self.flag.touch()

    def off(self):
        self.flag.unlink()


class FailingSync(Failing):
    """Its fsync and fdatasync fail, of files with `name` in their path."""

    def __init__(self, folder, name=""):
        super().__init__(folder, FAIL_SYNC, "FAIL_SYNC")
        self.env["FAIL_SYNC_IN"] = name


class FailingMemory(Failing):
    """It gets no more of it than it has."""

    def __init__(self, folder):
        super().__init__(folder, FAIL_MEMORY, "FAIL_MEMORY")


class FailingTls(Failing):
    """It can't begin TLS."""

    def __init__(self, folder):
        super().__init__(folder, FAIL_TLS, "FAIL_TLS")


class KillingWrite(Failing):
    """It dies within its next write to the spool, where the flag is, so that it can be renamed."""

    def __init__(self, folder, spool):
        super().__init__(folder, KILL_WRITE, "KILL_WRITE", pathlib.Path(spool) / "kill-write")

    def killed_at(self):
        """In seconds since 1970; it takes a while until such a process is gone."""
        return self.flag.with_name("kill-write.killed").stat().st_ctime


class SmallDisk:
    """A file system of a few MiB, mounted at `folder` in a mount namespace of its own, so that no rights are
    needed. `prefix` runs a program inside."""

    def __init__(self, size="24m"):
        user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
        self.keeper = subprocess.Popen(["unshare", *user, "--mount", "sh", "-c", "echo ready; read end"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.keeper.stdout.readline() == "ready\n", "a mount namespace could not be made"
        namespaces = ["-m"] if os.getuid() == 0 else ["--preserve-credentials", "-U", "-m"]
        self.enter = ["nsenter", "-t", str(self.keeper.pid), *namespaces]
        # who is root in there only because of the mount becomes a person again
        self.prefix = self.enter + ([] if os.getuid() == 0 else ["unshare", "--user", "--map-user=1000", "--map-group=1000"])
        self.size = size

    def inside(self, *words):
        return subprocess.run([*self.enter, *map(str, words)], check=False, capture_output=True, text=True)

    def mount(self, folder):
        done = self.inside("mount", "-t", "tmpfs", "-o", f"size={self.size},mode=0777", "tmpfs", folder)
        assert done.returncode == 0, done.stderr
        self.folder = folder

    def fill(self):
        """Takes every last block."""
        self.inside("dd", "if=/dev/zero", f"of={self.folder}/filler", "bs=64k")

    def free(self):
        self.inside("rm", "-f", f"{self.folder}/filler")

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait(20)
