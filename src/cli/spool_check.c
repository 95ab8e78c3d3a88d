/* candor spool check: reads everything. */
#include <stdio.h>
#include <sysexits.h>

#include "cli/spool_tool.h"
#include "cli/words.h"
#include "system/heap.h"

struct checking {
    struct spool_tool *tool;
    struct arena arena;
    size_t messages, unclear, broken;
    uint64_t recipients; /* that wait */
};

static void complain(spool_id id, const char *what)
{
    char text[SPOOL_ID_TEXT + 1];
    spool_id_write(id, text);
    fprintf(stderr, "message %s: %s\n", text, what);
}

static void check_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct checking *c = ctx;
    struct envelope e;
    c->messages++;
    if (spool_tool_waiting(envelope, state, &c->arena, &e)) {
        c->recipients += e.count;
    } else {
        complain(id, "its envelope is whole but cannot be understood; it will not be delivered");
        c->unclear++;
    }
    arena_reset(&c->arena);
}

static void note_broken(void *ctx, spool_id id)
{
    struct checking *c = ctx;
    complain(id, "a part of it cannot be read; it will not be delivered");
    c->broken++;
}

static void add_line(const struct checking *c, struct buf *out)
{
    struct spool_log_figures f = spool_log_figures(c->tool->spool);
    buf_add_str(out, c->tool->path);
    buf_add_str(out, ": ");
    words_count(out, c->messages, "message waits", "messages wait");
    buf_add_str(out, " for ");
    words_count(out, c->recipients, "recipient", "recipients");
    buf_add_str(out, ", ");
    words_size(out, f.live_bytes);
    buf_add_str(out, " in ");
    words_count(out, f.segments, "segment", "segments");
    buf_add_str(out, " of ");
    words_size(out, f.bytes);
    buf_add_str(out, " together.\n");
}

static int summarize(const struct checking *c)
{
    enum { TEXT_MAX = 8192 };
    char storage[TEXT_MAX];
    struct buf out;
    size_t damages = c->tool->damages;
    buf_init_fixed(&out, storage, sizeof(storage));
    add_line(c, &out);
    bool is_whole = !damages && !c->unclear && !c->broken;
    if (is_whole) {
        buf_add_str(&out, "All of it was read, and all of it is whole.\n");
    } else {
        words_count(&out, damages, "place is", "places are");
        buf_add_str(&out, " damaged, ");
        words_count(&out, c->broken + c->unclear, "message that waits", "messages that wait");
        buf_add_str(&out, " cannot be delivered for it; all others are whole.\n"
                          "  1. See what the kernel says of the disk: dmesg, smartctl -a.\n"
                          "  2. Take the whole messages out: candor spool export DIR.\n"
                          "  3. What may be lost, the server's log knows by its id: who sent it, "
                          "and whether it was delivered.\n");
    }
    fwrite(buf_slice(&out).at, 1, out.len, stdout);
    return is_whole ? EX_OK : EX_DATAERR;
}

int spool_check(struct spool_tool *t)
{
    struct checking c = {.tool = t};
    int status = spool_tool_look(t, true);
    if (status != EX_OK)
        return status;
    arena_init(&c.arena, &heap, SPOOL_TOOL_ARENA);
    enum err_code result = t->spool->ops->each(t->spool, check_one, &c);
    if (result == ERR_OK)
        result = spool_log_check_parts(t->spool, note_broken, &c);
    status = result == ERR_OK ? summarize(&c) : spool_tool_fail(t, t->path, result, NULL);
    spool_tool_close(t);
    return status;
}
