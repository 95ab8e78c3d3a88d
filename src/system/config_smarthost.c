/* The smarthost's login. */
#include "system/config_internal.h"

void config_smarthost_check(const struct config_relay *r, const char *name,
                            struct config_problems *p)
{
    bool has_user = r->user.len > 0, has_token = r->token_file.len > 0;
    bool has_secret = r->password_file.len > 0 || has_token;
    if (has_user != has_secret)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user without a smarthost-password or "
                           "smarthost-token, or the other way round; a login needs both");
    if (r->password_file.len > 0 && has_token)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-password and a smarthost-token; which one is it "
                           "to log in with?");
    if (has_user && r->smarthost.host.len == 0)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, but no smarthost; right is, for example, "
                           "smarthost = \"smtp.example.net:587\"");
    if (has_user && r->tls < CONFIG_RELAY_TLS_MUST)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, whose password is sent in encrypted "
                           "connections only; right is tls = verify, or must");
}
