#include "cli/check_look.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/address.h"
#include "net/tls.h"
#include "net/tls_look.h"
#include "system/clock.h"
#include "system/heap.h"
#include "system/privileges.h"

enum { DAY = 24 * 60 * 60, SOON_DAYS = 14, MAILBOXES_NAMED = 5, WHY_MAX = 4096 };

__attribute__((format(printf, 3, 0))) static void add(struct looking *l, const char *kind,
                                                      const char *format, va_list args)
{
    char text[WHY_MAX];
    (void)vsnprintf(text, sizeof(text), format, args);
    buf_addf(l->out, "%s: %s\n", kind, text);
}

void looking_warn(struct looking *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(l, "warning", format, args);
    va_end(args);
    l->warnings++;
}

void looking_refuse(struct looking *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(l, "error", format, args);
    va_end(args);
    l->errors++;
}

/* ---- certificates ---- */

static void check_dates(struct looking *l, const struct config_certificate *c,
                        const struct tls_looked *looked)
{
    int64_t now = clock_unix_ms() / 1000, left = looked->ends - now;
    if (left < 0)
        looking_warn(l,
                     "certificate %.*s: it expired %lld days ago, so clients that verify will not "
                     "send; renew it, then `candor reload`",
                     SLICE_ARG(c->name), (long long)(-left / DAY));
    else if (left < SOON_DAYS * DAY)
        looking_warn(l, "certificate %.*s: it expires in %lld days; renew it, then `candor reload`",
                     SLICE_ARG(c->name), (long long)(left / DAY));
    if (looked->begins > now)
        looking_warn(l,
                     "certificate %.*s: it is not valid yet; look at this machine's clock, or wait "
                     "with using it",
                     SLICE_ARG(c->name));
}

static bool check_certificate(struct looking *l, const struct config_certificate *c)
{
    char host[256], storage[WHY_MAX];
    struct tls_looked looked;
    struct buf why;
    const struct tls_files files = {c->file, c->key};
    buf_init_fixed(&why, storage, sizeof(storage));
    struct tls_context *context = tls_context_new_server(&files, 1, &why);
    tls_context_free(context);
    if (!context) {
        size_t len = why.len && why.at[why.len - 1] == '\n' ? why.len - 1 : why.len;
        looking_refuse(l, "certificate %.*s: %.*s", SLICE_ARG(c->name),
                       SLICE_ARG(slice_head(buf_slice(&why), len)));
        return true;
    }
    if (!slice_cstr(l->config->hostname, host, sizeof(host)) ||
        !tls_look(c->file.at, host, &looked))
        return true;
    check_dates(l, c, &looked);
    return looked.fits;
}

static void check_certificates(struct looking *l)
{
    const struct config *c = l->config;
    bool fits = c->certificate_count == 0;
    for (size_t i = 0; i < c->certificate_count; i++)
        fits = check_certificate(l, &c->certificates[i]) || fits;
    if (!fits)
        looking_warn(l,
                     "certificate: none is for %.*s, the hostname, so clients that verify will not "
                     "send; get one with that name, or change hostname",
                     SLICE_ARG(c->hostname));
}

/* ---- ports ---- */

/* The server itself, with this configuration, has the ports. */
static bool is_running(const struct config *c)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool runs = fd >= 0 && slice_cstr(c->control.path, at.sun_path, sizeof(at.sun_path)) &&
                (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 || errno == EACCES);
    if (fd >= 0)
        close(fd);
    return runs;
}

static void check_port(struct looking *l, struct endpoint e)
{
    struct net_address a;
    char storage[ENDPOINT_TEXT];
    struct buf text;
    net_address_from_bytes(&a, e.ip.family == IP_V4 ? AF_INET : AF_INET6, (const char *)e.ip.bytes,
                           e.port);
    buf_init_fixed(&text, storage, sizeof(storage));
    endpoint_write(&text, e);
    if (net_is_taken(&a))
        looking_refuse(l,
                       "listen: another program listens on %.*s already; `ss -ltnp` shows which: "
                       "stop it, or choose another port",
                       SLICE_ARG(buf_slice(&text)));
}

