#include "reply/rules_compile.h"

#include "base/nearest.h"
#include "reply/own_advice.h"
#include "reply/rules_trie.h"

/* Most symbols between the parts of a phrase: for ` .. `, for ` ... `. */
enum { GAP_NEAR = 48, GAP_NAME = 72, GAP_FAR = 4096 };
enum { AND_MAX = 7, ALL_MAX = 0xFFF0 };

struct compiler {
    struct rule_book *book;
    struct rule_tables *t;
    struct trie trie;
    struct rows rules, clauses, parts, literals, codes, enhanceds, code_rules, providers, hosts;
    /* What is being read, for errors. */
    struct slice file;
    size_t line;
};

/* `format` has a literal "%.*s" for the word. */
#define WRONG(c, format, word)                                                                     \
    rule_error_set(&(c)->book->error, (c)->file, (c)->line, format, SLICE_ARG(slice_head(word, 60)))

static bool no_room(struct compiler *c)
{
    return rule_error_set(&c->book->error, c->file, c->line,
                          "there is no room for so many or such long rules");
}

static void *add(struct compiler *c, struct rows *rows)
{
    void *row = rows->count < ALL_MAX ? rows_add(rows, c->book->arena) : NULL;
    if (!row)
        (void)no_room(c);
    return row;
}

/* ---- phrases ---- */

static bool add_literal(struct compiler *c, const uint8_t *symbols, size_t len, uint16_t gap)
{
    struct rule_part *part = add(c, &c->parts);
    uint16_t number;
    if (!part)
        return false;
    if (!trie_add(&c->trie, slice_of((const char *)symbols, len), &number))
        return no_room(c);
    *part = (struct rule_part){number, gap};
    if (number < c->literals.count)
        return true;
    struct rule_literal *l = add(c, &c->literals);
    if (l)
        l->len = (uint16_t)len;
    return l != NULL;
}

/* A piece of a phrase, without gaps in it. */
static bool add_piece(struct compiler *c, struct slice piece, uint16_t gap)
{
    struct folded f;
    if (slice_starts(piece, SLICE("url:"))) {
        fold_name(slice_from(piece, 4), &f);
        return f.len >= 2 ? add_literal(c, f.symbols, f.len, gap)
                          : WRONG(c, "\"%.*s\" is too short to mean anything", piece);
    }
    struct slice words = piece;
    while (words.len && words.at[words.len - 1] == '$')
        words.len--;
    fold_phrase(words, &f);
    bool is_special = f.len && f.symbols[0] <= FOLDED_HOST;
    if (f.len == 0 || (f.len < 2 && !is_special) || f.len > FOLD_MAX - 4)
        return WRONG(c, "\"%.*s\" is too short to mean anything", piece);
    size_t begin = f.symbols[0] < 0x80;
    memmove(f.symbols + begin, f.symbols, f.len);
    f.len += begin;
    if (begin)
        f.symbols[0] = ' ';
    if (words.len < piece.len)
        f.symbols[f.len++] = ' ';
    return add_literal(c, f.symbols, f.len, gap);
}

/* Where a host or URL is followed by words: what is folded has its name between them. */
static size_t find_name(struct slice rest, struct slice what)
{
    size_t at = slice_find_slice(rest, what, 0);
    return at == SLICE_NONE || slice_starts(slice_from(rest, at + what.len), SLICE(".."))
               ? SLICE_NONE
               : at + what.len - 1;
}

/* Takes what stands before the next ` .. ` or ` ... `, or the words behind a name; *gap_r is what
 * may be between. */
static bool take_piece(struct slice *rest_r, struct slice *piece_r, uint16_t *gap_r)
{
    if (!rest_r->at)
        return false;
    const struct {
        size_t at, len;
        uint16_t gap;
    } cuts[] = {{slice_find_slice(*rest_r, SLICE(" .. "), 0), 4, GAP_NEAR},
                {slice_find_slice(*rest_r, SLICE(" ... "), 0), 5, GAP_FAR},
                {find_name(*rest_r, SLICE("{host} ")), 1, GAP_NAME},
                {find_name(*rest_r, SLICE("{url} ")), 1, GAP_NAME}};
    size_t first = 0;
    for (size_t i = 1; i < sizeof(cuts) / sizeof(*cuts); i++)
        first = cuts[i].at < cuts[first].at ? i : first;
    *piece_r = slice_trim(slice_head(*rest_r, cuts[first].at));
    *gap_r = cuts[first].gap;
    *rest_r = cuts[first].at == SLICE_NONE ? (struct slice){NULL, 0}
                                           : slice_from(*rest_r, cuts[first].at + cuts[first].len);
    return true;
}

