#include "queue/suppression.h"

#include "base/utf8.h"

enum {
    ADDRESS_BYTES = 1024,
    KEY_BYTES = 2 * ADDRESS_BYTES + 1,
    LINE_MAX = KEY_BYTES + SUPPRESSION_REASON_MAX + 256
};

struct entry {
    struct list all;
    struct suppression s;
    size_t key_len;
    char text[]; /* its key: sender and a tab, if there is one, address; then reason */
};

static const struct {
    const char *name;
    struct slice words;
} sources[SUPPRESSION_SOURCES] = {
    [SUPPRESSED_BY_OPERATOR] = {"operator", SLICE_INIT("the administrator")},
    [SUPPRESSED_BY_REPLY] = {"reply", SLICE_INIT("what its server said")},
    [SUPPRESSED_BY_BOUNCE] = {"bounce", SLICE_INIT("a bounce that came back")},
    [SUPPRESSED_BY_COMPLAINT] = {"complaint", SLICE_INIT("a complaint of its reader")},
};

const char *suppression_source_name(enum suppression_source s)
{
    return sources[s].name;
}

struct slice suppression_source_words(enum suppression_source s)
{
    return sources[s].words;
}

bool suppression_source_parse(struct slice name, enum suppression_source *source_r)
{
    for (int s = 0; s < SUPPRESSION_SOURCES; s++)
        if (slice_eq(name, slice_str(sources[s].name))) {
            *source_r = (enum suppression_source)s;
            return true;
        }
    return false;
}

void suppressions_init(struct suppressions *l, const struct mem *mem, struct hash_key key)
{
    *l = (struct suppressions){.mem = mem};
    name_map_init(&l->map, mem, key);
    list_init(&l->all);
}

static void entry_free(struct suppressions *l, struct entry *e)
{
    list_remove(&e->all);
    mem_give(l->mem, e, sizeof(*e) + e->key_len + e->s.reason.len);
}

void suppressions_free(struct suppressions *l)
{
    while (!list_is_empty(&l->all))
        entry_free(l, LIST_ITEM(l->all.next, struct entry, all));
    name_map_free(&l->map);
}

static bool is_over(const struct suppression *s, int64_t now)
{
    return s->until <= now;
}

static void write_key(struct buf *out, struct slice sender, struct slice address)
{
    buf_add(out, sender);
    if (sender.len)
        buf_add_char(out, '\t');
    buf_add(out, address);
}

static struct entry *entry_find(const struct suppressions *l, struct slice sender,
                                struct slice address)
{
    char storage[KEY_BYTES];
    struct buf key;
    buf_init_fixed(&key, storage, sizeof(storage));
    write_key(&key, sender, address);
    return key.failed ? NULL : name_map_get(&l->map, buf_slice(&key));
}

const struct suppression *suppressions_find(const struct suppressions *l, struct slice sender,
                                            struct slice address, int64_t now)
{
    size_t at = slice_rfind(sender, '@');
    const struct slice whose[] = {SLICE(""), sender,
                                  at == SLICE_NONE ? SLICE("") : slice_from(sender, at)};
    for (size_t i = 0; i < sizeof(whose) / sizeof(*whose); i++) {
        const struct entry *e = entry_find(l, whose[i], address);
        if (e && !is_over(&e->s, now))
            return &e->s;
    }
    return NULL;
}

static const struct entry *entry_of(const struct suppression *s)
{
    return (const void *)((const char *)s - offsetof(struct entry, s));
}

const struct suppression *suppressions_next(const struct suppressions *l,
                                            const struct suppression *s, int64_t now)
{
    struct list *at = s ? entry_of(s)->all.next : l->all.next;
    for (; at != &l->all; at = at->next) {
        const struct entry *e = LIST_ITEM(at, struct entry, all);
        if (!is_over(&e->s, now))
            return &e->s;
    }
    return NULL;
}

static bool forget(struct suppressions *l, struct slice sender, struct slice address)
{
    struct entry *e = entry_find(l, sender, address);
    if (!e)
        return false;
    name_map_remove(&l->map, slice_of(e->text, e->key_len));
    entry_free(l, e);
    return true;
}

/* A quoted local part may hold much, but nothing that would end a field or a line. */
static bool may_stand(struct slice address)
{
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.at[i] < ' ' || address.at[i] == 0x7f)
            return false;
    return address.len <= ADDRESS_BYTES;
}

