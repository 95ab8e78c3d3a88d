#include "queue/suspension.h"

#include "base/utf8.h"
#include "mail/date.h"
#include "queue/queue.h"

enum { FIELDS = 3, LINE_BYTES = (FIELDS + 1) * SUSPENSION_FIELD_MAX + 64 };

struct entry {
    struct list all;
    struct suspension s;
    size_t size;
    char text[];
};

void suspensions_init(struct suspensions *l, const struct mem *mem)
{
    *l = (struct suspensions){.mem = mem};
    list_init(&l->all);
}

static void entry_free(struct suspensions *l, struct entry *e)
{
    list_remove(&e->all);
    mem_give(l->mem, e, sizeof(*e) + e->size);
}

void suspensions_free(struct suspensions *l)
{
    while (!list_is_empty(&l->all))
        entry_free(l, LIST_ITEM(l->all.next, struct entry, all));
}

static const struct entry *entry_of(const struct suspension *s)
{
    return (const void *)((const char *)s - offsetof(struct entry, s));
}

const struct suspension *suspensions_next(const struct suspensions *l, const struct suspension *s)
{
    struct list *at = s ? entry_of(s)->all.next : l->all.next;
    return at == &l->all ? NULL : &LIST_ITEM(at, struct entry, all)->s;
}

static bool stops(const struct suspension *s, const struct suspension_subject *about)
{
    if (s->site.len && !slice_ieq(s->site, about->destination) &&
        !slice_ieq(s->site, about->site) && !slice_ieq(s->site, about->hosts))
        return false;
    if (s->campaign.len && !slice_ieq(s->campaign, about->campaign))
        return false;
    return queue_address_fits(about->sender, s->sender);
}

const struct suspension *suspensions_find(const struct suspensions *l,
                                          const struct suspension_subject *about)
{
    for (const struct suspension *s = NULL; (s = suspensions_next(l, s));)
        if (stops(s, about))
            return s;
    return NULL;
}

/* Nothing that would end a field or a line. */
static bool may_stand(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return false;
    return text.len <= SUSPENSION_FIELD_MAX;
}

static bool is_fine(const struct suspension *s)
{
    return s->site.len + s->sender.len + s->campaign.len > 0 && may_stand(s->site) &&
           may_stand(s->sender) && may_stand(s->campaign) && may_stand(s->reason);
}

static struct slice move_in(char **to, struct slice text)
{
    struct slice moved = slice_of(*to, text.len);
    if (text.len)
        memcpy(*to, text.at, text.len);
    *to += text.len;
    return moved;
}

static struct entry *entry_new(struct suspensions *l, const struct suspension *s)
{
    size_t size = s->site.len + s->sender.len + s->campaign.len + s->reason.len;
    struct entry *e = is_fine(s) ? mem_take(l->mem, sizeof(*e) + size) : NULL;
    if (!e)
        return NULL;
    char *to = e->text;
    *e = (struct entry){.s.since = s->since, .size = size};
    e->s.site = move_in(&to, s->site);
    e->s.sender = move_in(&to, s->sender);
    e->s.campaign = move_in(&to, s->campaign);
    e->s.reason = move_in(&to, s->reason);
    list_init(&e->all);
    return e;
}

static bool has_same_choice(const struct suspension *a, const struct suspension *b)
{
    return slice_ieq(a->site, b->site) && slice_ieq(a->sender, b->sender) &&
           slice_ieq(a->campaign, b->campaign);
}

/* False: there is none. */
static bool forget(struct suspensions *l, const struct suspension *like)
{
    for (struct list *at = l->all.next; at != &l->all; at = at->next) {
        struct entry *e = LIST_ITEM(at, struct entry, all);
        if (has_same_choice(&e->s, like)) {
            entry_free(l, e);
            return true;
        }
    }
    return false;
}

static bool put(struct suspensions *l, const struct suspension *s)
{
    struct entry *e = entry_new(l, s);
    if (!e)
        return false;
    forget(l, s);
    list_append(&l->all, &e->all);
    return true;
}

static void tell(struct suspensions *l, const struct buf *line)
{
    if (l->wrote && !line->failed)
        l->wrote(l->ctx, buf_slice(line));
}

