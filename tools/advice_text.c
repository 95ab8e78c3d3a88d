#include "advice_text.h"

#include "base/nearest.h"

enum { TEXT_MAX = 400, NAME_SHOWN = 60, CAUSES_AT_ONCE = 12 };

struct key {
    struct slice name;
    uint8_t kind;
    const char *reader;
};

/* A step for one kind of reader says so first, so that others can skip it. */
static const struct key keys[] = {
    {SLICE_INIT("summary"), ADVICE_SUMMARY, ""},
    {SLICE_INIT("step"), ADVICE_STEP, ""},
    {SLICE_INIT("or"), ADVICE_OR_STEP, NULL},
    {SLICE_INIT("sender"), ADVICE_STEP, "If you wrote it: "},
    {SLICE_INIT("admin"), ADVICE_STEP, "On the sending server: "},
    {SLICE_INIT("recipient"), ADVICE_STEP, "If the mailbox is yours: "},
    {SLICE_INIT("only"), ADVICE_ONLY_STEP, ""},
    {SLICE_INIT("receiver"), ADVICE_STEP, "On the receiving server: "},
    {SLICE_INIT("refusal"), ADVICE_REFUSED_SUMMARY, ""},
    {SLICE_INIT("refused"), ADVICE_REFUSED_STEP, ""},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

struct place {
    struct advice_book *book;
    struct slice file;
    size_t line, owner_line;
    struct slice provider, list, unless;
    bool has_source;
    enum cause causes[CAUSES_AT_ONCE];
    size_t cause_count;
    const char *reader; /* of the step before */
};

#define WRONG(p, ...) rule_error_set(&(p)->book->error, (p)->file, (p)->line, __VA_ARGS__)
#define SHOWN(s)      SLICE_ARG(slice_head(s, NAME_SHOWN))

void advice_book_init(struct advice_book *b, struct arena *arena, const struct rule_book *rules)
{
    *b = (struct advice_book){.arena = arena, .providers = rules->providers, .rules = rules->rules};
}

/* ---- one text ---- */

/* What is behind an address would be copied together with it. */
static bool check_addresses(struct place *p, struct slice text)
{
    struct slice word;
    while (slice_word(&text, &word)) {
        bool is_url = slice_find_slice(word, SLICE("://"), 0) != SLICE_NONE;
        char last = word.at[word.len - 1];
        if (is_url &&
            (!slice_starts(word, SLICE("http")) || (!ascii_is_alnum(last) && last != '/')))
            return WRONG(p, "a space has to stand before and behind the address %.*s", SHOWN(word));
    }
    return true;
}

static bool check_text(struct place *p, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] > '~')
            return WRONG(p, "only printable ASCII is shown right on every terminal");
    if (text.len > TEXT_MAX)
        return WRONG(p, "longer than %d letters: make two steps of it", TEXT_MAX);
    if (slice_find_slice(text, SLICE("  "), 0) != SLICE_NONE)
        return WRONG(p, "two spaces in a row");
    return advice_check_names(&p->book->error, p->file, p->line, text) && check_addresses(p, text);
}

/* ---- one line ---- */

static bool add_to(struct place *p, struct advice_lines *list, struct advice_line row)
{
    struct advice_line *line = arena_take(p->book->arena, sizeof(*line));
    if (!line)
        return WRONG(p, "there is no room for so much advice");
    *line = row;
    if (list->last)
        list->last->next = line;
    else
        list->first = line;
    list->last = line;
    return true;
}

static bool is_own(const struct place *p)
{
    return p->provider.len || p->list.len;
}

/* Whether an "or" may follow. */
static bool may_be_replaced(uint8_t kind)
{
    return kind != ADVICE_SUMMARY && kind != ADVICE_REFUSED_SUMMARY && kind != ADVICE_REFUSED_STEP;
}

