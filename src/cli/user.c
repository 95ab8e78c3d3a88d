/* candor user: the accounts of people who may log in. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "auth/scram.h"
#include "cli/command.h"
#include "system/account.h"
#include "system/clock.h"
#include "system/config.h"
#include "system/heap.h"
#include "system/password.h"

static const char usage[] =
    "usage: candor user add|passwd|expire|disable|enable|scram-only|any-login|remove NAME "
    "[OPTION]\n"
    "       candor user list [OPTION]\n"
    "\n"
    "  add         a new account; its password is asked for, or the first line of standard input\n"
    "  passwd      a new password\n"
    "  expire      its password has to be changed before it can log in again (432 4.7.12)\n"
    "  disable     nobody can log in with it; enable lets them again, with the same password\n"
    "  scram-only  its password must not be sent, only proven (534 5.7.9); any-login lets it "
    "again\n"
    "  remove      forgets it\n"
    "  list        all accounts, and what keeps them from logging in\n"
    "\n"
    "  -d, --date DAY     for expire: from that day on (2026-12-31, UTC); else from today\n"
    "  -f, --file FILE    the accounts; else those that the configuration names\n"
    "  -c, --config FILE  the configuration; " CONFIG_FILE " when not given\n"
    "  -h, --help         print this\n"
    "\n"
    "A running server knows of a change after a restart.\n";

enum {
    FILE_MAX = 32 * 1024 * 1024,
    PASSWORD_MAX = 256,
    HASHES_MAX = 4096,
    PATH_BYTES = 4096,
    DAY_TEXT = 32
};

/* What becomes of the line of the account, whose hash and what follows it is `hash`; false ends
 * all, and was said. `day`: of expire. */
typedef bool change(const char *name, struct slice hash, const char *day, struct buf *out);

static bool complain(const char *name, const char *what)
{
    fprintf(stderr, "candor user: %s: %s\n", name, what);
    return false;
}

static void write_line(struct buf *out, const char *name, struct slice hash)
{
    buf_addf(out, "%s:%.*s\n", name, SLICE_ARG(hash));
}