bool suspensions_put(struct suspensions *l, const struct suspension *s)
{
    char storage[LINE_BYTES], words[SUSPENSION_FIELD_MAX];
    struct buf line, reason;
    struct suspension kept = *s;
    buf_init_fixed(&reason, words, sizeof(words));
    utf8_add_harmless(&reason, slice_head(s->reason, SUSPENSION_FIELD_MAX));
    kept.reason = buf_slice(&reason);
    if (!put(l, &kept))
        return false;
    buf_init_fixed(&line, storage, sizeof(storage));
    suspension_write_line(&line, &kept);
    tell(l, &line);
    return true;
}

static void write_choice(struct buf *out, const struct suspension *s)
{
    buf_add(out, s->site);
    buf_add_char(out, '\t');
    buf_add(out, s->sender);
    buf_add_char(out, '\t');
    buf_add(out, s->campaign);
}

static bool is_given(struct slice wanted, struct slice there)
{
    return wanted.len == 0 || slice_ieq(wanted, there);
}

size_t suspensions_end(struct suspensions *l, const struct suspension *like, bool dry_run)
{
    size_t count = 0;
    struct list *next;
    for (struct list *at = l->all.next; at != &l->all; at = next) {
        struct entry *e = LIST_ITEM(at, struct entry, all);
        char storage[LINE_BYTES];
        struct buf line;
        next = at->next;
        if (!is_given(like->site, e->s.site) || !is_given(like->sender, e->s.sender) ||
            !is_given(like->campaign, e->s.campaign))
            continue;
        count++;
        if (dry_run)
            continue;
        buf_init_fixed(&line, storage, sizeof(storage));
        buf_add_str(&line, "-\t");
        write_choice(&line, &e->s);
        buf_add_char(&line, '\n');
        entry_free(l, e);
        tell(l, &line);
    }
    return count;
}

void suspension_write_line(struct buf *out, const struct suspension *s)
{
    buf_addf(out, "+\t%lld\t", (long long)s->since);
    write_choice(out, s);
    buf_add_char(out, '\t');
    buf_add(out, s->reason);
    buf_add_char(out, '\n');
}

bool suspensions_read_line(struct suspensions *l, struct slice line)
{
    struct slice rest = line, sign, since;
    struct suspension s = {.since = 0};
    uint64_t time = 0;
    if (!slice_split(&rest, '\t', &sign))
        return false;
    bool is_begin = slice_eq(sign, SLICE("+"));
    if (is_begin &&
        (!slice_split(&rest, '\t', &since) || !slice_u64(since, &time) || time > INT64_MAX))
        return false;
    if (!is_begin && !slice_eq(sign, SLICE("-")))
        return false;
    if (!slice_split(&rest, '\t', &s.site) || !slice_split(&rest, '\t', &s.sender))
        return false;
    slice_split(&rest, '\t', &s.campaign);
    s.reason = rest;
    s.since = (int64_t)time;
    if (is_begin)
        return put(l, &s);
    forget(l, &s);
    return true;
}

/* To the second: `2026-11-27T20:15:00Z`. */
static void add_time(struct buf *out, int64_t unix_ms)
{
    enum { SECONDS = sizeof("2026-11-27T20:15:00") - 1, LONGEST = 40 };
    char storage[LONGEST];
    struct buf time;
    buf_init_fixed(&time, storage, sizeof(storage));
    date_write_3339(&time, unix_ms, 0);
    buf_add(out, slice_head(buf_slice(&time), SECONDS));
    buf_add_char(out, 'Z');
}

void suspension_write_words(struct buf *out, const struct suspension *s)
{
    const struct {
        const char *name;
        struct slice value;
    } parts[] = {{"site", s->site}, {"sender", s->sender}, {"campaign", s->campaign}};
    const char *before = " (";
    buf_add_str(out, "Suspended by the operator since ");
    add_time(out, s->since);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (!parts[i].value.len)
            continue;
        buf_addf(out, "%s%s ", before, parts[i].name);
        utf8_add_harmless(out, parts[i].value);
        before = ", ";
    }
    buf_add_str(out, s->reason.len ? "): " : ")");
    utf8_add_harmless(out, s->reason);
}
