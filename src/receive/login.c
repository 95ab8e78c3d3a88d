#include "receive/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "system/pam.h"
#include "system/password.h"

static void on_checked(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    check->done(check);
}

/* On a worker's thread. The hash behind a lock is compared too: a locked account, and a name that
 * is not there, take the time of any other. */
static void compare(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    const char *hash = check->hash ? check->hash : "";
    bool is_usable = password_is_usable(slice_str(hash));
    bool matches = password_matches(hash + strspn(hash, "!*"), check->password);
    check->is_right = matches && is_usable && check->is_known;
    check->task.run = on_checked;
    loop_post(check->loop, &check->task);
}

static void ask_pam(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    enum pam_verdict verdict =
        pam_helper_ask(check->pam, check->name, check->password, check->client);
    check->is_right = verdict == PAM_SAYS_RIGHT;
    check->is_away = verdict == PAM_IS_AWAY;
    check->task.run = on_checked;
    loop_post(check->loop, &check->task);
}

/* For a name that is not there another's hash does the work, so that the time tells nothing. */
static const char *hash_of(const struct name_map *users, struct slice name, bool *is_known_r)
{
    size_t at = 0;
    const struct password_account *account = name_map_get(users, name);
    *is_known_r = account != NULL;
    if (!account)
        account = name_map_next(users, &at);
    return account ? account->hash : NULL;
}

static bool is_usable(const struct login_accounts *accounts, struct slice name)
{
    const struct password_account *account = name_map_get(accounts->users, name);
    return account && password_is_usable(slice_str(account->hash));
}

bool login_is_allowed(const struct login_accounts *accounts, struct slice name)
{
    return !accounts->users || accounts->users->count == 0 || is_usable(accounts, name);
}

struct slice login_certified(const struct login_accounts *accounts, struct slice addresses)
{
    struct slice address;
    while (slice_line(&addresses, &address))
        if (is_usable(accounts, address))
            return address;
    return SLICE("");
}

bool login_verifier(const struct login_accounts *accounts, struct slice name, struct verifier *v_r)
{
    const struct password_account *account = name_map_get(accounts->users, name);
    struct verifier pretended;
    if (!scram_pretend(accounts->secret, name, &pretended))
        return false;
    if (!account || !verifier_read(account->verifier, v_r))
        *v_r = pretended;
    else if (!password_is_usable(slice_str(account->hash)))
        memcpy(v_r->stored_key, pretended.stored_key, sizeof(v_r->stored_key));
    return true;
}

struct login_check *login_check_begin(const struct login_accounts *accounts, struct loop *loop,
                                      const struct sasl_credentials *credentials,
                                      struct slice client, void (*done)(struct login_check *check),
                                      void *ctx, uint32_t ticket)
{
    struct login_check *check = calloc(1, sizeof(*check));
    if (!check)
        return NULL;
    if (!slice_cstr(client, check->client, sizeof(check->client)) ||
        !slice_cstr(credentials->name, check->name, sizeof(check->name)) ||
        !slice_cstr(credentials->password, check->password, sizeof(check->password))) {
        login_check_free(&check);
        return NULL;
    }
    check->task.run = accounts->pam ? ask_pam : compare;
    check->pam = accounts->pam;
    check->loop = loop;
    check->hash =
        accounts->pam ? NULL : hash_of(accounts->users, credentials->name, &check->is_known);
    check->done = done;
    check->ctx = ctx;
    check->ticket = ticket;
    workers_post(accounts->workers, &check->task);
    return check;
}

void login_check_free(struct login_check **check)
{
    if (*check) {
        explicit_bzero((*check)->password, sizeof((*check)->password));
        free(*check);
    }
    *check = NULL;
}
