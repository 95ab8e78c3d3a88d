/* Words for a diagnosis: the sentences of share/advice/ with what the reply names filled in. */
#include "reply/advice.h"
#include "reply/catalogue.h"
#include "reply/rules.h"

/* Longest sentence with everything filled in; longer names are left out, not cut. */
enum { SENTENCE_MAX = 1024, VALUE_MAX = 200, NUMBER_MAX = 32 };

struct writer {
    const struct diagnosis *d;
    const struct diagnosis_input *in;
    struct arena *arena;
    struct explanation *e;
    const struct advice *rows, *end; /* of the cause */
    const struct rule_tables *own;   /* NULL: there are none */
    bool no_room;
};

/* "25 MB", "300 bytes": decimal units, one digit behind the point where it says something. */
static void write_bytes(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    uint64_t tenths = bytes * 10;
    size_t unit = 0;
    if (bytes > UINT64_MAX / 10)
        return;
    while (tenths >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        tenths = (tenths + 500) / 1000;
        unit++;
    }
    buf_add_u64(out, tenths / 10);
    if (tenths % 10 && unit) {
        buf_add_char(out, '.');
        buf_add_u64(out, tenths % 10);
    }
    buf_add_char(out, ' ');
    buf_add_str(out, units[unit]);
}

static void write_time(struct buf *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t unit = 0;
    while (seconds % units[unit].seconds && seconds < 10 * units[unit].seconds)
        unit++;
    uint64_t count = seconds / units[unit].seconds;
    buf_add_u64(out, count);
    buf_add_char(out, ' ');
    buf_add_str(out, units[unit].name);
    if (count != 1)
        buf_add_char(out, 's');
}

static void write_limit(struct buf *out, const struct diagnosis *d)
{
    if (d->cause == CAUSE_MESSAGE_TOO_LARGE)
        write_bytes(out, d->details.limit);
    else
        buf_add_u64(out, d->details.limit);
}

/* The value of `{name}`; false: not known. */
static bool write_value(const struct writer *w, struct buf *out, struct slice text)
{
    const struct diagnosis_details *d = &w->d->details;
    const struct slice named[ADVICE_NAME_COUNT] = {
        [ADVICE_NAME_BLOCKLIST] = d->blocklist,
        [ADVICE_NAME_IP] = d->ip,
        [ADVICE_NAME_URL] = d->url,
        [ADVICE_NAME_HOST] = d->host,
        [ADVICE_NAME_DOMAIN] = d->domain,
        [ADVICE_NAME_REMOTE] = w->in->remote,
    };
    enum advice_name name = advice_name_of(text);
    size_t before = out->len;
    if (name == ADVICE_NAME_LIMIT && d->limit)
        write_limit(out, w->d);
    else if (name == ADVICE_NAME_SIZE && d->size)
        write_bytes(out, d->size);
    else if (name == ADVICE_NAME_WAIT && d->retry_after)
        write_time(out, d->retry_after);
    else if (name < ADVICE_NAME_COUNT && named[name].len <= VALUE_MAX)
        buf_add(out, named[name]);
    return out->len > before;
}

/* A sentence with its names filled in, kept in the arena where it has any; false: a name is not
 * known. */
static bool fill_names(struct writer *w, struct slice text, struct slice *filled_r)
{
    char storage[SENTENCE_MAX];
    struct buf out;
    size_t open;
    buf_init_fixed(&out, storage, sizeof(storage));
    while ((open = slice_find(text, '{', 0)) != SLICE_NONE) {
        size_t close = slice_find(text, '}', open);
        buf_add(&out, slice_head(text, open));
        if (close == SLICE_NONE ||
            !write_value(w, &out, slice_of(text.at + open + 1, close - open - 1)))
            return false;
        text = slice_from(text, close + 1);
    }
    buf_add(&out, text);
    if (out.failed)
        return false;
    w->no_room = w->no_room || !arena_dup(w->arena, buf_slice(&out), filled_r);
    return !w->no_room;
}

