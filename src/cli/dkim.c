/* candor dkim: makes a key for DKIM signatures and says what to publish. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "cli/command.h"
#include "crypto/key.h"
#include "mail/address.h"
#include "system/config.h"
#include "system/file.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor dkim new DOMAIN [OPTION]\n"
    "       candor dkim show DOMAIN --selector SELECTOR [OPTION]\n"
    "\n"
    "  new   makes a private key, and prints the DNS record to publish and what the\n"
    "        configuration needs\n"
    "  show  prints the same for a key that is there\n"
    "\n"
    "  -s, --selector SELECTOR  the key's name; when not given, its type and this month\n"
    "  -t, --type rsa|ed25519   rsa (2048 bits) when not given: every receiver knows it\n"
    "  -k, --key FILE           where the key lies; else " CONFIG_DKIM_KEY ",\n"
    "                           %d the domain, %s the selector\n"
    "  -h, --help               print this\n"
    "\n"
    "A server signs with it after the record is published, the configuration names the\n"
    "selector, and the server was started again.\n";

enum { PATH_BYTES = 4096, PEM_MAX = 64 * 1024, PUBLIC_MAX = 4096, TXT_PART = 255 };

struct request {
    struct config_dkim section;
    struct slice selector;
    enum key_type type;
    char name[32]; /* of a selector that was not given */
    char path[PATH_BYTES];
};

static const struct {
    const char *name;
    enum key_type type;
} types[] = {{"rsa", KEY_RSA}, {"ed25519", KEY_ED25519}};

static bool complain(const char *about, const char *what)
{
    fprintf(stderr, "candor dkim: %s: %s\n", about, what);
    return false;
}

static bool find_type(const char *name, enum key_type *type_r)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, name) == 0) {
            *type_r = types[i].type;
            return true;
        }
    return complain(name, "there is no such type of key; right is rsa or ed25519");
}

/* The two folders that a key of ours usually lies in; a mistyped path grows no tree. */
static void make_folders(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    *slash = '\0';
    char *upper = strrchr(path, '/');
    if (upper && upper != path) {
        *upper = '\0';
        (void)!mkdir(path, 0700);
        *upper = '/';
    }
    (void)!mkdir(path, 0700);
    *slash = '/';
}

static bool write_new_file(const char *path, struct slice text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return complain(path, errno == EEXIST ? "there is such a key already; choose another "
                                                "selector, and keep the old one until nobody "
                                                "verifies with it any more"
                                              : strerror(errno));
    bool good = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        complain(path, strerror(errno));
        unlink(path);
        return false;
    }
    return true;
}

static struct key *make_key(struct request *r)
{
    struct buf pem;
    struct key *key = key_new(r->type, KEY_RSA_BITS);
    buf_init(&pem, &heap, PEM_MAX);
    make_folders(r->path);
    bool good = key && key_write(key, &pem);
    if (!good)
        complain(r->path, "no key can be made");
    good = good && write_new_file(r->path, buf_slice(&pem));
    if (pem.at)
        explicit_bzero(pem.at, pem.size);
    buf_free(&pem);
    if (good)
        return key;
    key_free(key);
    return NULL;
}

static struct key *read_key(struct request *r)
{
    struct buf pem;
    const char *why;
    struct key *key = NULL;
    buf_init(&pem, &heap, PEM_MAX + 8192);
    if (file_read(r->path, PEM_MAX, &pem, &why))
        key = key_read(buf_slice(&pem), &why);
    if (!key)
        complain(r->path, why);
    if (pem.at)
        explicit_bzero(pem.at, pem.size);
    buf_free(&pem);
    return key;
}