static bool add_row(struct place *p, const struct key *key, bool is_general, struct slice text)
{
    struct advice_line row = {.kind = is_general ? ADVICE_GENERAL_STEP : key->kind,
                              .reader = key->reader ? key->reader : p->reader,
                              .provider = p->provider,
                              .list = p->list,
                              .unless = p->unless,
                              .text = text,
                              .file = p->file,
                              .line = p->line};
    if (p->cause_count == 0)
        return WRONG(p, "no \"cause: NAME\" stands above this");
    if (!row.reader)
        return WRONG(p, "\"or\" stands behind the step that it replaces");
    if (is_own(p) && row.kind != ADVICE_STEP && row.kind != ADVICE_ONLY_STEP)
        return WRONG(p, "a provider or blocklist has only steps of its own");
    if (!is_own(p) && row.kind == ADVICE_ONLY_STEP)
        return WRONG(p, "\"only\" is for a provider or blocklist");
    if (is_own(p) && row.kind == ADVICE_STEP)
        row.kind = ADVICE_OWN_STEP;
    p->reader = may_be_replaced(row.kind) ? row.reader : NULL;
    if (!check_text(p, text))
        return false;
    for (size_t i = 0; i < p->cause_count; i++)
        if (!add_to(p, (is_own(p) ? p->book->own : p->book->general) + p->causes[i], row))
            return false;
    return true;
}

static bool take_causes(struct place *p, struct slice names)
{
    struct slice name;
    p->cause_count = 0;
    p->reader = NULL;
    p->unless = slice_head(names, 0);
    while (slice_split(&names, ',', &name)) {
        enum cause cause;
        name = slice_trim(name);
        if (!rule_cause_of(name, &cause))
            return WRONG(p, "there is no cause \"%.*s\"; did you mean %s?", SHOWN(name),
                         cause_name(cause));
        if (p->cause_count == CAUSES_AT_ONCE)
            return WRONG(p, "at most %d causes at once", CAUSES_AT_ONCE);
        p->causes[p->cause_count++] = cause;
    }
    return true;
}

/* For the steps that follow, up to the next cause. */
static bool take_unless(struct place *p, struct slice names)
{
    struct slice name;
    p->unless = names;
    if (!is_own(p) || p->cause_count == 0)
        return WRONG(p, "\"unless\" stands below the cause of a provider or blocklist");
    while (slice_split(&names, ',', &name)) {
        const struct rule_entry *e = p->book->rules;
        name = slice_trim(name);
        while (e && !slice_eq(e->name, name))
            e = e->next;
        if (!e)
            return WRONG(p, "there is no rule \"%.*s\" in share/rules", SHOWN(name));
    }
    return true;
}

/* Whoever says where to turn has to say where that is known from. */
static bool end_owner(struct place *p)
{
    if (!is_own(p) || p->has_source)
        return true;
    p->line = p->owner_line;
    return WRONG(p, "no \"source: WHERE\" says where this advice is known from");
}

static bool begin_owner(struct place *p, struct slice name, bool is_provider)
{
    size_t best = SIZE_MAX;
    struct slice nearest = {"", 0};
    size_t line = p->line;
    if (!end_owner(p))
        return false;
    *p = (struct place){.book = p->book, .file = p->file, .line = line, .owner_line = line};
    if (!is_provider) {
        p->list = name;
        return true;
    }
    p->provider = name;
    for (const struct rule_provider_entry *e = p->book->providers; e; e = e->next) {
        if (slice_eq(e->name, name))
            return true;
        if (nearest_improves(name, e->name, &best))
            nearest = e->name;
    }
    return WRONG(p, "no rules know the provider \"%.*s\"%s%.*s", SHOWN(name),
                 nearest.len ? "; did you mean " : "", SHOWN(nearest));
}

