/* DKIM keys: where they lie, and whether they can lie there. */
#include <sys/stat.h>

#include "system/config_internal.h"

enum { PATH_BYTES_MAX = 4096 };

void config_dkim_path(const struct config_dkim *d, struct slice selector, struct buf *out)
{
    for (size_t i = 0; i < d->key.len; i++) {
        char next = i + 1 < d->key.len ? d->key.at[i + 1] : '\0';
        if (d->key.at[i] == '%' && (next == 'd' || next == 's')) {
            buf_add(out, next == 'd' ? d->domain : selector);
            i++;
        } else {
            buf_add_char(out, d->key.at[i]);
        }
    }
}

static void check_key(const struct config_dkim *d, struct slice selector, const char *name,
                      struct config_problems *p)
{
    char path[PATH_BYTES_MAX];
    struct buf out;
    struct stat about;
    const char *why = "its path is too long";
    buf_init_fixed(&out, path, sizeof(path));
    config_dkim_path(d, selector, &out);
    buf_add_char(&out, '\0');
    if (out.failed || !config_file_is_there(path, &why))
        config_problem_add(p, name, 0,
                           "dkim %.*s: the key of the selector %.*s, %s: %s; `candor dkim new %.*s "
                           "--selector %.*s` makes one",
                           SLICE_ARG(d->domain), SLICE_ARG(selector), out.failed ? "" : path, why,
                           SLICE_ARG(d->domain), SLICE_ARG(selector));
    else if (stat(path, &about) == 0 && (about.st_mode & S_IROTH))
        config_problem_add(p, path, 0,
                           "everybody may read this private key, and could sign with it; chmod 600 "
                           "%s",
                           path);
}

void config_seal_check(const struct config *c, const char *name, struct config_problems *p)
{
    for (size_t i = 0; i < c->dkim_count; i++)
        if (slice_ieq(c->dkims[i].domain, c->relay.seal))
            return;
    if (c->relay.seal.len)
        config_problem_add(p, name, 0,
                           "relay seal = \"%.*s\": there is no section dkim \"%.*s\", whose key "
                           "would be taken",
                           SLICE_ARG(c->relay.seal), SLICE_ARG(c->relay.seal));
}

void config_dkim_check(const struct config_dkim *d, const char *name, struct config_problems *p)
{
    if (d->selectors.count > 1 && slice_find_slice(d->key, SLICE("%s"), 0) == SLICE_NONE)
        config_problem_add(p, name, 0,
                           "dkim %.*s has several selectors, but `key` is the same file for all; "
                           "right is a path with %%s in it, which stands for the selector",
                           SLICE_ARG(d->domain));
    for (size_t i = 0; i < d->selectors.count; i++)
        check_key(d, d->selectors.at[i], name, p);
}
