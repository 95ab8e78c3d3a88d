/* Files, by Landlock. The C library has no functions for it, so they are called by number; what
 * versions after the first brought is written here, since Debian 12's header ends there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/sandbox.h"
#include "system/sanitized.h"

enum {
    VERSION_RENAMES = 2, /* between folders */
    VERSION_TRUNCATE = 3,
    VERSION_PORTS = 4,
    VERSION_DEVICES = 5,
    VERSION_SIGNALS = 6,
};

#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)
#define NET_BIND_TCP   (UINT64_C(1) << 0)
#define SCOPE_SIGNAL   (UINT64_C(1) << 1)
#define RULE_NET_PORT  ((enum landlock_rule_type)2)
#define FS_OF_VERSION2 ((LANDLOCK_ACCESS_FS_REFER << 1) - 1) /* all up to it */

/* What may be done to a file, as against a folder. */
#define ON_FILES                                                                                   \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     FS_TRUNCATE | FS_IOCTL_DEV)
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* No devices, no links that lead elsewhere, and nothing is executed. */
#define WRITING                                                                                    \
    (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                    \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |   \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)

struct ruleset {
    uint64_t files;
    uint64_t ports;  /* since VERSION_PORTS */
    uint64_t scoped; /* since VERSION_SIGNALS */
};

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

/* What the libraries read while they run: certificates of authorities, which OpenSSL looks up one
 * by one; the time zone; modules that are loaded when they are needed; names of hosts and services.
 */
static const struct sandbox_place of_the_system[] = {
    {"/usr", false},
    {"/lib", false},
    {"/lib64", false},
    {"/etc/ssl", false},
    {"/etc/ld.so.cache", false},
    {"/etc/localtime", false},
    {"/etc/resolv.conf", false},
    {"/etc/hosts", false},
    {"/etc/host.conf", false},
    {"/etc/nsswitch.conf", false},
    {"/etc/gai.conf", false},
    {"/etc/services", false},
    {"/etc/protocols", false},
    {"/dev/null", true},
    {"/dev/urandom", false},
};

/* A sanitizer looks at the process's own memory map, threads and program for its reports. */
static const struct sandbox_place of_sanitizers[] = {{"/proc", false}, {"/proc/self/exe", false}};

static long create(const void *attributes, size_t size, uint32_t flags)
{
    return syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

static long add(int ruleset, enum landlock_rule_type type, const void *rule)
{
    return syscall(SYS_landlock_add_rule, ruleset, type, rule, 0);
}

int sandbox_landlock_version(void)
{
    long version = create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < VERSION_RENAMES ? 0 : (int)version;
}

static uint64_t known_files(int version)
{
    return FS_OF_VERSION2 | (version >= VERSION_TRUNCATE ? FS_TRUNCATE : 0) |
           (version >= VERSION_DEVICES ? FS_IOCTL_DEV : 0);
}

/* Returns the ruleset's descriptor, or -1. The kernel refuses what it does not know, so it is told
 * only what its version has. */
static int new_ruleset(int version)
{
    const struct ruleset all = {
        .files = known_files(version), .ports = NET_BIND_TCP, .scoped = SCOPE_SIGNAL};
    size_t size = version >= VERSION_SIGNALS ? sizeof(all)
                  : version >= VERSION_PORTS ? offsetof(struct ruleset, scoped)
                                             : offsetof(struct ruleset, ports);
    return (int)create(&all, size, 0);
}

/* NULL: it is allowed now; else why it can't be. */
static const char *add_place(int ruleset, int version, const struct sandbox_place *place)
{
    struct stat about;
    int fd = open(place->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    struct landlock_path_beneath_attr rule = {
        .allowed_access = (place->is_written ? WRITING : READING) & known_files(version),
        .parent_fd = fd};
    bool good = fstat(fd, &about) == 0;
    if (good && !S_ISDIR(about.st_mode))
        rule.allowed_access &= ON_FILES;
    good = good && add(ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule) == 0;
    const char *why = good ? NULL : strerror(errno);
    close(fd);
    return why;
}

/* Port 0 stands for whichever the kernel chooses (landlock(7)). */
static bool add_port(int ruleset, int version, uint16_t port)
{
    const struct port_rule rule = {.allowed = NET_BIND_TCP, .port = port};
    return version < VERSION_PORTS || add(ruleset, RULE_NET_PORT, &rule) == 0;
}

/* What is not there on this system is not missed. */
static void add_system(int ruleset, int version)
{
    for (size_t i = 0; i < sizeof(of_the_system) / sizeof(of_the_system[0]); i++)
        (void)add_place(ruleset, version, &of_the_system[i]);
    for (size_t i = 0; IS_SANITIZED && i < sizeof(of_sanitizers) / sizeof(of_sanitizers[0]); i++)
        (void)add_place(ruleset, version, &of_sanitizers[i]);
}

bool sandbox_enter_files(const struct sandbox_options *o, const char **why)
{
    int version = sandbox_landlock_version(), ruleset = new_ruleset(version);
    bool good = ruleset >= 0 && (o->port == 0 || add_port(ruleset, version, o->port)) &&
                (!o->binds || add_port(ruleset, version, 0));
    if (good)
        add_system(ruleset, version);
    for (size_t i = 0; good && i < o->count; i++) {
        const char *what = add_place(ruleset, version, &o->places[i]);
        if (what && o->left_out)
            o->left_out(o->ctx, &o->places[i], what);
    }
    good = good && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!good)
        *why = strerror(errno);
    if (ruleset >= 0)
        close(ruleset);
    return good;
}
