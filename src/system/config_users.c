#include <sys/random.h>
#include <sys/stat.h>

#include "base/https_url.h"
#include "system/account.h"
#include "system/config_internal.h"
#include "system/file.h"
#include "system/heap.h"
#include "system/password.h"

/* A line is name:hash, with what account.h reads behind it. `#` in front is a comment. */

enum { USERS_FILE_MAX = 32 * 1024 * 1024, USER_MAX = 255 };

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
            return false;
    return s.len > 0 && s.len <= USER_MAX;
}

/* It is kept as a string, so a NUL would end it before its end. */
static bool is_hash(struct slice s)
{
    return s.len > 0 && slice_find(s, '\0', 0) == SLICE_NONE;
}

/* NULL without memory. */
static struct password_account *keep(struct arena *arena, const struct account *read)
{
    struct slice hash;
    struct password_account *account = arena_take(arena, sizeof(*account));
    if (!account || !arena_dup(arena, read->hash, &hash) ||
        !arena_dup(arena, read->verifier, &account->verifier))
        return NULL;
    account->hash = hash.at;
    account->expires_day = read->expires_day;
    account->is_scram_only = read->is_scram_only;
    return account;
}

static void wipe(const char *at, size_t len)
{
    if (len)
        explicit_bzero((void *)(uintptr_t)at, len); /* it is ours, in the arena */
}

void config_forget_accounts(struct config *c)
{
    struct name_map *known = &c->login.known;
    const struct password_account *account;
    for (size_t at = 0; known->mem && (account = name_map_next(known, &at));) {
        wipe(account->hash, strlen(account->hash));
        wipe(account->verifier.at, account->verifier.len);
    }
    if (known->mem)
        name_map_free(known);
}

static void put(struct config_login *l, struct slice name, const struct account *read,
                struct arena *arena, unsigned number, struct config_problems *p)
{
    struct slice copy;
    struct password_account *account = keep(arena, read);
    if (!account || !arena_dup(arena, name, &copy) || !name_map_put(&l->known, copy, account))
        config_problem_add(p, l->users.at, number, "there is no memory left for it");
    if (read->verifier.len == 0 && password_is_usable(read->hash))
        l->has_verifiers = false;
}

static void add(struct config_login *l, struct slice line, unsigned number, struct arena *arena,
                struct config_problems *p)
{
    struct slice name = SLICE("");
    struct account read;
    const char *file = l->users.at;
    (void)slice_split(&line, ':', &name);
    const char *wrong = account_read(line, &read);
    if (!is_name(name) || !is_hash(read.hash))
        config_problem_add(
            p, file, number,
            "this is no account; right is name:hash, as `candor user add` writes it");
    else if (wrong)
        config_problem_add(p, file, number, "%.*s: %s", SLICE_ARG(name), wrong);
    else if (name_map_get(&l->known, name))
        config_problem_add(p, file, number, "%.*s stands there twice", SLICE_ARG(name));
    else
        put(l, name, &read, arena, number, p);
}

/* The hashes can be guessed at by whoever has them. */
static void check_rights(const struct config_login *l, struct config_problems *p)
{
    struct stat about;
    if (stat(l->users.at, &about) == 0 && (about.st_mode & S_IROTH))
        config_problem_add(p, l->users.at, 0,
                           "everybody may read the hashes of the passwords; chmod 600 %s",
                           l->users.at);
}

static void check_tokens(const struct config_tokens *t, const char *name, struct config_problems *p)
{
    struct https_url at;
    if (t->url.len > 0 && !https_url_read(t->url, &at))
        config_problem_add(p, name, 0,
                           "login has tokens = \"%.*s\", which is no address to ask at; right is, "
                           "for example, \"https://login.example.org/oauth2/introspect\"",
                           SLICE_ARG(t->url));
    if ((t->user.len > 0) != (t->password_file.len > 0))
        config_problem_add(p, name, 0,
                           "login has tokens-user without tokens-password, or the other way round; "
                           "right are both, or none if that server lets everybody ask");
    if (t->url.len == 0 && (t->user.len > 0 || t->scope.len > 0 || t->authorities.len > 0))
        config_problem_add(p, name, 0,
                           "login says how to ask about tokens, but not where; right is, for "
                           "example, tokens = \"https://login.example.org/oauth2/introspect\"");
}

void config_login_check(const struct config_login *l, const char *name, struct config_problems *p)
{
    const struct {
        const char *name;
        struct slice value;
    } sources[] = {{"users", l->users}, {"dovecot", l->dovecot}, {"pam", l->pam}};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (sources[i].value.len == 0)
            continue;
        if (first)
            config_problem_add(p, name, 0,
                               "login has both %s and %s; right is one of them, so that each "
                               "account stands in one place",
                               first, sources[i].name);
        first = sources[i].name;
    }
    check_tokens(&l->tokens, name, p);
    if (l->certificates.len > 0 && l->users.len == 0)
        config_problem_add(p, name, 0,
                           "login has certificates, but no users, whose names they would bear; "
                           "right is, for example, users = \"/etc/candor/users\" beside it");
}

void config_users_parse(struct config_login *l, struct slice text, struct arena *arena,
                        struct config_problems *p)
{
    struct slice line;
    unsigned number = 0;
    while (slice_line(&text, &line)) {
        number++;
        line = slice_trim(line);
        if (line.len > 0 && line.at[0] != '#')
            add(l, line, number, arena, p);
    }
}

void config_users_read(struct config_login *l, struct arena *arena, struct config_problems *p)
{
    struct hash_key key = {0};
    struct buf text;
    const char *why;
    if (l->users.len == 0)
        return;
    (void)!getrandom(&key, sizeof(key), 0);
    name_map_init(&l->known, &heap, key);
    l->has_verifiers = true;
    check_rights(l, p);
    buf_init(&text, &heap, USERS_FILE_MAX + 8192);
    if (!file_read(l->users.at, USERS_FILE_MAX, &text, &why))
        config_problem_add(p, l->users.at, 0, "the accounts can't be read: %s", why);
    config_users_parse(l, buf_slice(&text), arena, p);
    file_forget(&text);
}
