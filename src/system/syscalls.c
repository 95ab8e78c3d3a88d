/* System calls, by seccomp. The list is what libc, OpenSSL, libevent and libunbound make of what
 * the server does; no call on it starts a program, changes who the process is, or looks into
 * another. Everything else is answered ENOSYS and not with the process's death: an attack that
 * fails is no reason to drop everybody's sessions, and a new libc that tries a new call goes on
 * with the old. */
#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "system/sandbox.h"
#include "system/sanitized.h"

static const char *const files[] = {
    "access",       "close",      "close_range", "copy_file_range",
    "creat",        "dup",        "dup2",        "dup3",
    "faccessat",    "faccessat2", "fadvise64",   "fallocate",
    "fcntl",        "fdatasync",  "flock",       "fstat",
    "fstatfs",      "fsync",      "ftruncate",   "getcwd",
    "getdents",     "getdents64", "lseek",       "lstat",
    "memfd_create", "mkdir",      "mkdirat",     "newfstatat",
    "open",         "openat",     "openat2",     "pipe",
    "pipe2",        "pread64",    "preadv",      "preadv2",
    "pwrite64",     "pwritev",    "pwritev2",    "read",
    "readlink",     "readlinkat", "readv",       "rename",
    "renameat",     "renameat2",  "rmdir",       "sendfile",
    "stat",         "statfs",     "statx",       "sync_file_range",
    "umask",        "unlink",     "unlinkat",    "utimensat",
    "write",        "writev",
};

static const char *const connections[] = {
    "accept",
    "accept4",
    "bind",
    "connect",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd",
    "eventfd2",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "poll",
    "ppoll",
    "pselect6",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "select",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
    "socketpair",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
};

static const char *const memory_and_threads[] = {
    "brk",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "exit",
    "exit_group",
    "futex",
    "get_robust_list",
    "getcpu",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpid",
    "getppid",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "gettid",
    "gettimeofday",
    "getuid",
    "madvise",
    "membarrier",
    "mlock",
    "mremap",
    "munlock",
    "munmap",
    "nanosleep",
    "prlimit64",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sched_getaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "sysinfo",
    "tgkill",
    "time",
    "times",
    "uname",
};

/* A report stops all threads and looks at their memory, from a process of its own. */
static const char *const of_sanitizers[] = {
    "clone", "kill", "mprotect", "personality", "prctl", "ptrace", "wait4", "waitid",
};

#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

/* Calls that are allowed with such arguments: `argument` & mask == value. clone3 hides its
 * arguments from filters; without it libc takes clone. */
static const struct {
    const char *name;
    unsigned argument;
    uint64_t mask, value;
} with_arguments[] = {
    /* threads, and no other process */
    {"clone", 0, CLONE_THREAD | CLONE_VM | NAMESPACES, CLONE_THREAD | CLONE_VM},
    /* memory is written to or executed */
    {"mmap", 2, PROT_WRITE | PROT_EXEC, 0},
    {"mmap", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE},
    {"mmap", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, 0},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE},
    {"mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
    {"mprotect", 2, PROT_EXEC, 0},
    /* no raw packets, no netlink, none of the protocols that nobody has looked at for years */
    {"socket", 0, UINT32_MAX, AF_UNIX},
    {"socket", 0, UINT32_MAX, AF_INET},
    {"socket", 0, UINT32_MAX, AF_INET6},
    {"ioctl", 1, UINT32_MAX, FIONREAD},
    {"ioctl", 1, UINT32_MAX, FIONBIO},
    {"ioctl", 1, UINT32_MAX, TCGETS},
    {"ioctl", 1, UINT32_MAX, TIOCGWINSZ},
    {"prctl", 0, UINT32_MAX, PR_SET_NAME},
    {"prctl", 0, UINT32_MAX, PR_SET_VMA},
};

/* A call that this processor does not have, or libseccomp has not heard of, is no loss. Neither is
 * a rule that one without conditions, for sanitizers, makes needless. */
static int allow(scmp_filter_ctx filter, const char *name, unsigned count,
                 const struct scmp_arg_cmp *when)
{
    int number = seccomp_syscall_resolve_name(name);
    int error = number == __NR_SCMP_ERROR
                    ? 0
                    : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, when);
    return error == -EEXIST || error == -EDOM ? 0 : error;
}

static int allow_all(scmp_filter_ctx filter, const char *const *names, size_t count)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = allow(filter, names[i], 0, NULL);
    return error;
}

#define ALLOW_ALL(filter, names) allow_all(filter, names, sizeof(names) / sizeof((names)[0]))

static int allow_with_arguments(scmp_filter_ctx filter)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(with_arguments) / sizeof(with_arguments[0]); i++) {
        const struct scmp_arg_cmp when = {.arg = with_arguments[i].argument,
                                          .op = SCMP_CMP_MASKED_EQ,
                                          .datum_a = with_arguments[i].mask,
                                          .datum_b = with_arguments[i].value};
        error = allow(filter, with_arguments[i].name, 1, &when);
    }
    return error;
}

static int fill(scmp_filter_ctx filter)
{
    int error = ALLOW_ALL(filter, files);
    if (error == 0)
        error = ALLOW_ALL(filter, connections);
    if (error == 0)
        error = ALLOW_ALL(filter, memory_and_threads);
    if (error == 0 && IS_SANITIZED)
        error = ALLOW_ALL(filter, of_sanitizers);
    if (error == 0)
        error = allow_with_arguments(filter);
    return error;
}

bool sandbox_has_filters(void)
{
    /* asked for nothing, a kernel that has them finds the address wrong */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;
}

bool sandbox_enter_calls(const char **why)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    /* a tree, since the list is long; older libraries have none, and do without */
    if (filter)
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    int error = filter ? fill(filter) : -ENOMEM;
    if (error == 0)
        error = seccomp_load(filter);
    if (error)
        *why = strerror(-error);
    if (filter)
        seccomp_release(filter);
    return error == 0;
}