static void check_ports(struct looking *l)
{
    const struct config *c = l->config;
    if (is_running(c))
        return;
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t k = 0; k < c->listens[i].addresses.count; k++)
            check_port(l, c->listens[i].addresses.at[k]);
    if (c->web.address.ip.family != IP_NONE)
        check_port(l, c->web.address);
}

/* ---- relaying ---- */

static bool is_private(struct cidr net)
{
    static const char *const ranges[] = {"10.0.0.0/8",  "172.16.0.0/12", "192.168.0.0/16",
                                         "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16",
                                         "fc00::/7",    "fe80::/10",     "::1"};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct cidr range;
        const char *what;
        if (cidr_parse(slice_str(ranges[i]), &range, &what) && net.prefix >= range.prefix &&
            cidr_contains(range, net.ip))
            return true;
    }
    return false;
}

/* Larger than what one organisation has: the world may send through us. */
static void check_relay(struct looking *l)
{
    enum { LARGE_V4 = 16, LARGE_V6 = 32 };
    const struct conf_networks *networks = &l->config->relay.networks;
    for (size_t i = 0; i < networks->count; i++) {
        struct cidr net = networks->at[i];
        char storage[IP_TEXT + 8];
        struct buf text;
        if (net.prefix >= (net.ip.family == IP_V4 ? LARGE_V4 : LARGE_V6) || is_private(net))
            continue;
        buf_init_fixed(&text, storage, sizeof(storage));
        cidr_write(&text, net);
        looking_warn(l,
                     "relay: networks has %.*s, so %s may send mail to anywhere through this "
                     "server (an open relay), and blocklists will soon name it; list your own "
                     "networks only, and let people elsewhere log in",
                     SLICE_ARG(buf_slice(&text)),
                     net.prefix ? "a large part of the internet" : "everybody");
    }
}

/* ---- folders ---- */

/* What a delivery would need: the Maildir itself, or the folder that it would be made in. NULL: all
 * is well; else the folder that is the trouble, in `folder`. */
static const char *maildir_trouble(struct slice path, char folder[PATH_MAX])
{
    struct stat there;
    if (!slice_cstr(path, folder, PATH_MAX))
        return "the path is too long";
    if (stat(folder, &there) != 0 && errno == ENOENT) {
        char *slash = strrchr(folder, '/');
        if (slash && slash != folder)
            *slash = '\0';
        if (stat(folder, &there) != 0)
            return strerror(errno);
    }
    if (!S_ISDIR(there.st_mode))
        return "it is no folder";
    return access(folder, W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

static void check_mailboxes(struct looking *l, const struct config_domain *d)
{
    const struct config_mailbox *box;
    size_t at = 0, count = 0;
    while (d->known.mem && (box = name_map_next(&d->known, &at))) {
        char folder[PATH_MAX];
        const char *why = maildir_trouble(box->path, folder);
        if (!why || ++count > MAILBOXES_NAMED)
            continue;
        looking_warn(l,
                     "mailbox %.*s@%.*s: mail could not be written there: %s: %s; make that folder "
                     "and give it to the user that the server runs as",
                     SLICE_ARG(box->local), SLICE_ARG(d->name), folder, why);
    }
    if (count > MAILBOXES_NAMED)
        looking_warn(l, "domain %.*s: the same holds for %zu more mailboxes", SLICE_ARG(d->name),
                     count - MAILBOXES_NAMED);
}

static bool become_user(struct looking *l)
{
    char user[64];
    const char *why = "the name is too long";
    if (!privileges_is_root() || l->config->user.len == 0)
        return true;
    if (slice_cstr(l->config->user, user, sizeof(user)) && privileges_drop(user, &why))
        return true;
    looking_refuse(l, "user: the server can't become %.*s: %s", SLICE_ARG(l->config->user), why);
    return false;
}

void check_look(struct looking *l)
{
    check_certificates(l);
    check_ports(l);
    check_relay(l);
    check_sandbox(l);
    check_dns(l);
    check_lists(l);
    check_tokens(l);
    if (!become_user(l))
        return;
    check_accounts(l);
    for (size_t i = 0; i < l->config->domain_count; i++)
        if (l->config->domains[i].deliver == CONFIG_DELIVER_MAILDIR &&
            l->config->domains[i].write_as == CONFIG_WRITE_AS_USER)
            check_mailboxes(l, &l->config->domains[i]);
}