static struct entry *entry_new(const struct suppressions *l, const struct suppression *s)
{
    size_t key_len = s->address.len + (s->sender.len ? s->sender.len + 1 : 0);
    bool is_fine = s->address.len > 0 && may_stand(s->address) && may_stand(s->sender);
    struct entry *e = is_fine ? mem_take(l->mem, sizeof(*e) + key_len + s->reason.len) : NULL;
    struct buf text;
    if (!e)
        return NULL;
    *e = (struct entry){.s = *s, .key_len = key_len};
    buf_init_fixed(&text, e->text, key_len + s->reason.len);
    write_key(&text, s->sender, s->address);
    buf_add(&text, s->reason);
    e->s.sender = slice_of(e->text, s->sender.len);
    e->s.address = slice_of(e->text + key_len - s->address.len, s->address.len);
    e->s.reason = slice_of(e->text + key_len, s->reason.len);
    list_init(&e->all);
    return e;
}

static bool put(struct suppressions *l, const struct suppression *s)
{
    struct entry *e = entry_new(l, s);
    if (!e)
        return false;
    forget(l, e->s.sender, e->s.address);
    if (!name_map_put(&l->map, slice_of(e->text, e->key_len), e)) {
        entry_free(l, e);
        return false;
    }
    list_append(&l->all, &e->all);
    return true;
}

static void tell(struct suppressions *l, const struct buf *line)
{
    if (l->wrote && !line->failed)
        l->wrote(l->ctx, buf_slice(line));
}

bool suppressions_put(struct suppressions *l, const struct suppression *s)
{
    char reason[SUPPRESSION_REASON_MAX], storage[LINE_MAX];
    struct buf one_line, line;
    struct suppression kept = *s;
    buf_init_fixed(&one_line, reason, sizeof(reason));
    utf8_add_harmless(&one_line, slice_head(s->reason, SUPPRESSION_REASON_MAX));
    kept.reason = buf_slice(&one_line);
    if (!put(l, &kept))
        return false;
    buf_init_fixed(&line, storage, sizeof(storage));
    suppression_write_line(&line, &kept);
    tell(l, &line);
    return true;
}

bool suppressions_remove(struct suppressions *l, struct slice sender, struct slice address)
{
    char storage[LINE_MAX];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_add_str(&line, sender.len ? "/\t" : "-\t");
    write_key(&line, sender, address);
    buf_add_char(&line, '\n');
    if (!forget(l, sender, address))
        return false;
    tell(l, &line);
    return true;
}

void suppression_write_line(struct buf *out, const struct suppression *s)
{
    buf_addf(out, "%c\t%lld\t%lld\t%s\t%s\t", s->sender.len ? '*' : '+', (long long)s->since,
             s->until == INT64_MAX ? 0LL : (long long)s->until, sources[s->source].name,
             cause_name(s->cause));
    write_key(out, s->sender, s->address);
    buf_add_char(out, '\t');
    buf_add(out, s->reason);
    buf_add_char(out, '\n');
}

static bool read_time(struct slice text, int64_t *time_r)
{
    uint64_t value;
    if (!slice_u64(text, &value) || value > INT64_MAX)
        return false;
    *time_r = (int64_t)value;
    return true;
}

static enum cause read_cause(struct slice text)
{
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (slice_eq(text, slice_str(cause_name((enum cause)i))))
            return (enum cause)i;
    return CAUSE_UNKNOWN; /* of a later version */
}

static bool read_entry(struct suppressions *l, struct slice rest, bool has_sender)
{
    enum { SINCE, UNTIL, SOURCE, CAUSE, FIELDS };
    struct slice fields[FIELDS];
    struct suppression s = {.sender = SLICE("")};
    for (size_t i = 0; i < FIELDS; i++)
        if (!slice_split(&rest, '\t', &fields[i]))
            return false;
    if ((has_sender && (!slice_split(&rest, '\t', &s.sender) || s.sender.len == 0)) ||
        !slice_split(&rest, '\t', &s.address) || !read_time(fields[SINCE], &s.since) ||
        !read_time(fields[UNTIL], &s.until) || !suppression_source_parse(fields[SOURCE], &s.source))
        return false;
    if (s.until == 0)
        s.until = INT64_MAX;
    s.cause = read_cause(fields[CAUSE]);
    s.reason = slice_head(rest, SUPPRESSION_REASON_MAX);
    return put(l, &s);
}

bool suppressions_read_line(struct suppressions *l, struct slice line)
{
    struct slice rest = line, sign, sender = SLICE("");
    if (!slice_split(&rest, '\t', &sign) || sign.len != 1)
        return false;
    switch (sign.at[0]) {
    case '+':
    case '*':
        return read_entry(l, rest, sign.at[0] == '*');
    case '/':
        if (!slice_split(&rest, '\t', &sender))
            return false;
        forget(l, sender, rest);
        return true;
    case '-':
        forget(l, sender, rest);
        return true;
    default:
        return false;
    }
}