static bool read_line(const char *prompt, char *line, int size)
{
    struct termios shown, hidden;
    bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fputs(prompt, stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool good = fgets(line, size, stdin) != NULL;
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    line[good ? strcspn(line, "\r\n") : 0] = '\0';
    return good;
}

static bool is_asked_twice(const char *password)
{
    char again[PASSWORD_MAX];
    if (!isatty(STDIN_FILENO))
        return true;
    bool same = read_line("Again: ", again, sizeof(again)) && strcmp(again, password) == 0;
    explicit_bzero(again, sizeof(again));
    return same;
}

/* The hash of crypt(5) for PLAIN and LOGIN, and the verifier for SCRAM. */
static bool add_hashes(const char *password, struct buf *out)
{
    char salt[SCRAM_SALT];
    struct scram_keys keys;
    bool good =
        password_hash(password, out) && getrandom(salt, sizeof(salt), 0) == (ssize_t)sizeof(salt) &&
        scram_derive(slice_str(password), slice_of(salt, sizeof(salt)), SCRAM_ITERATIONS, &keys);
    buf_add_char(out, ':');
    if (good)
        verifier_write(out, &keys.verifier);
    explicit_bzero(&keys, sizeof(keys));
    return good && !out->failed;
}

static bool is_there(const char *name, struct slice hash)
{
    return hash.len > 0 || complain(name, "there is no such account; `candor user list` shows all");
}

/* A password that is new has not expired. */
static void add_terms(struct slice hash, struct buf *out)
{
    struct slice term, terms = account_terms(hash);
    while (slice_split(&terms, ':', &term))
        if (!slice_starts(term, SLICE(ACCOUNT_EXPIRES)))
            buf_addf(out, ":%.*s", SLICE_ARG(term));
}

static bool add_with_password(const char *name, struct slice before, struct buf *out)
{
    char password[PASSWORD_MAX];
    struct buf hash;
    bool good = false;
    buf_init(&hash, &heap, HASHES_MAX);
    if (!read_line("Password: ", password, sizeof(password)) || !*password)
        complain(name, "a password must not be empty; nothing was changed");
    else if (!is_asked_twice(password))
        complain(name, "the two passwords differ; nothing was changed");
    else if (!add_hashes(password, &hash))
        complain(name, "the password can't be hashed; nothing was changed");
    else
        good = true;
    explicit_bzero(password, sizeof(password));
    add_terms(before, &hash);
    if (good)
        write_line(out, name, buf_slice(&hash));
    buf_free(&hash);
    return good;
}

static bool change_add(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    if (hash.len > 0)
        return complain(name, "there is such an account already; `candor user passwd` changes it");
    return add_with_password(name, hash, out);
}

static bool change_passwd(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    return is_there(name, hash) && add_with_password(name, hash, out);
}

/* The account with this term and no other that begins so; NULL: with none. */
static bool set_term(const char *name, struct slice hash, const char *begin, const char *term,
                     struct buf *out)
{
    if (!is_there(name, hash))
        return false;
    buf_addf(out, "%s:", name);
    account_add_without(out, hash, slice_str(begin));
    if (term)
        buf_addf(out, ":%s", term);
    buf_add_char(out, '\n');
    return true;
}

static bool change_expire(const char *name, struct slice hash, const char *day, struct buf *out)
{
    char term[sizeof(ACCOUNT_EXPIRES) + DAY_TEXT], digits[DAY_TEXT];
    struct account read;
    struct tm today;
    time_t now = (time_t)(clock_unix_ms() / 1000);
    if (!day && (!gmtime_r(&now, &today) || !strftime(digits, sizeof(digits), "%Y-%m-%d", &today)))
        return complain(name, "the clock shows no day");
    (void)snprintf(term, sizeof(term), "%s%s", ACCOUNT_EXPIRES, day ? day : digits);
    char line[sizeof(term) + 2];
    (void)snprintf(line, sizeof(line), "x:%s", term);
    if (account_read(slice_str(line), &read))
        return complain(day ? day : digits, "this is no day; right is, for example, 2026-12-31");
    return set_term(name, hash, ACCOUNT_EXPIRES, term, out);
}

static bool change_scram_only(const char *name, struct slice hash, const char *day, struct buf *out)
{
    struct account read;
    (void)day;
    if (hash.len > 0 && !account_read(hash, &read) && read.verifier.len == 0)
        return complain(name, "it has no verifier for SCRAM; `candor user passwd` writes one");
    return set_term(name, hash, ACCOUNT_SCRAM_ONLY, ACCOUNT_SCRAM_ONLY, out);
}

static bool change_any_login(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    return set_term(name, hash, ACCOUNT_SCRAM_ONLY, NULL, out);
}

static bool change_disable(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    if (!is_there(name, hash))
        return false;
    buf_addf(out, "%s:%s%.*s\n", name, password_is_usable(hash) ? "!" : "", SLICE_ARG(hash));
    return true;
}

static bool change_enable(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    if (!is_there(name, hash))
        return false;
    write_line(out, name, hash.at[0] == '!' ? slice_from(hash, 1) : hash);
    return true;
}

static bool change_remove(const char *name, struct slice hash, const char *day, struct buf *out)
{
    (void)day;
    (void)out;
    return is_there(name, hash);
}

static const struct verb {
    const char *name;
    change *change;
    const char *done;
} verbs[] = {
    {"add", change_add, "added"},
    {"passwd", change_passwd, "has a new password"},
    {"expire", change_expire, "has to have its password changed"},
    {"disable", change_disable, "disabled"},
    {"enable", change_enable, "enabled"},
    {"scram-only", change_scram_only, "logs in by SCRAM only"},
    {"any-login", change_any_login, "may send its password"},
    {"remove", change_remove, "removed"},
    {"list", NULL, NULL},
};

static bool write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t sent = write(fd, text.at, text.len);
        if (sent < 0 && errno != EINTR)
            return false;
        text = slice_from(text, sent > 0 ? (size_t)sent : 0);
    }
    return fsync(fd) == 0;
}

/* A new file in the place of the old one, so that no reader sees half of it. */
static bool replace(const char *file, struct slice text)
{
    char temporary[PATH_BYTES + sizeof(".XXXXXX")];
    struct stat before;
    bool is_there = stat(file, &before) == 0;
    if (strlen(file) >= PATH_BYTES)
        return complain(file, "this path is too long");
    memcpy(temporary, file, strlen(file));
    memcpy(temporary + strlen(file), ".XXXXXX", sizeof(".XXXXXX"));
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return complain(file, strerror(errno));
    bool good = !is_there || (fchmod(fd, before.st_mode & 07777 & ~(mode_t)S_IRWXO) == 0 &&
                              fchown(fd, before.st_uid, before.st_gid) == 0);
    good = good && write_all(fd, text) && rename(temporary, file) == 0;
    if (!good) {
        complain(file, strerror(errno));
        unlink(temporary);
    }
    close(fd);
    return good;
}

static bool read_file(const char *file, struct buf *text)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return errno == ENOENT || complain(file, strerror(errno));
    char *at;
    size_t got;
    while ((at = buf_reserve(text, PATH_BYTES)) && (got = fread(at, 1, PATH_BYTES, f)) > 0)
        text->len += got;
    bool good = !ferror(f) && !text->failed;
    fclose(f);
    return good || complain(file, text->failed ? "it is too large" : strerror(errno));
}

