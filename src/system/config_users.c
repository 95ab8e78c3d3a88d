#include <sys/random.h>
#include <sys/stat.h>

#include "base/https_url.h"
#include "base/verifier.h"
#include "system/config_internal.h"
#include "system/file.h"
#include "system/heap.h"
#include "system/password.h"

/* A line is name:hash, or name:hash:verifier. What else follows a second colon is not looked at.
 * `#` in front is a comment. */

enum { USERS_FILE_MAX = 32 * 1024 * 1024, USER_MAX = 255 };

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
            return false;
    return s.len > 0 && s.len <= USER_MAX;
}

/* NULL without memory. */
static struct password_account *keep(struct arena *arena, struct slice hash, struct slice verifier)
{
    struct slice copy;
    struct password_account *account = arena_take(arena, sizeof(*account));
    if (!account || !arena_dup(arena, hash, &copy) ||
        !arena_dup(arena, verifier, &account->verifier))
        return NULL;
    account->hash = copy.at;
    return account;
}

static void put(struct config_login *l, struct slice name, struct slice hash, struct slice verifier,
                struct arena *arena, unsigned number, struct config_problems *p)
{
    struct slice copy;
    struct password_account *account = keep(arena, hash, verifier);
    if (!account || !arena_dup(arena, name, &copy) || !name_map_put(&l->known, copy, account))
        config_problem_add(p, l->users.at, number, "there is no memory left for it");
    if (verifier.len == 0 && password_is_usable(hash))
        l->has_verifiers = false;
}

static void add(struct config_login *l, struct slice line, unsigned number, struct arena *arena,
                struct config_problems *p)
{
    struct slice name, hash;
    struct verifier v;
    const char *file = l->users.at;
    if (!slice_split(&line, ':', &name) || !slice_split(&line, ':', &hash) || !is_name(name) ||
        hash.len == 0)
        config_problem_add(
            p, file, number,
            "this is no account; right is name:hash, as `candor user add` writes it");
    else if (name_map_get(&l->known, name))
        config_problem_add(p, file, number, "%.*s stands there twice", SLICE_ARG(name));
    else if (verifier_is_meant(line) && !verifier_read(line, &v))
        config_problem_add(p, file, number,
                           "the verifier of %.*s for SCRAM can't be used; `candor user passwd "
                           "%.*s` writes a new one",
                           SLICE_ARG(name), SLICE_ARG(name));
    else
        put(l, name, hash, verifier_is_meant(line) ? line : SLICE(""), arena, number, p);
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
