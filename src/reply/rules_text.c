#include "reply/rules_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/nearest.h"
#include "reply/rules.h"

enum { RULE_NAME_MAX = 64, RULE_VALUE_MAX = 4000 };

static const struct slice key_names[] = {
#define X(id, name) [KEY_##id] = SLICE_INIT(name),
    RULE_KEYS(X)
#undef X
};

bool rule_error_set(struct rule_error *e, struct slice file, size_t line, const char *format, ...)
{
    if (e->text[0])
        return false;
    va_list args;
    e->file = file;
    e->line = line;
    va_start(args, format);
    vsnprintf(e->text, sizeof(e->text), format, args);
    va_end(args);
    return false;
}

void rule_book_init(struct rule_book *b, struct arena *arena, bool wants_samples)
{
    *b = (struct rule_book){.arena = arena, .wants_samples = wants_samples};
}

/* Where the reader is. */
struct place {
    struct slice file;
    size_t line;
    struct rule_provider_entry *provider;
    struct rule_entry *rule;
};

static void *take(struct rule_book *b, const struct place *p, size_t size)
{
    void *at = arena_take(b->arena, size);
    if (!at)
        (void)rule_error_set(&b->error, p->file, p->line, "there is no room for so many rules");
    return at;
}

static bool add_value(struct rule_book *b, const struct place *p, struct rule_values *list,
                      struct slice text)
{
    struct rule_value *v = take(b, p, sizeof(*v));
    if (!v)
        return false;
    *v = (struct rule_value){NULL, text, p->line};
    if (list->last)
        list->last->next = v;
    else
        list->first = v;
    list->last = v;
    list->count++;
    return true;
}

static bool begin_provider(struct rule_book *b, struct place *p, struct slice name)
{
    p->rule = NULL;
    for (p->provider = b->providers; p->provider; p->provider = p->provider->next)
        if (slice_eq(p->provider->name, name))
            return true;
    if (b->provider_count >= UINT8_MAX - 1)
        return rule_error_set(&b->error, p->file, p->line, "there are too many providers");
    struct rule_provider_entry *entry = take(b, p, sizeof(*entry));
    if (!entry)
        return false;
    *entry = (struct rule_provider_entry){.name = name, .number = b->provider_count++};
    if (b->last_provider)
        b->last_provider->next = entry;
    else
        b->providers = entry;
    b->last_provider = p->provider = entry;
    return true;
}

static bool begin_rule(struct rule_book *b, struct place *p, struct slice name)
{
    for (const struct rule_entry *r = b->rules; r; r = r->next)
        if (slice_eq(r->name, name))
            return rule_error_set(&b->error, p->file, p->line,
                                  "the rule %.*s stands at %.*s:%zu already; each needs a name of "
                                  "its own",
                                  SLICE_ARG(name), SLICE_ARG(r->file), r->line);
    if (b->rule_count >= RULES_MAX)
        return rule_error_set(&b->error, p->file, p->line, "more than %d rules", RULES_MAX);
    struct rule_entry *entry = take(b, p, sizeof(*entry));
    if (!entry)
        return false;
    *entry = (struct rule_entry){.name = name,
                                 .file = p->file,
                                 .line = p->line,
                                 .number = b->rule_count++,
                                 .provider = p->provider ? p->provider->number + 1 : 0};
    if (b->last_rule)
        b->last_rule->next = entry;
    else
        b->rules = entry;
    b->last_rule = p->rule = entry;
    return true;
}

static bool begin_advice(struct rule_book *b, struct place *p, struct slice causes)
{
    struct rule_entry *entry = take(b, p, sizeof(*entry));
    if (!entry)
        return false;
    *entry = (struct rule_entry){.name = causes, .file = p->file, .line = p->line};
    if (b->last_advice)
        b->last_advice->next = entry;
    else
        b->advice = entry;
    b->last_advice = p->rule = entry;
    return true;
}

bool rule_alternative(struct slice *rest_r, struct slice *one_r)
{
    if (!rest_r->at)
        return false;
    size_t bar = slice_find_slice(*rest_r, SLICE(" | "), 0);
    *one_r = slice_trim(slice_head(*rest_r, bar));
    *rest_r = bar == SLICE_NONE ? (struct slice){NULL, 0} : slice_from(*rest_r, bar + 3);
    return true;
}

static bool add_marks(struct rule_book *b, const struct place *p, struct rule_marks *list,
                      size_t owner, struct slice text)
{
    struct slice one;
    while (rule_alternative(&text, &one)) {
        struct rule_mark *m = take(b, p, sizeof(*m));
        if (!m)
            return false;
        *m = (struct rule_mark){NULL, owner, one, p->file, p->line};
        if (list->last)
            list->last->next = m;
        else
            list->first = m;
        list->last = m;
    }
    return true;
}

static bool add_hosts(struct rule_book *b, const struct place *p, struct slice text)
{
    struct slice host;
    while (slice_word(&text, &host))
        if (!add_value(b, p, &p->provider->hosts, host))
            return false;
    return true;
}

