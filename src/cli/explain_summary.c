#include "cli/explain_summary.h"

#include <sys/random.h>

#include "reply/explanation_json.h"
#include "system/heap.h"

enum {
    NAMES_MAX = 1 << 18, /* names that are counted one by one, of each kind */
    FIXES_MAX = 4096,
    FIXES_LOOKED_AT = 256,
    TEXT_KEPT = 1024,
};
static const size_t arena_max = (size_t)1 << 30;

void explain_summary_init(struct explain_summary *s)
{
    struct hash_key key = {0};
    *s = (struct explain_summary){.first = INT64_MAX, .last = INT64_MIN};
    /* names are strangers': without a secret they could be chosen to collide */
    while (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
        continue;
    pthread_mutex_init(&s->lock, NULL);
    arena_init(&s->arena, &heap, arena_max);
    tally_init(&s->providers, &s->arena, key, NAMES_MAX);
    tally_init(&s->destinations, &s->arena, key, NAMES_MAX);
    tally_init(&s->recipients, &s->arena, key, NAMES_MAX);
    tally_init(&s->hosts, &s->arena, key, NAMES_MAX);
    tally_init(&s->fixes, &s->arena, key, FIXES_MAX);
    id_map_init(&s->hours, &heap);
}

void explain_summary_free(struct explain_summary *s)
{
    tally_free(&s->providers);
    tally_free(&s->destinations);
    tally_free(&s->recipients);
    tally_free(&s->hosts);
    tally_free(&s->fixes);
    id_map_free(&s->hours);
    arena_reset(&s->arena);
    pthread_mutex_destroy(&s->lock);
}

static void count_name(struct tally *t, struct slice name)
{
    enum { NAME_MAX_BYTES = 320 };
    if (name.len > 0)
        tally_count(t, slice_head(name, NAME_MAX_BYTES));
}

static struct slice domain_of(struct slice address)
{
    size_t at = slice_rfind(address, '@');
    return at == SLICE_NONE ? slice_head(address, 0) : slice_from(address, at + 1);
}

int64_t explain_summary_hour(int64_t unix_ms)
{
    enum { HOUR_MS = 3600 * 1000 };
    return unix_ms / HOUR_MS - (unix_ms % HOUR_MS < 0);
}

static bool count_time(struct explain_summary *s, int64_t time)
{
    if (time == EXPLAINED_NO_TIME)
        return true;
    int64_t hour = explain_summary_hour(time);
    struct summary_hour *row = id_map_get(&s->hours, (uint64_t)hour);
    if (time < s->first)
        s->first = time;
    if (time > s->last)
        s->last = time;
    if (!row && s->hours.count < SUMMARY_HOURS_MAX) {
        row = arena_take(&s->arena, sizeof(*row));
        if (!row || !id_map_put(&s->hours, (uint64_t)hour, row))
            return false;
        row->hour = hour;
    }
    if (row)
        row->count++;
    return true;
}

static struct slice first_step(const struct explained *x)
{
    return x->explanation.count > 0 ? x->explanation.steps[0] : SLICE("");
}

static bool add_fix(struct explain_summary *s, struct tally_row *row, const struct explained *x)
{
    struct summary_fix *fix = arena_take(&s->arena, sizeof(*fix));
    const struct explanation *e = &x->explanation;
    if (!fix)
        return false;
    *fix = (struct summary_fix){.cause = x->diagnosis.cause,
                                .fixer = x->diagnosis.fixer,
                                .is_refusal = x->in.is_refusal,
                                .provider = x->diagnosis.provider,
                                .summary_line = x->line,
                                .step_line = x->line};
    row->about = fix;
    return arena_dup(&s->arena, slice_head(e->summary, TEXT_KEPT), &fix->summary) &&
           arena_dup(&s->arena, slice_head(first_step(x), TEXT_KEPT), &fix->step);
}

/* Threads count the items of one source in any order; what is told is that of the first all the
 * same. The advice that names the fewest addresses and numbers of one message suits most of them.
 */
static bool keep_first(struct explain_summary *s, struct summary_fix *fix,
                       const struct explained *x)
{
    struct slice step = first_step(x);
    bool good = true;
    if (x->line < fix->summary_line) {
        fix->summary_line = x->line;
        good = arena_dup(&s->arena, slice_head(x->explanation.summary, TEXT_KEPT), &fix->summary);
    }
    bool is_better =
        step.len < fix->step.len || (step.len == fix->step.len && x->line < fix->step_line);
    if (step.len == 0 || !is_better)
        return good;
    fix->step_line = x->line;
    return arena_dup(&s->arena, slice_head(step, TEXT_KEPT), &fix->step) && good;
}

/* What is wrong with the sender, or has a page of its own, is mended with the provider that minds
 * it; a wrong address is wrong wherever it was said. */
static bool count_fix(struct explain_summary *s, const struct explained *x)
{
    char storage[128];
    struct buf name;
    buf_init_fixed(&name, storage, sizeof(storage));
    buf_add_str(&name, cause_name(x->diagnosis.cause));
    buf_add_char(&name, x->in.is_refusal ? '<' : ' ');
    if (x->diagnosis.scope == SCOPE_SENDER ||
        slice_find_slice(first_step(x), SLICE("://"), 0) != SLICE_NONE)
        buf_add(&name, x->diagnosis.provider);
    struct tally_row *row = tally_count(&s->fixes, buf_slice(&name));
    if (!row || !row->about)
        return !row || add_fix(s, row, x);
    struct summary_fix *fix = row->about;
    if (!slice_eq(fix->provider, x->diagnosis.provider))
        fix->provider = slice_head(fix->provider, 0);
    return keep_first(s, fix, x);
}

static enum bounce_kind kind_of(const struct explained *x)
{
    const char *name = explained_kind(x);
    for (int k = 0; k < SUMMARY_KINDS; k++)
        if (strcmp(name, bounce_kind_name((enum bounce_kind)k)) == 0)
            return (enum bounce_kind)k;
    return BOUNCE_NONE;
}

bool explain_summary_count(struct explain_summary *s, const struct explained *x)
{
    pthread_mutex_lock(&s->lock);
    enum bounce_kind kind = kind_of(x);
    bool good = count_time(s, x->time);
    s->items++;
    s->kinds[kind]++;
    if ((kind == BOUNCE_FAILURE || kind == BOUNCE_DELAY) &&
        explanation_has_cause(&x->in, &x->diagnosis)) {
        struct slice recipient = explained_recipient(x);
        s->with_cause++;
        s->causes[x->diagnosis.cause]++;
        count_name(&s->providers, x->diagnosis.provider);
        count_name(&s->recipients, recipient);
        count_name(&s->destinations, domain_of(recipient));
        count_name(&s->hosts, x->in.remote);
        good = count_fix(s, x) && good;
    }
    pthread_mutex_unlock(&s->lock);
    return good;
}

/* What one's own side can mend comes before what others can; what passes by itself is left out. */
static unsigned rank(const struct tally_row *row)
{
    static const unsigned ranks[][2] = {[FIXER_SENDER] = {0, 1},
                                        [FIXER_SENDER_ADMIN] = {0, 1},
                                        [FIXER_RECIPIENT] = {1, 0},
                                        [FIXER_RECIPIENT_ADMIN] = {1, 0},
                                        [FIXER_NOBODY] = {2, 2}};
    const struct summary_fix *fix = row->about;
    return ranks[fix->fixer][fix->is_refusal];
}

size_t explain_summary_fixes(const struct explain_summary *s, const struct tally_row **fixes,
                             size_t most)
{
    const struct tally_row *top[FIXES_LOOKED_AT];
    size_t found = tally_top(&s->fixes, top, FIXES_LOOKED_AT), count = 0;
    for (unsigned r = 0; r < 2; r++)
        for (size_t i = 0; i < found && count < most; i++)
            if (top[i]->about && rank(top[i]) == r)
                fixes[count++] = top[i];
    return count;
}