static bool add_clause(struct compiler *c, size_t owner, enum clause_kind kind, size_t group,
                       struct slice phrase)
{
    struct rule_clause clause = {.rule = (uint16_t)owner,
                                 .kind = (uint8_t)kind,
                                 .group = (uint8_t)group,
                                 .first_part = (uint16_t)c->parts.count};
    struct slice piece;
    uint16_t gap = 0, next_gap;
    size_t weight = 0;
    while (take_piece(&phrase, &piece, &next_gap)) {
        if (!add_piece(c, piece, gap))
            return false;
        const struct rule_part *part = (struct rule_part *)c->parts.at + c->parts.count - 1;
        struct rule_literal *literal = (struct rule_literal *)c->literals.at + part->literal;
        weight += literal->len;
        literal->leads |= phrase.at != NULL;
        gap = next_gap;
    }
    clause.parts = (uint16_t)(c->parts.count - clause.first_part);
    clause.weight = (uint16_t)(weight < UINT16_MAX ? weight : UINT16_MAX);
    if (c->clauses.count >= CLAUSES_MAX)
        return no_room(c);
    struct rule_clause *row = add(c, &c->clauses);
    if (row)
        *row = clause;
    return row != NULL;
}

static bool add_alternatives(struct compiler *c, size_t owner, enum clause_kind kind, size_t group,
                             struct slice text)
{
    struct slice one;
    while (rule_alternative(&text, &one))
        if (!add_clause(c, owner, kind, group, one))
            return false;
    return true;
}

static bool add_phrases(struct compiler *c, const struct rule_entry *e, enum rule_key key,
                        enum clause_kind kind)
{
    size_t group = 0;
    for (const struct rule_value *v = e->values[key].first; v; v = v->next) {
        c->line = v->line;
        if (kind == CLAUSE_AND && group >= AND_MAX)
            return WRONG(c, "the rule %.*s has more than 7 lines \"and\"", e->name);
        if (!add_alternatives(c, e->number, kind, group, v->text))
            return false;
        group += kind == CLAUSE_AND;
    }
    return true;
}

/* ---- conditions ---- */

/* `552`, `4yz`; y and z are any digit: 0 in the lowest, 9 in the highest. `0`: there is no code. */
static bool parse_code(struct slice s, char any, uint16_t *code_r)
{
    *code_r = 0;
    if (s.len != 3)
        return slice_eq(s, SLICE("0"));
    for (size_t i = 0; i < 3; i++) {
        char d = s.at[i] == 'y' || s.at[i] == 'z' || s.at[i] == 'x' ? any : s.at[i];
        if (!ascii_is_digit(d))
            return false;
        *code_r = (uint16_t)(*code_r * 10 + (d - '0'));
    }
    return true;
}

static bool add_code(struct compiler *c, struct slice item)
{
    size_t hyphen = slice_find(item, '-', 0);
    struct slice low = slice_head(item, hyphen);
    struct slice high = hyphen == SLICE_NONE ? item : slice_from(item, hyphen + 1);
    struct rule_code code;
    if (!parse_code(low, '0', &code.low) || !parse_code(high, '9', &code.high))
        return WRONG(c, "\"%.*s\" is no reply code; right is, for example, 550, 4yz or 550-554",
                     item);
    struct rule_code *row = add(c, &c->codes);
    if (row)
        *row = code;
    return row != NULL;
}

static bool add_enhanced(struct compiler *c, struct slice item)
{
    uint16_t numbers[3];
    struct slice rest = item, one;
    size_t count = 0;
    uint32_t number;
    while (count < 3 && slice_split(&rest, '.', &one)) {
        bool any = slice_eq(one, SLICE("x")) || slice_eq(one, SLICE("*"));
        if (!any && (!slice_u32(one, &number) || number > 999))
            break;
        numbers[count++] = any ? RULE_ANY : (uint16_t)number;
    }
    if (count != 3 || rest.len)
        return WRONG(c, "\"%.*s\" is no enhanced code; right is, for example, 5.7.1 or x.2.2",
                     item);
    struct rule_enhanced *row = add(c, &c->enhanceds);
    if (row)
        *row = (struct rule_enhanced){numbers[0], numbers[1], numbers[2]};
    return row != NULL;
}