/* RFC 6376 3.6.1, in the words of a zone file; a string of it holds 255 bytes (RFC 1035 3.3). */
static bool print_record(const struct request *r, const struct key *key)
{
    char bytes[PUBLIC_MAX], text[2 * PUBLIC_MAX];
    struct buf published, record;
    buf_init_fixed(&published, bytes, sizeof(bytes));
    buf_init_fixed(&record, text, sizeof(text));
    bool good = key_write_public(key, &published);
    buf_addf(&record, "v=DKIM1; k=%s; p=", key_type(key) == KEY_RSA ? "rsa" : "ed25519");
    base64_write(&record, buf_slice(&published));
    if (!good || record.failed)
        return complain(r->path, "its public half can't be written");
    printf("%.*s._domainkey.%.*s. IN TXT (", SLICE_ARG(r->selector), SLICE_ARG(r->section.domain));
    for (struct slice rest = buf_slice(&record); rest.len; rest = slice_from(rest, TXT_PART))
        printf(" \"%.*s\"", SLICE_ARG(slice_head(rest, TXT_PART)));
    puts(" )");
    return true;
}

static bool is_usual_place(const struct request *r)
{
    return slice_eq(r->section.key, SLICE(CONFIG_DKIM_KEY));
}

static int run(struct request *r, bool is_new)
{
    struct key *key = is_new ? make_key(r) : read_key(r);
    if (!key)
        return is_new ? EX_CANTCREAT : EX_NOINPUT;
    if (is_new)
        printf("The private key is in %s. Publish this record:\n\n", r->path);
    bool good = print_record(r, key);
    if (good && is_new) {
        printf("\nThen sign with it, in the configuration:\n\n"
               "dkim \"%.*s\" { selector = \"%.*s\"",
               SLICE_ARG(r->section.domain), SLICE_ARG(r->selector));
        if (!is_usual_place(r))
            printf("  key = \"%.*s\"", SLICE_ARG(r->section.key));
        puts(" }");
    }
    key_free(key);
    return good ? EX_OK : EX_SOFTWARE;
}

/* A name that tells keys apart when they are changed, as they should be now and then. */
static struct slice usual_selector(enum key_type type, char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;
    if (!gmtime_r(&now, &tm))
        return SLICE("candor");
    return slice_of(text, type == KEY_RSA ? strftime(text, size, "rsa%Y%m", &tm)
                                          : strftime(text, size, "ed%Y%m", &tm));
}

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && s.at[i] != '-' && s.at[i] != '_' && s.at[i] != '.')
            return false;
    return s.len > 0 && s.len <= ADDRESS_DOMAIN_MAX && domain_is_valid(s);
}

static int start(struct request *r, const char *verb, const char *selector, const char *key)
{
    struct buf path;
    bool is_new = strcmp(verb, "new") == 0;
    if (!is_new && (strcmp(verb, "show") != 0 || (!selector && !key)))
        return fputs(usage, stderr), EX_USAGE;
    r->selector =
        selector ? slice_str(selector) : usual_selector(r->type, r->name, sizeof(r->name));
    r->section.key = slice_str(key ? key : CONFIG_DKIM_KEY);
    if (!is_name(r->section.domain) || !is_name(r->selector)) {
        complain(is_name(r->section.domain) ? selector : r->section.domain.at,
                 "this is no name for the DNS; right is, for example, example.org, and for a "
                 "selector rsa202601");
        return EX_USAGE;
    }
    buf_init_fixed(&path, r->path, sizeof(r->path));
    config_dkim_path(&r->section, r->selector, &path);
    buf_add_char(&path, '\0');
    if (path.failed)
        return complain(r->section.key.at, "this path is too long"), EX_USAGE;
    return run(r, is_new);
}

int cmd_dkim(int argc, char **argv)
{
    static const struct option options[] = {
        {"selector", required_argument, NULL, 's'},
        {"type", required_argument, NULL, 't'},
        {"key", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request r = {.type = KEY_RSA};
    const char *selector = NULL, *key = NULL;
    for (int option; (option = getopt_long(argc, argv, "s:t:k:h", options, NULL)) != -1;) {
        if (option == 's')
            selector = optarg;
        else if (option == 'k')
            key = optarg;
        else if (option != 't')
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
        else if (!find_type(optarg, &r.type))
            return EX_USAGE;
    }
    if (argc - optind != 2)
        return fputs(usage, stderr), EX_USAGE;
    r.section.domain = slice_str(argv[optind + 1]);
    return start(&r, argv[optind], selector, key);
}