static bool take_line(struct place *p, struct slice key, struct slice value)
{
    bool is_general = slice_starts(key, SLICE("general "));
    struct slice name = slice_from(key, is_general ? 8 : 0);
    if (slice_eq(key, SLICE("provider")))
        return begin_owner(p, value, true);
    if (slice_eq(key, SLICE("list")) && p->provider.len && p->cause_count == 0)
        return p->list = value, true;
    if (slice_eq(key, SLICE("list")))
        return begin_owner(p, value, false);
    if (slice_eq(key, SLICE("cause")))
        return take_causes(p, value);
    if (slice_eq(key, SLICE("unless")))
        return take_unless(p, value);
    if (slice_eq(key, SLICE("source")))
        return p->has_source = true;
    for (size_t i = 0; i < KEYS; i++)
        if (slice_eq(name, keys[i].name) && !(is_general && keys[i].kind != ADVICE_STEP))
            return add_row(p, &keys[i], is_general, value);
    return WRONG(
        p,
        "\"%.*s\" is not known; there are provider, list, source, cause, unless, summary, step, "
        "or, only, sender, admin, recipient, receiver, refusal, refused",
        SHOWN(key));
}

bool advice_book_read(struct advice_book *b, struct slice file, struct slice text)
{
    struct place p = {.book = b, .file = file};
    struct slice line;
    while (slice_line(&text, &line)) {
        p.line++;
        line = slice_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        size_t colon = slice_find(line, ':', 0);
        struct slice key = slice_trim(slice_head(line, colon));
        struct slice value = slice_trim(slice_from(line, colon == SLICE_NONE ? 0 : colon + 1));
        if (colon == SLICE_NONE || value.len == 0)
            return WRONG(&p, "no colon in this line, or nothing behind it; right is, for example, "
                             "\"step: Wait.\"");
        if (!take_line(&p, key, value))
            return false;
    }
    return end_owner(&p);
}

/* ---- all of it ---- */

static size_t count_of(const struct advice_lines *list, enum advice_kind kind)
{
    size_t count = 0;
    for (const struct advice_line *l = list->first; l; l = l->next)
        count += l->kind == kind;
    return count;
}

static bool is_always_said(const struct advice_line *l)
{
    return slice_find(l->text, '{', 0) == SLICE_NONE;
}

static bool check_general(struct advice_book *b, enum cause cause)
{
    bool has_summary = false, has_step = false, has_refused = false;
    for (const struct advice_line *l = b->general[cause].first; l; l = l->next) {
        has_summary |= l->kind == ADVICE_SUMMARY && is_always_said(l);
        has_step |= l->kind == ADVICE_STEP && is_always_said(l);
        has_refused |= l->kind == ADVICE_REFUSED_STEP && is_always_said(l);
    }
    const struct advice_line *first = b->general[cause].first;
    return (has_summary && has_step && has_refused) ||
           rule_error_set(&b->error, first ? first->file : SLICE("share/advice"),
                          first ? first->line : 0,
                          "the cause %s needs a summary, a step and a \"refused\" that name "
                          "nothing in {}",
                          cause_name(cause));
}

static bool too_many(struct advice_book *b, const struct advice_line *l, enum cause cause)
{
    return rule_error_set(&b->error, l->file, l->line,
                          "more than the %d steps that are shown for %s, those of all counted",
                          EXPLANATION_STEPS_MAX, cause_name(cause));
}

/* What a provider adds must not push steps of all out. */
static bool check_count(struct advice_book *b, enum cause cause)
{
    const struct advice_lines *general = &b->general[cause], *own = &b->own[cause];
    size_t steps = count_of(general, ADVICE_STEP);
    if (steps + count_of(general, ADVICE_GENERAL_STEP) > EXPLANATION_STEPS_MAX ||
        count_of(general, ADVICE_REFUSED_STEP) > EXPLANATION_STEPS_MAX)
        return too_many(b, general->first, cause);
    for (const struct advice_line *l = own->first; l; l = l->next) {
        size_t theirs = 0;
        for (const struct advice_line *o = own->first; o; o = o->next)
            theirs += o->kind == ADVICE_OWN_STEP && slice_eq(o->provider, l->provider) &&
                      slice_eq(o->list, l->list);
        if (steps + theirs > EXPLANATION_STEPS_MAX)
            return too_many(b, l, cause);
    }
    return true;
}

bool advice_book_check(struct advice_book *b)
{
    for (unsigned cause = 0; cause < CAUSE_UNKNOWN; cause++) /* unknown: the code's own words */
        if (!check_general(b, (enum cause)cause) || !check_count(b, (enum cause)cause))
            return false;
    return true;
}