static bool is_line_of(struct slice line, const char *name, struct slice *hash_r)
{
    struct slice found;
    bool is_its = slice_split(&line, ':', &found) && slice_ieq(found, slice_str(name));
    *hash_r = line;
    return is_its && line.len > 0;
}

/* All lines but that of the account stay as they are. */
static bool apply(const struct verb *verb, const char *name, const char *day, struct slice text,
                  struct buf *out)
{
    struct slice line, hash = SLICE(""), found;
    while (slice_line(&text, &line)) {
        if (is_line_of(line, name, &found)) {
            hash = found;
        } else {
            buf_add(out, line);
            buf_add_char(out, '\n');
        }
    }
    return verb->change(name, hash, day, out) && !out->failed;
}

static int run_change(const struct verb *verb, const char *file, const char *name, const char *day)
{
    struct buf text, out;
    buf_init(&text, &heap, FILE_MAX);
    buf_init(&out, &heap, FILE_MAX + PATH_BYTES);
    bool good = read_file(file, &text) && apply(verb, name, day, buf_slice(&text), &out) &&
                replace(file, buf_slice(&out));
    if (good)
        printf("%s %s.\n", name, verb->done);
    buf_free(&text);
    buf_free(&out);
    return good ? EX_OK : EX_CANTCREAT;
}

static void print_account(struct slice name, const struct account *a)
{
    printf("%.*s", SLICE_ARG(name));
    if (!password_is_usable(a->hash))
        fputs("  (disabled)", stdout);
    if (a->verifier.len == 0)
        fputs("  (no SCRAM until `candor user passwd`)", stdout);
    if (a->is_scram_only)
        fputs("  (SCRAM only)", stdout);
    if (a->expires.len > 0)
        printf("  (password expires %.*s)", SLICE_ARG(a->expires));
    putchar('\n');
}

static int run_list(const char *file)
{
    struct buf text;
    struct account a;
    buf_init(&text, &heap, FILE_MAX);
    bool good = read_file(file, &text);
    struct slice rest = buf_slice(&text), line, name;
    while (slice_line(&rest, &line))
        if (line.len > 0 && line.at[0] != '#' && slice_split(&line, ':', &name)) {
            const char *wrong = account_read(line, &a);
            if (a.hash.len > 0)
                print_account(name, &a);
            if (wrong)
                fprintf(stderr, "candor user: %.*s: %s\n", SLICE_ARG(name), wrong);
        }
    buf_free(&text);
    return good ? EX_OK : EX_NOINPUT;
}

/* The file that the configuration names, into `path`. */
static bool find_file(const char *config, char path[PATH_BYTES])
{
    struct config_problems problems;
    struct buf text;
    const char *why = "it names no accounts; right is login { users = \"/etc/candor/users\" }";
    buf_init(&text, &heap, FILE_MAX);
    config_problems_init(&problems);
    struct config *c =
        read_file(config, &text) ? config_parse(buf_slice(&text), config, &problems) : NULL;
    bool good = c && c->login.users.len > 0 && slice_cstr(c->login.users, path, PATH_BYTES);
    if (!good)
        complain(config, c ? why : "it can't be used; `candor check` says why, or give --file");
    config_free(&c);
    config_problems_free(&problems);
    buf_free(&text);
    return good;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == ':' || *at == 0x7f)
            return false;
    return *name && *name != '#' && strlen(name) < PASSWORD_MAX;
}

static int run(int argc, char **argv, const char *file, const char *config, const char *day)
{
    char path[PATH_BYTES];
    const struct verb *verb = argc > 0 ? find_verb(argv[0]) : NULL;
    if (!verb || argc != (verb->change ? 2 : 1) || (day && verb->change != change_expire))
        return fputs(usage, stderr), EX_USAGE;
    if (verb->change && !is_name(argv[1])) {
        complain(argv[1], "that is no name for an account; right is, for example, alice or "
                          "alice@example.org");
        return EX_USAGE;
    }
    if (!file && !find_file(config, path))
        return EX_CONFIG;
    file = file ? file : path;
    return verb->change ? run_change(verb, file, argv[1], day) : run_list(file);
}

int cmd_user(int argc, char **argv)
{
    static const struct option options[] = {
        {"date", required_argument, NULL, 'd'},
        {"file", required_argument, NULL, 'f'},
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = NULL, *config = CONFIG_FILE, *day = NULL;
    for (int option; (option = getopt_long(argc, argv, "d:f:c:h", options, NULL)) != -1;) {
        if (option == 'd')
            day = optarg;
        else if (option == 'f')
            file = optarg;
        else if (option == 'c')
            config = optarg;
        else
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
    }
    return run(argc - optind, argv + optind, file, config, day);
}
