/* What the tools want to know of a spool that they only look at. */
#include "spool/log/parts.h"
#include "spool/log/walk.h"

static const struct log *looked_at(const struct spool *s)
{
    return (const struct log *)(const void *)s;
}

struct spool_log_figures spool_log_figures(const struct spool *s)
{
    const struct log *log = looked_at(s);
    struct spool_log_figures f = {.messages = log->index.messages.count};
    for (const struct segment *at = log->segments; at; at = at->next) {
        f.segments++;
        f.bytes += at->end;
        f.live_bytes += at->used_bytes;
    }
    return f;
}

static const char *type_name(enum record_type type)
{
    static const char *const names[] = {[RECORD_SEGMENT] = "segment",
                                        [RECORD_CHUNK] = "chunk",
                                        [RECORD_MESSAGE] = "message",
                                        [RECORD_STATE] = "state",
                                        [RECORD_END] = "end"};
    return names[type];
}

static struct spool_log_record shown(const char *file, const struct record *r, uint64_t at)
{
    struct body body;
    struct spool_log_record shown = {.file = file,
                                     .offset = at,
                                     .type = type_name(r->type),
                                     .id = r->type == RECORD_SEGMENT ? 0 : r->id,
                                     .length = r->body.len,
                                     .envelope = SLICE(""),
                                     .state = SLICE("")};
    if (r->type == RECORD_STATE)
        shown.state = r->body;
    if (r->type == RECORD_MESSAGE && body_read(r->body, &body)) {
        shown.size = body.size;
        shown.envelope = body.envelope;
    }
    return shown;
}

static enum err_code show_segment(struct log *log, const struct segment *s, struct walk *w,
                                  void (*visit)(void *ctx, const struct spool_log_record *r),
                                  void *ctx)
{
    struct record r;
    uint64_t at;
    char file[SEGMENT_NAME];
    segment_name(s->number, file);
    walk_begin(w, s, s->end);
    for (enum record_found found; (found = walk_next(w, &r, &at)) != RECORD_LAST;) {
        if (found == RECORD_DAMAGE && log_has_lost(log, s))
            return ERR_NOT_FOUND;
        struct spool_log_record record = {.file = file,
                                          .offset = at,
                                          .type = "damaged",
                                          .length = w->at - at,
                                          .envelope = SLICE(""),
                                          .state = SLICE("")};
        if (found == RECORD_GOOD)
            record = shown(file, &r, at);
        visit(ctx, &record);
    }
    return w->failed ? ERR_MEMORY : ERR_OK;
}

enum err_code spool_log_records(struct spool *s,
                                void (*visit)(void *ctx, const struct spool_log_record *r),
                                void *ctx)
{
    struct log *log = (struct log *)(void *)s;
    struct walk w;
    enum err_code result = ERR_OK;
    walk_init(&w, log->mem);
    for (const struct segment *of = log->segments; of && result == ERR_OK; of = of->next)
        result = show_segment(log, of, &w, visit, ctx);
    walk_free(&w);
    return result;
}

/* Whether every chunk is what the message says. */
static enum err_code read_chunks(struct spool *s, spool_id id)
{
    struct spool_content *c;
    struct slice bytes;
    enum err_code result = s->ops->open(s, id, &c);
    if (result != ERR_OK)
        return result;
    for (uint64_t at = 0; (result = s->ops->read(c, at, &bytes)) == ERR_OK;)
        at += bytes.len;
    s->ops->drop(c);
    return result == ERR_NOT_FOUND ? ERR_OK : result; /* the end, or a file that was taken away */
}

enum err_code spool_log_check_parts(struct spool *s, void (*broken)(void *ctx, spool_id id),
                                    void *ctx)
{
    const struct log *log = looked_at(s);
    size_t at = 0;
    for (const struct message *m; (m = id_map_next(&log->index.messages, &at));) {
        enum err_code result = m->chunks ? read_chunks(s, m->id) : ERR_OK;
        if (result == ERR_MEMORY)
            return result;
        if (result != ERR_OK && result != ERR_NOT_FOUND)
            broken(ctx, m->id);
    }
    return ERR_OK;
}