static bool fill(struct writer *w, const struct advice *a, struct slice *filled_r)
{
    if (a->has_names)
        return fill_names(w, a->text, filled_r);
    *filled_r = a->text;
    return true;
}

static void add_step(struct writer *w, struct slice step)
{
    if (w->e->count < EXPLANATION_STEPS_MAX)
        w->e->steps[w->e->count++] = step;
}

static bool has_rule(struct slice rules, struct slice rule)
{
    struct slice one;
    while (slice_split(&rules, ',', &one))
        if (slice_eq(slice_trim(one), rule))
            return true;
    return false;
}

/* Whether it is the advice of the provider that speaks, or of the blocklist that it names. */
static bool is_theirs(const struct writer *w, const struct advice *a)
{
    struct slice list = w->d->details.blocklist;
    bool speaks = (a->provider.len && slice_eq(a->provider, w->d->provider)) ||
                  (a->list.len && list.len && slice_ifind_slice(list, a->list, 0) != SLICE_NONE);
    return speaks && !has_rule(a->unless, w->d->rule);
}

static bool add_their_steps(struct writer *w, enum advice_kind kind)
{
    size_t before = w->e->count;
    struct slice filled;
    for (const struct advice *a = w->rows; a < w->end; a++)
        if (a->kind == kind && is_theirs(w, a) && fill(w, a, &filled))
            add_step(w, filled);
    return w->e->count > before;
}

/* What the provider or the blocklist says itself comes behind the first step. */
static void add_steps(struct writer *w)
{
    struct slice filled;
    bool said = false, by_provider = false, is_first = true;
    if (add_their_steps(w, ADVICE_ONLY_STEP))
        return;
    for (const struct advice *a = w->rows; a < w->end; a++) {
        bool is_step =
            a->kind == ADVICE_STEP || a->kind == ADVICE_GENERAL_STEP || a->kind == ADVICE_OR_STEP;
        if (!is_step || (a->kind == ADVICE_OR_STEP && said))
            continue;
        said = a->kind == ADVICE_GENERAL_STEP && by_provider;
        if (said || !fill(w, a, &filled))
            continue;
        said = true;
        add_step(w, filled);
        if (is_first)
            by_provider = add_their_steps(w, ADVICE_OWN_STEP);
        is_first = false;
    }
}

static void find_summary(struct writer *w, enum advice_kind kind)
{
    for (const struct advice *a = w->rows; a < w->end && w->e->summary.len == 0; a++)
        if (a->kind == kind)
            (void)fill(w, a, &w->e->summary);
}

/* The other side of the same refusal: what whoever runs the server that refused can do. */
static void add_refused_steps(struct writer *w)
{
    struct slice filled;
    for (const struct advice *a = w->rows; a < w->end; a++)
        if (a->kind == ADVICE_REFUSED_STEP && fill(w, a, &filled))
            add_step(w, filled);
}

static bool is_about_it(const struct writer *w, const struct own_advice *a)
{
    if (a->rule.len)
        return slice_eq(a->rule, w->d->rule);
    return a->is_of_all || a->cause == w->d->cause;
}

/* Of the user's own: what is said of the rule that decided before what is said of causes. */
static bool add_own_steps(struct writer *w, enum advice_kind kind)
{
    size_t before = w->e->count;
    struct slice filled;
    for (int of_rule = 1; of_rule >= 0; of_rule--)
        for (size_t i = 0; w->own && i < w->own->advice_count; i++) {
            const struct own_advice *a = &w->own->advice[i];
            if (a->kind != kind || (a->rule.len > 0) != of_rule || !is_about_it(w, a))
                continue;
            filled = a->text;
            if (!a->has_names || fill_names(w, a->text, &filled))
                add_step(w, filled);
        }
    return w->e->count > before;
}

/* Whether there is nothing to be said behind the user's own advice. */
static bool add_all_own_steps(struct writer *w)
{
    if (w->in->is_refusal)
        return add_own_steps(w, ADVICE_REFUSED_STEP), false;
    if (add_own_steps(w, ADVICE_ONLY_STEP))
        return true;
    return add_own_steps(w, ADVICE_STEP), false;
}

