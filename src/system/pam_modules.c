/* What the modules say, by libpam. */
#include <limits.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "system/pam.h"

struct said {
    const char *name;
    const char *password;
};

/* What is asked in secret is the password, anything else the name; what modules tell is for nobody
 * here. */
static int answer_one(const struct pam_message *message, const struct said *said, char **answer_r)
{
    *answer_r = NULL;
    if (message->msg_style == PAM_PROMPT_ECHO_OFF)
        *answer_r = strdup(said->password);
    else if (message->msg_style == PAM_PROMPT_ECHO_ON)
        *answer_r = strdup(said->name);
    else
        return PAM_SUCCESS;
    return *answer_r ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* The answers are libpam's to free; after a failure it does not look at them. */
static int converse(int count, const struct pam_message **messages, struct pam_response **answers_r,
                    void *ctx)
{
    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    struct pam_response *answers = calloc((size_t)count, sizeof(*answers));
    int status = answers ? PAM_SUCCESS : PAM_BUF_ERR;
    for (int i = 0; i < count && status == PAM_SUCCESS; i++)
        status = answer_one(messages[i], ctx, &answers[i].resp);
    if (status == PAM_SUCCESS) {
        *answers_r = answers;
        return status;
    }
    for (int i = 0; answers && i < count; i++)
        free(answers[i].resp);
    free(answers);
    return status;
}

/* The server keeps wrong answers back by itself, all of them equally. */
static void no_delay(int status, unsigned microseconds, void *ctx)
{
    (void)status;
    (void)microseconds;
    (void)ctx;
}

/* What a status means while the password is judged, and once it was found right. An account that
 * its operator has to help (PAM_AUTHTOK_EXPIRED: too late to change the password) is disabled. */
static const struct {
    int status;
    enum pam_verdict before, after;
} verdicts[] = {
    {PAM_SUCCESS, PAM_SAYS_RIGHT, PAM_SAYS_RIGHT},
    {PAM_AUTH_ERR, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_USER_UNKNOWN, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_MAXTRIES, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_PERM_DENIED, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_ACCT_EXPIRED, PAM_SAYS_WRONG, PAM_SAYS_DISABLED},
    {PAM_CRED_ERR, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_NEW_AUTHTOK_REQD, PAM_SAYS_WRONG, PAM_SAYS_EXPIRED},
    {PAM_IGNORE, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
    {PAM_AUTHTOK_EXPIRED, PAM_SAYS_WRONG, PAM_SAYS_DISABLED},
    /* all that pam_exec(8) can say; who could guess without being counted would go on for ever */
    {PAM_SYSTEM_ERR, PAM_SAYS_WRONG, PAM_SAYS_WRONG},
};

/* What is not known is no word on the password: a module is missing, a database is away. */
static enum pam_verdict verdict_of(int status, bool is_after)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
        if (verdicts[i].status == status)
            return is_after ? verdicts[i].after : verdicts[i].before;
    return PAM_IS_AWAY;
}

/* A service elsewhere has all that it includes there, too. */
static int begin(const char *service, const char *name, const struct pam_conv *conv,
                 pam_handle_t **pam_r)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(service, '/');
    if (!slash || !slice_cstr(slice_of(service, (size_t)(slash - service)), folder, sizeof(folder)))
        return PAM_ABORT;
    if (strcmp(folder, "/etc/pam.d") == 0)
        return pam_start(slash + 1, name, conv, pam_r);
    return pam_start_confdir(slash + 1, name, conv, folder, pam_r);
}

/* libpam takes items as void, functions too. */
static const void *as_item(void (*delay)(int status, unsigned microseconds, void *ctx))
{
    const void *item;
    memcpy(&item, &delay, sizeof(item));
    return item;
}

enum pam_verdict pam_modules_ask(const char *service, const char *name, const char *password,
                                 const char *client)
{
    struct said said = {name, password};
    const struct pam_conv conv = {converse, &said};
    pam_handle_t *pam = NULL;
    int status = begin(service, name, &conv, &pam);
    if (status == PAM_SUCCESS)
        status = pam_set_item(pam, PAM_RHOST, client);
    if (status == PAM_SUCCESS)
        status = pam_set_item(pam, PAM_FAIL_DELAY, as_item(no_delay));
    if (status == PAM_SUCCESS)
        status = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    bool is_right = status == PAM_SUCCESS;
    if (is_right)
        status = pam_acct_mgmt(pam, PAM_SILENT);
    if (pam)
        (void)pam_end(pam, status);
    return verdict_of(status, is_right);
}
