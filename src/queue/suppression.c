#include "queue/suppression.h"

#include "base/utf8.h"

enum { ADDRESS_BYTES = 1024, LINE_MAX = ADDRESS_BYTES + SUPPRESSION_REASON_MAX + 256 };

struct entry {
    struct list all;
    struct suppression s;
    char text[]; /* address, reason */
};

static const char *const source_names[SUPPRESSION_SOURCES] = {[SUPPRESSED_BY_OPERATOR] = "operator",
                                                              [SUPPRESSED_BY_REPLY] = "reply",
                                                              [SUPPRESSED_BY_BOUNCE] = "bounce",
                                                              [SUPPRESSED_BY_COMPLAINT] =
                                                                  "complaint"};

const char *suppression_source_name(enum suppression_source s)
{
    return source_names[s];
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
    mem_give(l->mem, e, sizeof(*e) + e->s.address.len + e->s.reason.len);
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

const struct suppression *suppressions_find(const struct suppressions *l, struct slice address,
                                            int64_t now)
{
    const struct entry *e = name_map_get(&l->map, address);
    return e && !is_over(&e->s, now) ? &e->s : NULL;
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

static bool forget(struct suppressions *l, struct slice address)
{
    struct entry *e = name_map_remove(&l->map, address);
    if (e)
        entry_free(l, e);
    return e != NULL;
}

/* A quoted local part may hold much, but nothing that would end a field or a line. */
static bool may_stand(struct slice address)
{
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.at[i] < ' ' || address.at[i] == 0x7f)
            return false;
    return address.len > 0 && address.len <= ADDRESS_BYTES;
}

static bool put(struct suppressions *l, const struct suppression *s)
{
    size_t size = s->address.len + s->reason.len;
    struct entry *e = may_stand(s->address) ? mem_take(l->mem, sizeof(*e) + size) : NULL;
    if (!e)
        return false;
    *e = (struct entry){.s = *s};
    memcpy(e->text, s->address.at, s->address.len);
    if (s->reason.len)
        memcpy(e->text + s->address.len, s->reason.at, s->reason.len);
    e->s.address = slice_of(e->text, s->address.len);
    e->s.reason = slice_of(e->text + s->address.len, s->reason.len);
    list_init(&e->all);
    forget(l, s->address); /* which `s` may not be a view of */
    if (!name_map_put(&l->map, e->s.address, e)) {
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

bool suppressions_remove(struct suppressions *l, struct slice address)
{
    char storage[LINE_MAX];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_addf(&line, "-\t%.*s\n", SLICE_ARG(address));
    if (!forget(l, address))
        return false;
    tell(l, &line);
    return true;
}

void suppression_write_line(struct buf *out, const struct suppression *s)
{
    buf_addf(out, "+\t%lld\t%lld\t%s\t%s\t", (long long)s->since,
             s->until == INT64_MAX ? 0LL : (long long)s->until, source_names[s->source],
             cause_name(s->cause));
    buf_add(out, s->address);
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

static bool read_source(struct slice text, enum suppression_source *source_r)
{
    for (int i = 0; i < SUPPRESSION_SOURCES; i++)
        if (slice_eq(text, slice_str(source_names[i]))) {
            *source_r = (enum suppression_source)i;
            return true;
        }
    return false;
}

static enum cause read_cause(struct slice text)
{
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (slice_eq(text, slice_str(cause_name((enum cause)i))))
            return (enum cause)i;
    return CAUSE_UNKNOWN; /* of a later version */
}

bool suppressions_read_line(struct suppressions *l, struct slice line)
{
    enum { SINCE, UNTIL, SOURCE, CAUSE, ADDRESS, FIELDS };
    struct slice rest = line, sign, fields[FIELDS];
    struct suppression s;
    if (!slice_split(&rest, '\t', &sign))
        return false;
    if (slice_eq(sign, SLICE("-"))) {
        forget(l, rest);
        return true;
    }
    for (size_t i = 0; i < FIELDS; i++)
        if (!slice_split(&rest, '\t', &fields[i]))
            return false;
    if (!slice_eq(sign, SLICE("+")) || !read_time(fields[SINCE], &s.since) ||
        !read_time(fields[UNTIL], &s.until) || !read_source(fields[SOURCE], &s.source))
        return false;
    if (s.until == 0)
        s.until = INT64_MAX;
    s.cause = read_cause(fields[CAUSE]);
    s.address = fields[ADDRESS];
    s.reason = slice_head(rest, SUPPRESSION_REASON_MAX);
    return put(l, &s);
}