static void explain_cause(struct writer *w)
{
    if (w->in->is_refusal)
        find_summary(w, ADVICE_REFUSED_SUMMARY);
    find_summary(w, ADVICE_SUMMARY);
    if (add_all_own_steps(w))
        return;
    if (w->in->is_refusal)
        add_refused_steps(w);
    else
        add_steps(w);
}

/* No cause is known: what the codes mean is all there is. */
static void explain_codes(struct writer *w)
{
    const struct reply *r = &w->in->reply;
    const struct catalogue_entry *entry = catalogue_enhanced(r->enhanced);
    if (!entry || entry->cause == CAUSE_UNKNOWN)
        entry = catalogue_basic(r->code) ? catalogue_basic(r->code) : entry;
    if (entry) {
        w->e->summary = entry->meaning;
        if (!w->in->is_refusal)
            add_step(w, entry->step);
    }
}

/* No code, and no words that any rule knows. */
static void explain_nothing(struct writer *w)
{
    w->e->summary = SLICE("This text holds no reply code and no reason for which mail fails.");
    add_step(w, SLICE("Paste the server's exact words: the line with a number such as 550 or 4.7.1 "
                      "says most."));
    add_step(w, SLICE("In a returned message, they stand near \"Diagnostic-Code\", \"said:\" or "
                      "\"Reason\"."));
}

static void explain_digits(struct writer *w)
{
    static const struct {
        const char *summary, *step, *second;
    } by_digit[] = {
        [1] = {"A preliminary answer; SMTP does not use these.",
               "Look at what the server says next.", NULL},
        [2] = {"The server did what it was asked.", "Nothing to do: this is a success.", NULL},
        [3] = {"The server waits for the next part.",
               "Nothing to do: the sending program goes on by itself.", NULL},
        [4] = {"The server could not take it now; the same may work later.",
               "Wait: mail servers try again by themselves. From a mail program, send again in "
               "some minutes.",
               "If it lasts, ask the receiving postmaster, with the exact text and time."},
        [5] = {"The server refused, and the same will be refused again.",
               "Read the text beside the code, if there is any: it names the reason.",
               "Check the recipient's address; if it is right, ask the receiving postmaster, with "
               "the exact text and time."},
    };
    unsigned digit = w->in->reply.code ? w->in->reply.code / 100U : w->in->reply.enhanced.class;
    if (digit < 1 || digit > 5)
        digit = w->d->permanence == PERMANENCE_TRANSIENT ? 4 : 5;
    if (w->e->summary.len == 0)
        w->e->summary = slice_str(by_digit[digit].summary);
    if (w->e->count == 0)
        add_step(w, slice_str(by_digit[digit].step));
    if (by_digit[digit].second && !w->in->is_refusal)
        add_step(w, slice_str(by_digit[digit].second));
}

bool explain(const struct diagnosis *d, const struct diagnosis_input *in, struct arena *arena,
             struct explanation *e_r)
{
    return explain_with(NULL, d, in, arena, e_r);
}

bool explain_with(const struct rule_tables *own, const struct diagnosis *d,
                  const struct diagnosis_input *in, struct arena *arena, struct explanation *e_r)
{
    struct writer w = {.d = d,
                       .in = in,
                       .arena = arena,
                       .e = e_r,
                       .own = own,
                       .rows = advice_rows + advice_first[d->cause],
                       .end = advice_rows + advice_first[d->cause + 1U]};
    *e_r = (struct explanation){.summary = {"", 0}};
    explain_cause(&w);
    bool has_code = in->reply.code || in->reply.enhanced.class;
    if (d->cause == CAUSE_UNKNOWN && !has_code && in->stage == STAGE_NONE) {
        explain_nothing(&w);
    } else if (d->cause == CAUSE_UNKNOWN) {
        explain_codes(&w);
        explain_digits(&w);
    }
    return !w.no_room && e_r->summary.len > 0;
}
