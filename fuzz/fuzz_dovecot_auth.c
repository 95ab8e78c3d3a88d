/* What Dovecot's socket says: cut anywhere it says the same, names and challenges are clean, and
 * what a client answers never becomes more than its one line. */
#include <stdlib.h>

#include "auth/dovecot_auth.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_event(const struct dovecot_event *e)
{
    bool is_answer = e->kind == DOVECOT_RIGHT || e->kind == DOVECOT_CHALLENGE ||
                     e->kind == DOVECOT_WRONG || e->kind == DOVECOT_EXPIRED ||
                     e->kind == DOVECOT_DISABLED || e->kind == DOVECOT_AWAY;
    require(!is_answer || e->id != 0);
    require(e->kind != DOVECOT_RIGHT || e->text.len > 0);
    require(e->kind != DOVECOT_BROKEN || e->text.len > 0);
    for (size_t i = 0; i < e->text.len; i++)
        require(e->text.at[i] != '\n' && e->text.at[i] != '\t' && e->text.at[i] != '\001');
}

/* How many events, until it breaks. */
static size_t run(struct slice in, size_t piece)
{
    struct dovecot_auth d;
    struct dovecot_event e = {.kind = DOVECOT_NOTHING};
    size_t count = 0, used = 0;
    dovecot_auth_init(&d, &heap);
    while (used < in.len && e.kind != DOVECOT_BROKEN) {
        size_t taken = dovecot_auth_take(&d, slice_head(slice_from(in, used), piece), &e);
        require(taken > 0);
        check_event(&e);
        used += taken;
        count += e.kind != DOVECOT_NOTHING;
    }
    dovecot_auth_free(&d);
    return count;
}

static void answer(struct slice in)
{
    char storage[2 * DOVECOT_LINE_MAX];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    if (!dovecot_auth_respond(&out, 1, in))
        return;
    require(!out.failed && out.len < DOVECOT_LINE_MAX);
    require(slice_count(buf_slice(&out), '\n') == 1 && slice_count(buf_slice(&out), '\t') == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    require(run(in, SIZE_MAX) == run(in, 1));
    answer(in);
    return 0;
}
