#include "server/reach.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "system/heap.h"
#include "system/keeper.h"

enum { PLACES_MEMORY = 64 * 1024 * 1024, PLACES_FIRST = 32 };

void reach_init(struct reach *r)
{
    *r = (struct reach){0};
    arena_init(&r->arena, &heap, PLACES_MEMORY);
}

void reach_free(struct reach *r)
{
    arena_reset(&r->arena);
}

static bool grow(struct reach *r)
{
    if (r->count < r->room)
        return true;
    size_t room = r->room ? r->room * 2 : PLACES_FIRST;
    struct sandbox_place *at = arena_array(&r->arena, room, sizeof(*at));
    if (!at)
        return false;
    if (r->count)
        memcpy(at, r->at, r->count * sizeof(*at));
    r->at = at;
    r->room = room;
    return true;
}

/* The same again and again, as of many mailboxes in one folder, is kept once. */
static void add(struct reach *r, struct slice path, bool is_written)
{
    struct slice copy;
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    const struct sandbox_place *last = r->count ? &r->at[r->count - 1] : NULL;
    if (path.len == 0 ||
        (last && last->is_written == is_written && slice_eq(slice_str(last->path), path)))
        return;
    if (grow(r) && arena_dup(&r->arena, path, &copy))
        r->at[r->count++] = (struct sandbox_place){copy.at, is_written};
    else
        r->failed = true;
}

/* The folder that it lies in; of what lies in the topmost the thing itself, as that folder has all.
 */
static void add_parent(struct reach *r, struct slice path, bool is_written)
{
    size_t slash = slice_rfind(path, '/');
    if (path.len == 0)
        return;
    if (slash == SLICE_NONE)
        add(r, SLICE("."), is_written);
    else
        add(r, slash == 0 ? path : slice_head(path, slash), is_written);
}

static void add_mailboxes(struct reach *r, const struct config_domain *d)
{
    size_t at = 0;
    struct slice fixed = slice_head(d->maildir, slice_find(d->maildir, '%', 0));
    fixed = slice_head(fixed, slice_rfind(fixed, '/') + 1);
    add(r, fixed, true);
    for (const struct config_mailbox *box; d->known.mem && (box = name_map_next(&d->known, &at));)
        if (!slice_starts(box->path, fixed))
            add_parent(r, box->path, true);
}

void reach_each_file(const char *file, const struct config *c,
                     void (*visit)(void *ctx, struct slice file), void *ctx)
{
    const struct slice files[] = {slice_str(file),
                                  c->login.users,
                                  c->login.certificates,
                                  c->relay.authorities,
                                  c->login.tokens.authorities,
                                  c->login.tokens.password_file,
                                  c->relay.login.password_file,
                                  c->relay.login.token_file,
                                  c->resolver.trust_anchor,
                                  c->reverse_path.secret_file};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        visit(ctx, files[i]);
    for (size_t i = 0; i < c->certificate_count; i++) {
        visit(ctx, c->certificates[i].file);
        visit(ctx, c->certificates[i].key);
    }
    for (size_t i = 0; i < c->route_count; i++) {
        visit(ctx, c->routes[i].login.password_file);
        visit(ctx, c->routes[i].login.token_file);
    }
    for (size_t i = 0; i < c->domain_count; i++) {
        visit(ctx, c->domains[i].mailboxes);
        visit(ctx, c->domains[i].aliases);
    }
}

static void add_file(void *ctx, struct slice file)
{
    struct reach *r = ctx;
    char real[PATH_MAX];
    struct stat about;
    if (file.len == 0)
        return;
    if (stat(file.at, &about) == 0 && S_ISDIR(about.st_mode)) {
        add(r, file, false);
        return;
    }
    add_parent(r, file, false);
    if (realpath(file.at, real))
        add_parent(r, slice_str(real), false);
}

void reach_add(struct reach *r, const char *file, const struct config *c)
{
    reach_each_file(file, c, add_file, r);
    /* where OpenSSL finds authorities, if somebody has told it */
    add_file(r, slice_str(getenv("SSL_CERT_FILE")));
    for (size_t i = 0; i < c->domain_count; i++) {
        for (const struct config_included *k = c->domains[i].included; k; k = k->next)
            add_file(r, k->path);
        if (c->domains[i].deliver == CONFIG_DELIVER_MAILDIR &&
            (c->domains[i].write_as == CONFIG_WRITE_AS_USER || !keeper_is_there()))
            add_mailboxes(r, &c->domains[i]);
    }
    add(r, slice_str(getenv("SSL_CERT_DIR")), false);
    add(r, c->notices.folder, false);
    add(r, getenv("CANDOR_RULES") ? slice_str(getenv("CANDOR_RULES")) : c->rules, false);
    add(r, c->spool.path, true);
    add_parent(r, c->control.path, true);
    if (c->log.to.len && c->log.to.at[0] == '/')
        add_parent(r, c->log.to, true);
}

static bool is_within(struct slice path, struct slice folder)
{
    return slice_eq(folder, SLICE("/")) ||
           (slice_starts(path, folder) && (path.len == folder.len || path.at[folder.len] == '/'));
}

static bool has(const struct reach *r, const struct sandbox_place *want)
{
    for (size_t i = 0; i < r->count; i++)
        if ((r->at[i].is_written || !want->is_written) &&
            is_within(slice_str(want->path), slice_str(r->at[i].path)))
            return true;
    return false;
}

bool reach_has(const struct reach *r, const struct reach *want, bool are_files_given,
               struct buf *why)
{
    bool good = !want->failed;
    for (size_t i = 0; i < want->count; i++) {
        if (has(r, &want->at[i]) || (are_files_given && !want->at[i].is_written))
            continue;
        good = false;
        buf_addf(why,
                 "%s lies outside of the sandbox, which was made at the start and can't be %s; "
                 "restart the server to take this configuration over\n",
                 want->at[i].path, want->at[i].is_written ? "made larger" : "changed");
    }
    return good;
}
