/* The smarthost's login. */
#include "system/config_internal.h"

void config_smarthost_check(const struct config_relay *r, const char *name,
                            struct config_problems *p)
{
    bool has_user = r->user.len > 0, has_password = r->password_file.len > 0;
    if (has_user != has_password)
        config_problem_add(p, name, 0,
                           "relay has one of smarthost-user and smarthost-password; a login needs "
                           "both");
    if (has_user && r->smarthost.host.len == 0)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, but no smarthost; right is, for example, "
                           "smarthost = \"smtp.example.net:587\"");
    if (has_user && r->tls < CONFIG_RELAY_TLS_MUST)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, whose password is sent in encrypted "
                           "connections only; right is tls = verify, or must");
}
