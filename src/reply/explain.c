/* Words for a diagnosis: advice.def's sentences with what the reply names filled in. */
#include "reply/catalogue.h"
#include "reply/diagnosis.h"

enum advice_kind {
    ADVICE_SUMMARY,
    ADVICE_STEP,
    ADVICE_GENERAL_STEP,
    ADVICE_OR_STEP,
    ADVICE_PROVIDER_STEP
};

struct advice {
    uint8_t kind; /* enum advice_kind */
    uint8_t cause;
    struct slice provider;
    struct slice text;
};

/* In the order of cause.def, so that a cause's rows stand together. */
static const struct advice advice[] = {
#define SUMMARY(cause, text) {ADVICE_SUMMARY, CAUSE_##cause, SLICE_INIT(""), SLICE_INIT(text)},
#define STEP(cause, text)    {ADVICE_STEP, CAUSE_##cause, SLICE_INIT(""), SLICE_INIT(text)},
#define GENERAL_STEP(cause, text)                                                                  \
    {ADVICE_GENERAL_STEP, CAUSE_##cause, SLICE_INIT(""), SLICE_INIT(text)},
#define OR_STEP(cause, text) {ADVICE_OR_STEP, CAUSE_##cause, SLICE_INIT(""), SLICE_INIT(text)},
#define PROVIDER_STEP(provider, cause, text)                                                       \
    {ADVICE_PROVIDER_STEP, CAUSE_##cause, SLICE_INIT(#provider), SLICE_INIT(text)},
#include "reply/advice.def"
};
enum { ADVICE_COUNT = sizeof(advice) / sizeof(advice[0]) };

/* Longest sentence with everything filled in; longer names are left out, not cut. */
enum { SENTENCE_MAX = 1024, VALUE_MAX = 200, NUMBER_MAX = 32 };

struct writer {
    const struct diagnosis *d;
    const struct diagnosis_input *in;
    struct arena *arena;
    struct explanation *e;
    const struct advice *rows, *end; /* of the cause */
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
static bool write_value(const struct writer *w, struct buf *out, struct slice name)
{
    const struct diagnosis_details *d = &w->d->details;
    const struct {
        struct slice name;
        struct slice value;
    } texts[] = {
        {SLICE_INIT("blocklist"), d->blocklist},
        {SLICE_INIT("ip"), d->ip},
        {SLICE_INIT("url"), d->url},
        {SLICE_INIT("host"), d->host},
        {SLICE_INIT("domain"), d->domain},
        {SLICE_INIT("remote"), w->in->remote},
    };
    size_t before = out->len;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (slice_eq(name, texts[i].name) && texts[i].value.len <= VALUE_MAX)
            buf_add(out, texts[i].value);
    if (slice_eq(name, SLICE("limit")) && d->limit)
        write_limit(out, w->d);
    else if (slice_eq(name, SLICE("size")) && d->size)
        write_bytes(out, d->size);
    else if (slice_eq(name, SLICE("wait")) && d->retry_after)
        write_time(out, d->retry_after);
    return out->len > before;
}

/* The first row that is not of a cause before `cause`. */
static const struct advice *first_of(unsigned cause)
{
    const struct advice *low = advice;
    for (size_t count = ADVICE_COUNT; count > 0;) {
        size_t half = count / 2;
        bool before = low[half].cause < cause;
        low += before ? half + 1 : 0;
        count = before ? count - half - 1 : half;
    }
    return low;
}

/* A sentence with its names filled in, kept in the arena where it has any; false: a name is not
 * known. */
static bool fill(struct writer *w, struct slice text, struct slice *filled_r)
{
    char storage[SENTENCE_MAX];
    struct buf out;
    size_t open;
    if (slice_find(text, '{', 0) == SLICE_NONE) {
        *filled_r = text;
        return true;
    }
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

static void add_step(struct writer *w, struct slice step)
{
    if (w->e->count < EXPLANATION_STEPS_MAX)
        w->e->steps[w->e->count++] = step;
}

static bool add_provider_steps(struct writer *w)
{
    size_t before = w->e->count;
    struct slice filled;
    for (const struct advice *a = w->rows; a < w->end; a++)
        if (a->kind == ADVICE_PROVIDER_STEP && slice_eq(a->provider, w->d->provider) &&
            fill(w, a->text, &filled))
            add_step(w, filled);
    return w->e->count > before;
}

/* The steps of advice.def; what the provider says itself comes behind the first one. */
static void add_steps(struct writer *w)
{
    struct slice filled;
    bool said = false, by_provider = false;
    for (const struct advice *a = w->rows; a < w->end; a++) {
        bool is_step =
            a->kind == ADVICE_STEP || a->kind == ADVICE_GENERAL_STEP || a->kind == ADVICE_OR_STEP;
        if (!is_step || (a->kind == ADVICE_OR_STEP && said))
            continue;
        said = a->kind == ADVICE_GENERAL_STEP && by_provider;
        if (said || !fill(w, a->text, &filled))
            continue;
        said = true;
        add_step(w, filled);
        if (w->e->count == 1)
            by_provider = add_provider_steps(w);
    }
}

static void find_summary(struct writer *w)
{
    for (const struct advice *a = w->rows; a < w->end && w->e->summary.len == 0; a++)
        if (a->kind == ADVICE_SUMMARY)
            (void)fill(w, a->text, &w->e->summary);
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
    if (by_digit[digit].second)
        add_step(w, slice_str(by_digit[digit].second));
}

bool explain(const struct diagnosis *d, const struct diagnosis_input *in, struct arena *arena,
             struct explanation *e_r)
{
    struct writer w = {d, in, arena, e_r, first_of(d->cause), first_of(d->cause + 1U), false};
    *e_r = (struct explanation){.summary = {"", 0}};
    find_summary(&w);
    add_steps(&w);
    bool has_code = in->reply.code || in->reply.enhanced.class;
    if (d->cause == CAUSE_UNKNOWN && !has_code && in->stage == STAGE_NONE) {
        explain_nothing(&w);
    } else if (d->cause == CAUSE_UNKNOWN) {
        explain_codes(&w);
        explain_digits(&w);
    }
    return !w.no_room && e_r->summary.len > 0;
}