static bool add_stage(struct compiler *c, struct rule *r, struct slice item)
{
    enum stage stage = rule_stage_of(item);
    if (stage == STAGE_NONE && item.len > 0) /* nothing: where the stage is not known */
        return WRONG(c,
                     "\"%.*s\" is no stage; right is connect, ehlo, starttls, auth, mail, rcpt, "
                     "data, end-of-data or queue",
                     item);
    r->stages |= (uint16_t)(1U << stage);
    return true;
}

static bool add_condition(struct compiler *c, struct rule *r, struct slice word)
{
    size_t equals = slice_find(word, '=', 0);
    struct slice key = slice_head(word, equals), items = slice_from(word, equals + 1), item;
    if (slice_eq(word, SLICE("provider"))) {
        r->needs_provider = true;
        return r->provider
                   ? true
                   : WRONG(c, "\"%.*s\" is asked for, and no provider: line stands above", word);
    }
    bool is_code = slice_eq(key, SLICE("code")), is_enhanced = slice_eq(key, SLICE("enhanced"));
    if (equals == SLICE_NONE || !(is_code || is_enhanced || slice_eq(key, SLICE("stage"))))
        return WRONG(c,
                     "\"%.*s\" is no condition; right is provider, code=550, enhanced=5.7.1 or "
                     "stage=rcpt",
                     word);
    for (size_t comma = 0; comma != SLICE_NONE; items = slice_from(items, comma + 1)) {
        comma = slice_find(items, ',', 0);
        item = slice_head(items, comma);
        if (!(is_code       ? add_code(c, item)
              : is_enhanced ? add_enhanced(c, item)
                            : add_stage(c, r, item)))
            return false;
    }
    return true;
}

static bool add_conditions(struct compiler *c, struct rule *r, struct slice text)
{
    struct slice word;
    r->first_code = (uint16_t)c->codes.count;
    r->first_enhanced = (uint16_t)c->enhanceds.count;
    while (slice_word(&text, &word))
        if (!add_condition(c, r, word))
            return false;
    r->codes = (uint16_t)(c->codes.count - r->first_code);
    r->enhanceds = (uint16_t)(c->enhanceds.count - r->first_enhanced);
    return true;
}

/* ---- rules ---- */

/* The one value of a key, or an empty text; false: it stands twice. */
static bool one(struct compiler *c, const struct rule_entry *e, enum rule_key key,
                struct slice *text_r)
{
    const struct rule_value *v = e->values[key].first;
    *text_r = v ? v->text : (struct slice){"", 0};
    c->line = v ? v->line : e->line;
    if (!v || !v->next)
        return true;
    c->line = v->next->line;
    return WRONG(c, "this stands twice in the rule %.*s; one of them is enough", e->name);
}

static bool find_cause(struct compiler *c, const struct rule_entry *e, struct rule *r)
{
    struct slice text;
    enum cause cause;
    if (!one(c, e, KEY_CAUSE, &text))
        return false;
    if (text.len == 0)
        return WRONG(c, "the rule %.*s needs a cause, as in \"cause: mailbox_full\"", e->name);
    bool is_one = rule_cause_of(text, &cause);
    r->cause = (uint8_t)cause;
    return is_one ||
           rule_error_set(&c->book->error, c->file, c->line,
                          "%.*s is no cause; did you mean %s? (candor-causes(7) lists them)",
                          SLICE_ARG(slice_head(text, 60)), cause_name(cause));
}

static bool find_level(struct compiler *c, const struct rule_entry *e, struct rule *r)
{
    static const struct slice levels[] = {
        [RULE_HINT] = SLICE_INIT("hint"),
        [RULE_CODES] = SLICE_INIT("codes"),
        [RULE_PHRASE] = SLICE_INIT("phrase"),
        [RULE_NAMED] = SLICE_INIT("named"),
    };
    struct slice text;
    if (!one(c, e, KEY_LEVEL, &text))
        return false;
    r->level = e->values[KEY_PHRASE].count ? RULE_PHRASE : RULE_CODES;
    if (text.len == 0)
        return true;
    for (r->level = RULE_HINT; r->level <= RULE_NAMED; r->level++)
        if (slice_eq(text, levels[r->level]))
            return true;
    return WRONG(c, "\"%.*s\" is no level; right is hint, codes, phrase or named", text);
}