bool rule_cause_of(struct slice name, enum cause *cause_r)
{
    size_t best = SIZE_MAX;
    *cause_r = CAUSE_UNKNOWN;
    for (enum cause c = 0; c < CAUSE_COUNT; c++) {
        struct slice one = slice_str(cause_name(c));
        if (slice_eq(name, one))
            return *cause_r = c, true;
        if (nearest_improves(name, one, &best))
            *cause_r = c;
    }
    return false;
}

enum stage rule_stage_of(struct slice name)
{
    for (enum stage s = STAGE_CONNECT; s <= STAGE_QUEUE; s++)
        if (slice_eq(name, slice_str(stage_name(s))))
            return s;
    return STAGE_NONE;
}

static bool unknown_key(struct rule_book *b, const struct place *p, struct slice key)
{
    size_t best = SIZE_MAX, nearest = KEY_COUNT;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (nearest_improves(key, key_names[i], &best))
            nearest = i;
    key = slice_head(key, RULE_NAME_MAX);
    if (nearest < KEY_COUNT && p->rule)
        return rule_error_set(&b->error, p->file, p->line,
                              "\"%.*s\" is not known; did you mean %s?", SLICE_ARG(key),
                              key_names[nearest].at);
    return rule_error_set(
        &b->error, p->file, p->line, "\"%.*s\" is not known here; %s", SLICE_ARG(key),
        p->rule ? "a rule has cause, when, phrase, and, unless, level, priority, "
                  "confidence, blocklist, source, match, not, step, only and refused"
                : "lines of a rule stand below \"rule: NAME\"");
}

static bool take_rule_line(struct rule_book *b, const struct place *p, struct slice key,
                           struct slice value, bool *taken_r)
{
    *taken_r = false;
    for (size_t i = 0; p->rule && i < KEY_COUNT; i++) {
        if (!slice_eq(key, key_names[i]))
            continue;
        *taken_r = true;
        return add_value(b, p, &p->rule->values[i], value);
    }
    return true;
}

static bool take_line(struct rule_book *b, struct place *p, struct slice key, struct slice value)
{
    bool taken;
    if (slice_eq(key, SLICE("provider")))
        return begin_provider(b, p, value);
    if (slice_eq(key, SLICE("rule")))
        return begin_rule(b, p, value);
    if (slice_eq(key, SLICE("advice")))
        return begin_advice(b, p, value);
    if (!take_rule_line(b, p, key, value, &taken) || taken)
        return taken;
    if (!p->rule && p->provider && slice_eq(key, SLICE("hosts")))
        return add_hosts(b, p, value);
    if (!p->rule && p->provider && slice_eq(key, SLICE("marks")))
        return add_marks(b, p, &b->marks, p->provider->number, value);
    if (slice_starts(key, SLICE("stage "))) {
        enum stage stage = rule_stage_of(slice_from(key, 6));
        if (stage != STAGE_NONE)
            return add_marks(b, p, &b->stages, stage, value);
    }
    return unknown_key(b, p, key);
}

bool rule_book_read(struct rule_book *b, struct slice file, struct slice text)
{
    struct place p = {.file = file};
    struct slice line;
    while (slice_line(&text, &line)) {
        p.line++;
        line = slice_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        size_t colon = slice_find(line, ':', 0);
        struct slice key = slice_trim(slice_head(line, colon));
        struct slice value = slice_trim(slice_from(line, colon == SLICE_NONE ? 0 : colon + 1));
        bool is_name = slice_eq(key, SLICE("rule")) || slice_eq(key, SLICE("provider"));
        if (colon == SLICE_NONE)
            return rule_error_set(&b->error, file, p.line,
                                  "no colon in this line; right is, for example, \"phrase: mailbox "
                                  "full\"");
        if (value.len == 0 || value.len > (is_name ? RULE_NAME_MAX : RULE_VALUE_MAX))
            return rule_error_set(&b->error, file, p.line,
                                  "nothing, or too much, stands behind %.*s:",
                                  SLICE_ARG(slice_head(key, RULE_NAME_MAX)));
        if (!take_line(b, &p, key, value))
            return false;
    }
    return true;
}

bool rule_sample_parse(struct slice line, struct rule_sample *s_r)
{
    *s_r = (struct rule_sample){STAGE_NONE, {"", 0}, line};
    size_t close = slice_find(line, ']', 0);
    bool is_told = slice_starts(line, SLICE("[stage=")) || slice_starts(line, SLICE("[remote="));
    if (!is_told || close == SLICE_NONE)
        return true;
    struct slice told = slice_of(line.at + 1, close - 1), word;
    s_r->text = slice_trim(slice_from(line, close + 1));
    while (slice_word(&told, &word)) {
        if (slice_starts(word, SLICE("remote=")))
            s_r->remote = slice_from(word, 7);
        else if (slice_starts(word, SLICE("stage=")))
            s_r->stage = rule_stage_of(slice_from(word, 6));
        if (!slice_starts(word, SLICE("remote=")) && s_r->stage == STAGE_NONE)
            return false;
    }
    return true;
}
