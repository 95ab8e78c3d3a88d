/* candor spool dump: one line a record. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/json.h"
#include "cli/spool_tool.h"
#include "cli/words.h"
#include "system/heap.h"

struct dumping {
    bool as_json;
    struct arena arena;
    struct buf line;
};

static void add_json(struct dumping *d, const struct spool_log_record *r, const char *id,
                     const struct envelope *e)
{
    struct json j = json_to(&d->line);
    json_put_object(&j, NULL);
    json_put_string(&j, "file", slice_str(r->file));
    json_put_number(&j, "offset", (int64_t)r->offset);
    json_put_string(&j, "type", slice_str(r->type));
    json_put_known(&j, "id", slice_str(id));
    json_put_number(&j, "length", (int64_t)r->length);
    if (r->envelope.len)
        json_put_number(&j, "size", (int64_t)r->size);
    if (e) {
        json_put_string(&j, "sender", e->sender);
        json_put_array(&j, "recipients");
        for (size_t i = 0; i < e->count; i++)
            json_put_string(&j, NULL, e->recipients[i].address);
        json_end_array(&j);
    }
    json_end_object(&j);
}

static void add_text(struct dumping *d, const struct spool_log_record *r, const char *id,
                     const struct envelope *e)
{
    buf_addf(&d->line, "%s %10" PRIu64 " %-7s %-13s ", r->file, r->offset, r->type, id);
    words_size(&d->line, r->length);
    if (e) {
        buf_add_str(&d->line, " from <");
        words_harmless(&d->line, e->sender);
        buf_add_str(&d->line, e->count ? "> to <" : "> to nobody");
        if (e->count)
            words_harmless(&d->line, e->recipients[0].address);
        buf_add_str(&d->line, e->count ? ">" : "");
        if (e->count > 1)
            buf_addf(&d->line, " and %zu more", e->count - 1);
    }
}

static void dump_one(void *ctx, const struct spool_log_record *r)
{
    struct dumping *d = ctx;
    char id[SPOOL_ID_TEXT + 1] = "";
    struct envelope e;
    struct err err;
    bool has_envelope = r->envelope.len && envelope_decode(r->envelope, &d->arena, &e, &err);
    if (r->id)
        spool_id_write(r->id, id);
    buf_clear(&d->line);
    (d->as_json ? add_json : add_text)(d, r, id, has_envelope ? &e : NULL);
    buf_add_char(&d->line, '\n');
    fwrite(buf_slice(&d->line).at, 1, d->line.len, stdout);
    arena_reset(&d->arena);
}

int spool_dump(struct spool_tool *t)
{
    enum { LINE_MAX_BYTES = 256 << 20 };
    struct dumping d = {.as_json = t->as_json};
    int status = spool_tool_look(t, false);
    if (status != EX_OK)
        return status;
    arena_init(&d.arena, &heap, SPOOL_TOOL_ARENA);
    buf_init(&d.line, &heap, LINE_MAX_BYTES);
    enum err_code result = spool_log_records(t->spool, dump_one, &d);
    buf_free(&d.line);
    spool_tool_close(t);
    if (result == ERR_NOT_FOUND)
        return spool_tool_fail(t, t->path, ERR_STATE,
                               "the server took a segment away meanwhile; try again");
    if (result != ERR_OK)
        return spool_tool_fail(t, t->path, result, NULL);
    if (fflush(stdout) != 0 || ferror(stdout))
        return spool_tool_fail(t, "standard output", ERR_IO, "cannot be written to");
    return t->damages ? EX_DATAERR : EX_OK;
}