/* A number within bounds; 0 where there is none. */
static bool find_number(struct compiler *c, const struct rule_entry *e, enum rule_key key,
                        int32_t low, int32_t high, int32_t *number_r)
{
    struct slice text;
    uint32_t value = 0;
    if (!one(c, e, key, &text))
        return false;
    bool minus = text.len && text.at[0] == '-';
    bool good = text.len == 0 || slice_u32(slice_from(text, minus), &value);
    if (good && value <= 1000)
        *number_r = minus ? -(int32_t)value : (int32_t)value;
    if (good && value <= 1000 && *number_r >= low && *number_r <= high)
        return true;
    return rule_error_set(&c->book->error, c->file, c->line,
                          "%.*s: right is a number from %d to %d", SLICE_ARG(slice_head(text, 60)),
                          low, high);
}

static bool check_samples(struct compiler *c, const struct rule_entry *e)
{
    struct rule_sample ignored;
    struct slice source;
    for (enum rule_key key = KEY_MATCH; key <= KEY_NOT; key++)
        for (const struct rule_value *v = e->values[key].first; v; v = v->next) {
            c->line = v->line;
            if (!rule_sample_parse(v->text, &ignored))
                return WRONG(c, "what stands in [ ] is not stage=… or remote=…: %.*s", v->text);
        }
    if (!one(c, e, KEY_SOURCE, &source))
        return false;
    bool whole = source.len && e->values[KEY_MATCH].count && e->values[KEY_NOT].count;
    c->line = e->line;
    return whole || !c->book->wants_samples
               ? true
               : WRONG(c, "the rule %.*s needs a source, a match and a not", e->name);
}

static bool add_rule(struct compiler *c, const struct rule_entry *e)
{
    struct rule r = {.id = e->name, .provider = (uint8_t)e->provider};
    struct slice when, blocklist;
    int32_t priority = 0, percent = 0;
    c->file = e->file;
    if (!find_cause(c, e, &r) || !check_samples(c, e) || !find_level(c, e, &r) ||
        !find_number(c, e, KEY_PRIORITY, -99, 99, &priority) ||
        !find_number(c, e, KEY_CONFIDENCE, 0, 100, &percent) ||
        !one(c, e, KEY_BLOCKLIST, &blocklist))
        return false;
    if (!add_phrases(c, e, KEY_PHRASE, CLAUSE_PHRASE) || !add_phrases(c, e, KEY_AND, CLAUSE_AND) ||
        !add_phrases(c, e, KEY_UNLESS, CLAUSE_UNLESS) || !one(c, e, KEY_WHEN, &when) ||
        !add_conditions(c, &r, when))
        return false;
    c->line = e->line;
    if (e->values[KEY_PHRASE].count == 0 && when.len == 0)
        return WRONG(c, "the rule %.*s fits everything; give it a phrase or a when", e->name);
    r.priority = (int8_t)priority;
    r.percent = (uint8_t)percent;
    r.groups = (uint8_t)((1U << e->values[KEY_AND].count) - 1);
    r.has_unless = e->values[KEY_UNLESS].count > 0;
    r.blocklist_is_host = slice_eq(blocklist, SLICE("host"));
    r.blocklist = r.blocklist_is_host ? (struct slice){"", 0} : blocklist;
    struct rule *row = add(c, &c->rules);
    uint16_t *code_rule = row && e->values[KEY_PHRASE].count == 0 ? add(c, &c->code_rules) : NULL;
    if (!row || (!code_rule && e->values[KEY_PHRASE].count == 0))
        return false;
    *row = r;
    if (!code_rule)
        return true;
    *code_rule = (uint16_t)e->number;
    if (r.level > c->t->code_rule_level)
        c->t->code_rule_level = r.level;
    return true;
}

static bool add_provider(struct compiler *c, const struct rule_provider_entry *e)
{
    struct rule_provider *p = add(c, &c->providers);
    if (!p)
        return false;
    *p = (struct rule_provider){e->name, (uint16_t)c->hosts.count, (uint16_t)e->hosts.count};
    for (const struct rule_value *v = e->hosts.first; v; v = v->next) {
        struct slice *host = add(c, &c->hosts);
        if (!host)
            return false;
        *host = v->text;
    }
    return true;
}

static bool add_marks(struct compiler *c, const struct rule_marks *marks, enum clause_kind kind)
{
    for (const struct rule_mark *m = marks->first; m; m = m->next) {
        c->file = m->file;
        c->line = m->line;
        if (!add_clause(c, m->owner, kind, 0, m->text))
            return false;
    }
    return true;
}

/* Of which groups of its rule a clause is (see struct rule_found). */
static uint8_t bits_of(const struct rule_clause *c)
{
    if (c->kind == CLAUSE_AND)
        return (uint8_t)(1U << c->group);
    return (uint8_t)(c->kind == CLAUSE_UNLESS ? RULE_HAS_UNLESS : 0);
}

