#include "receive/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "system/clock.h"
#include "system/pam.h"
#include "system/password.h"

static void on_checked(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    check->done(check);
}

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static enum login_verdict standing_of(const struct password_account *a, enum login_proof proof)
{
    if (!password_is_usable(slice_str(a->hash)))
        return LOGIN_DISABLED;
    if (a->is_scram_only && proof == LOGIN_BY_PASSWORD)
        return LOGIN_TOO_WEAK;
    return proof != LOGIN_BY_OTHER && clock_unix_ms() / DAY_MS >= a->expires_day ? LOGIN_EXPIRED
                                                                                 : LOGIN_RIGHT;
}

enum login_verdict login_standing(const struct login_accounts *accounts, struct slice name,
                                  enum login_proof proof)
{
    if (!accounts->users || accounts->users->count == 0)
        return LOGIN_RIGHT;
    const struct password_account *account = name_map_get(accounts->users, name);
    return account ? standing_of(account, proof) : LOGIN_WRONG;
}

/* On a worker's thread. The hash behind a lock is compared too: a locked account, and a name that
 * is not there, take the time of any other; that it is locked is told to who knows its password. */
static void compare(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    const char *hash = check->account ? check->account->hash : "";
    bool matches = password_matches(hash + strspn(hash, "!*"), check->password);
    check->verdict = LOGIN_WRONG;
    if (matches && check->account && check->is_known)
        check->verdict = standing_of(check->account, LOGIN_BY_PASSWORD);
    check->task.run = on_checked;
    loop_post(check->loop, &check->task);
}

static const struct {
    enum pam_verdict says;
    enum login_verdict verdict;
    const char *away;
} pam_verdicts[] = {
    {PAM_SAYS_RIGHT, LOGIN_RIGHT, NULL},
    {PAM_SAYS_WRONG, LOGIN_WRONG, NULL},
    {PAM_SAYS_EXPIRED, LOGIN_EXPIRED, NULL},
    {PAM_SAYS_DISABLED, LOGIN_DISABLED, NULL},
    {PAM_IS_RESTARTING, LOGIN_AWAY, "the process that asks its modules ended, and is started anew"},
    {PAM_IS_AWAY, LOGIN_AWAY, "its modules can't tell, or did not within 30 seconds"},
};

static void ask_pam(struct task *task)
{
    struct login_check *check = LIST_ITEM(task, struct login_check, task);
    enum pam_verdict says = pam_helper_ask(check->pam, check->name, check->password, check->client);
    for (size_t i = 0; i < sizeof(pam_verdicts) / sizeof(pam_verdicts[0]); i++)
        if (pam_verdicts[i].says == says) {
            check->verdict = pam_verdicts[i].verdict;
            check->away = pam_verdicts[i].away;
        }
    check->task.run = on_checked;
    loop_post(check->loop, &check->task);
}

/* For a name that is not there another's hash does the work, so that the time tells nothing. */
static const struct password_account *account_of(const struct name_map *users, struct slice name,
                                                 bool *is_known_r)
{
    size_t at = 0;
    const struct password_account *account = name_map_get(users, name);
    *is_known_r = account != NULL;
    return account ? account : name_map_next(users, &at);
}

static bool is_usable(const struct login_accounts *accounts, struct slice name)
{
    const struct password_account *account = name_map_get(accounts->users, name);
    return account && password_is_usable(slice_str(account->hash));
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
    check->account =
        accounts->pam ? NULL : account_of(accounts->users, credentials->name, &check->is_known);
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
