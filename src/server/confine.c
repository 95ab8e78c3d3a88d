/* The sandbox of the process that reads what others send, as the configuration wants it. */
#include "server/inside.h"
#include "system/keeper.h"

/* False with s->why: the configuration does not want the server to go on without. */
static bool lacks(struct server *s, const char *event, const char *what)
{
    if (s->config->sandbox == CONFIG_SANDBOX_REQUIRED)
        buf_addf(s->why, "sandbox = required: %s\n", what);
    else
        LOG(s->log, LOG_LEVEL_WARNING, event, {"reason", slice_str(what)});
    return s->config->sandbox != CONFIG_SANDBOX_REQUIRED;
}

/* What can't be read now can't be read without a sandbox, either. */
static void left_out(void *ctx, const struct sandbox_place *place, const char *why)
{
    const struct server *s = ctx;
    if (place->is_written)
        LOG(s->log, LOG_LEVEL_WARNING, "outside-of-sandbox", {"path", slice_str(place->path)},
            {"reason", slice_str(why)},
            {"action", SLICE("make it, give it to the server's user, then restart the server")});
}

static bool refuse(struct server *s, const char *what, const char *why)
{
    buf_addf(s->why, "the sandbox for %s can't be entered: %s\n", what, why);
    return false;
}

static bool confine_files(struct server *s)
{
    const char *why = "out of memory";
    if (sandbox_landlock_version() == 0)
        return lacks(s, "no-landlock", SANDBOX_NO_LANDLOCK);
    reach_add(&s->reach, s->file, s->config);
    const struct sandbox_options o = {.places = s->reach.at,
                                      .count = s->reach.count,
                                      .port = s->config->web.address.port,
                                      .binds = s->config->source_count > 0,
                                      .left_out = left_out,
                                      .ctx = s};
    s->is_confined = !s->reach.failed && sandbox_enter_files(&o, &why);
    return s->is_confined || refuse(s, "files", why);
}

static bool confine_calls(struct server *s)
{
    const char *why;
    if (!sandbox_has_filters())
        return lacks(s, "no-seccomp", SANDBOX_NO_SECCOMP);
    return sandbox_enter_calls(&why) || refuse(s, "system calls", why);
}

bool confine(struct server *s)
{
    reach_init(&s->reach);
    if (s->config->sandbox == CONFIG_SANDBOX_OFF)
        return true;
    return confine_files(s) && confine_calls(s);
}

bool confined_reaches(const struct server *s, const struct config *c, struct buf *why)
{
    struct reach want;
    if (!s->is_confined)
        return true;
    if (s->config->source_count == 0 && c->source_count > 0) {
        buf_add_str(why, "the server began without a section source, so its sandbox lets no "
                         "connection choose its address; restart it\n");
        return false;
    }
    reach_init(&want);
    reach_add(&want, s->file, c);
    bool good = reach_has(&s->reach, &want, keeper_is_there(), why);
    reach_free(&want);
    return good;
}

void confined_free(struct server *s)
{
    reach_free(&s->reach);
}