static uint32_t strength_of(const struct compiler *c, const struct rule_clause *clause)
{
    return clause->kind == CLAUSE_PHRASE
               ? rule_strength((const struct rule *)c->rules.at + clause->rule, clause->weight)
               : 0;
}

static const struct rule_part *last_part(const struct compiler *c, size_t clause)
{
    const struct rule_clause *row = (const struct rule_clause *)c->clauses.at + clause;
    return (const struct rule_part *)c->parts.at + row->first_part + row->parts - 1;
}

/* Those of one part come before those that need a look back: `alone` says which are added. */
static void add_uses(const struct compiler *c, struct rule_use *uses, bool alone)
{
    const struct rule_clause *clauses = c->clauses.at;
    for (size_t i = 0; i < c->clauses.count; i++) {
        const struct rule_clause *row = &clauses[i];
        const struct rule_part *last = last_part(c, i);
        struct rule_literal *l = (struct rule_literal *)c->literals.at + last->literal;
        if ((row->parts == 1) != alone)
            continue;
        uses[l->first_use + l->uses++] =
            (struct rule_use){.strength = strength_of(c, row),
                              .clause = (uint16_t)i,
                              .rule = row->rule,
                              .kind = row->kind,
                              .bits = bits_of(row),
                              .before = alone ? RULE_ALONE : last[-1].literal,
                              .gap = last->gap};
        l->alone = (uint16_t)(l->alone + alone);
    }
}

/* Which clauses end with which literal. */
static bool find_uses(struct compiler *c)
{
    struct rule_literal *literals = c->literals.at;
    struct rule_use *uses = arena_array(c->book->arena, c->clauses.count + 1, sizeof(*uses));
    uint16_t first = 0;
    if (!uses)
        return no_room(c);
    for (size_t i = 0; i < c->clauses.count; i++)
        literals[last_part(c, i)->literal].uses++;
    for (size_t i = 0; i < c->literals.count; i++) {
        literals[i].first_use = first;
        first = (uint16_t)(first + literals[i].uses);
        literals[i].uses = 0;
    }
    add_uses(c, uses, true);
    add_uses(c, uses, false);
    c->t->uses = uses;
    c->t->use_count = c->clauses.count;
    return true;
}

static void take_rows(const struct compiler *c)
{
    struct rule_tables *t = c->t;
    t->rules = c->rules.at;
    t->rule_count = c->rules.count;
    t->clauses = c->clauses.at;
    t->clause_count = c->clauses.count;
    t->parts = c->parts.at;
    t->part_count = c->parts.count;
    t->literals = c->literals.at;
    t->literal_count = c->literals.count;
    t->codes = c->codes.at;
    t->code_count = c->codes.count;
    t->enhanceds = c->enhanceds.at;
    t->enhanced_count = c->enhanceds.count;
    t->code_rules = c->code_rules.at;
    t->code_rule_count = c->code_rules.count;
    t->providers = c->providers.at;
    t->provider_count = c->providers.count;
    t->hosts = c->hosts.at;
    t->host_count = c->hosts.count;
}

bool rules_compile(struct rule_book *b, struct rule_tables *t_r)
{
    struct compiler c = {
        .book = b,
        .t = t_r,
        .rules.size = sizeof(struct rule),
        .clauses.size = sizeof(struct rule_clause),
        .parts.size = sizeof(struct rule_part),
        .literals.size = sizeof(struct rule_literal),
        .codes.size = sizeof(struct rule_code),
        .enhanceds.size = sizeof(struct rule_enhanced),
        .code_rules.size = sizeof(uint16_t),
        .providers.size = sizeof(struct rule_provider),
        .hosts.size = sizeof(struct slice),
    };
    *t_r = (struct rule_tables){.rule_count = 0};
    if (!trie_init(&c.trie, b->arena))
        return no_room(&c);
    for (const struct rule_entry *e = b->rules; e; e = e->next)
        if (!add_rule(&c, e))
            return false;
    for (const struct rule_provider_entry *e = b->providers; e; e = e->next)
        if (!add_provider(&c, e))
            return false;
    if (!add_marks(&c, &b->marks, CLAUSE_MARK) || !add_marks(&c, &b->stages, CLAUSE_STAGE) ||
        !find_uses(&c))
        return false;
    if (!trie_finish(&c.trie, t_r))
        return no_room(&c);
    take_rows(&c);
    return own_advice_compile(b, t_r);
}
