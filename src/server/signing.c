/* The keys with which outgoing mail is signed, read while we may be root. */
#include <stdlib.h>

#include "server/inside.h"
#include "system/file.h"
#include "system/heap.h"

enum { KEY_FILE_MAX = 64 * 1024, KEY_PATH_MAX = 4096 };

static struct key *load_key(struct server *s, const struct config_dkim *from, struct slice selector)
{
    char path[KEY_PATH_MAX];
    struct buf name, pem;
    struct key *key = NULL;
    const char *why = "its path is too long";
    buf_init_fixed(&name, path, sizeof(path));
    config_dkim_path(from, selector, &name);
    buf_add_char(&name, '\0');
    buf_init(&pem, &heap, KEY_FILE_MAX + 8192);
    if (!name.failed && file_read(path, KEY_FILE_MAX, &pem, &why))
        key = key_read(buf_slice(&pem), &why);
    if (!key)
        buf_addf(s->why, "dkim %.*s: the key %s can't be used: %s\n", SLICE_ARG(from->domain),
                 name.failed ? "" : path, why);
    file_forget(&pem);
    return key;
}

static bool load_domain(struct server *s, const struct config_dkim *from, struct sign_domain *to)
{
    to->name = from->domain;
    to->keys = calloc(from->selectors.count, sizeof(*to->keys));
    for (size_t i = 0; to->keys && i < from->selectors.count; i++) {
        struct slice selector = from->selectors.at[i];
        struct key *key = load_key(s, from, selector);
        if (!key)
            return false;
        to->keys[to->count++] = (struct dkim_key){from->domain, selector, key};
    }
    return to->keys != NULL;
}

bool signing_load(struct server *s)
{
    const struct config *c = s->config;
    s->signing.at = calloc(c->dkim_count + 1, sizeof(*s->signing.at));
    for (size_t i = 0; s->signing.at && i < c->dkim_count; i++, s->signing.count++)
        if (!load_domain(s, &c->dkims[i], &s->signing.at[i]))
            break;
    if (s->signing.at && s->signing.count == c->dkim_count)
        return true;
    if (s->why->len == 0)
        buf_add_str(s->why, "out of memory\n");
    return false;
}

void signing_free(struct server *s)
{
    /* the one behind the last may be half filled, when loading failed */
    for (size_t i = 0; s->signing.at && i <= s->config->dkim_count; i++) {
        struct sign_domain *d = &s->signing.at[i];
        for (size_t k = 0; k < d->count; k++)
            key_free(d->keys[k].key);
        free(d->keys);
    }
    free(s->signing.at);
}
