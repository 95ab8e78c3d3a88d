/* Reverse paths that this server makes: what holds between the keys. */
#include "system/config_internal.h"

void config_reverse_path_check(const struct config *c, const char *name, struct config_problems *p)
{
    const struct config_reverse_path *r = &c->reverse_path;
    bool is_used = r->forwards_at.len > 0 || r->tracked.count > 0;
    if (is_used && r->secret_file.len == 0)
        config_problem_add(p, name, 0,
                           "reverse-path makes addresses, but has no secret to sign them with; "
                           "`openssl rand -hex 32 >FILE` makes one");
    if (r->forwards_at.len && !config_domain(c, r->forwards_at))
        config_problem_add(p, name, 0,
                           "reverse-path forward-domain = \"%.*s\" is no domain of this file, so "
                           "what comes back would not be taken",
                           SLICE_ARG(r->forwards_at));
    for (size_t i = 0; i < r->tracked.count; i++)
        if (!config_domain(c, r->tracked.at[i]))
            config_problem_add(p, name, 0,
                               "reverse-path track: \"%.*s\" is no domain of this file, so what "
                               "comes back would not be taken",
                               SLICE_ARG(r->tracked.at[i]));
}
