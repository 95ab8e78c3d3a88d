/* Notices in JSON that Amazon SES sends by mail (through SNS): read by their keys alone, in the
 * form in which SES writes them; anything else in the text is passed over. */
#include "mail/bounce_ses.h"

#include "mail/bounce_inside.h"
#include "reply/scan.h"

/* Bytes in which a notice says that it is one. */
enum { LOOK_MAX = 2000 };

/* Lists of recipients, and what it means to stand in one. */
static const struct list_kind {
    struct slice key;
    enum bounce_kind kind;
} lists[] = {
    {SLICE_INIT("\"bouncedRecipients\""), BOUNCE_FAILURE},
    {SLICE_INIT("\"complainedRecipients\""), BOUNCE_COMPLAINT},
    {SLICE_INIT("\"delayedRecipients\""), BOUNCE_DELAY},
    {SLICE_INIT("\"delivery\""), BOUNCE_SUCCESS},
};

static struct slice without_space(struct slice s)
{
    while (s.len && ascii_is_space(s.at[0]))
        s = slice_from(s, 1);
    return s;
}

/* Behind `"key":`; empty when it is not there. */
static struct slice behind_key(struct slice json, struct slice key)
{
    size_t at = slice_find_slice(json, key, 0);
    struct slice rest = at == SLICE_NONE ? slice_from(json, json.len)
                                         : without_space(slice_from(json, at + key.len));
    return slice_starts(rest, SLICE(":")) ? without_space(slice_from(rest, 1))
                                          : slice_from(json, json.len);
}

/* Where the string ends whose first byte behind the quote is at `at`; SLICE_NONE: it is cut. */
static size_t end_of_string(struct slice json, size_t at)
{
    for (; at < json.len; at++) {
        if (json.at[at] == '\\')
            at++;
        else if (json.at[at] == '"')
            return at;
    }
    return SLICE_NONE;
}

/* The string that the JSON begins with, still escaped; empty when it begins with none. */
static struct slice string_at(struct slice json)
{
    size_t end = slice_starts(json, SLICE("\"")) ? end_of_string(json, 1) : SLICE_NONE;
    return end == SLICE_NONE ? slice_head(json, 0) : slice_of(json.at + 1, end - 1);
}

/* Up to the bracket that closes the list, or the object, that the JSON begins with; empty if it is
 * cut. */
static struct slice inside(struct slice json)
{
    size_t depth = 0;
    for (size_t i = 0; i < json.len; i++) {
        if (json.at[i] == '"') {
            i = end_of_string(json, i + 1);
            if (i == SLICE_NONE)
                break;
        } else if (strchr("[{", json.at[i]) && json.at[i]) {
            depth++;
        } else if (strchr("]}", json.at[i]) && json.at[i]) {
            if (depth < 2)
                return depth ? slice_of(json.at + 1, i - 1) : slice_head(json, 0);
            depth--;
        }
    }
    return slice_head(json, 0);
}

/* Escapes resolved, line ends that mail put in taken out. */
static struct slice plain(struct slice s, struct arena *arena)
{
    struct buf out;
    char *storage = arena_text(arena, s.len + 1);
    if (!storage)
        return (struct slice){"", 0};
    buf_init_fixed(&out, storage, s.len + 1);
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '\\' && i + 1 < s.len) {
            char c = s.at[++i];
            buf_add_char(&out, strchr("nrt", c) && c ? ' ' : c);
        } else if (s.at[i] == '\n') {
            i += i + 1 < s.len && s.at[i + 1] == ' ';
        } else {
            buf_add_char(&out, s.at[i]);
        }
    }
    return buf_slice(&out);
}

static bool is_address(struct slice s)
{
    /* one with an escape in it is damaged */
    return slice_find(s, '@', 0) != SLICE_NONE && slice_find(s, '\\', 0) == SLICE_NONE &&
           slice_find(s, ' ', 0) == SLICE_NONE && bounce_is_name(s);
}

static struct enhanced status_of(struct slice status)
{
    struct enhanced e = {0};
    return enhanced_parse(status, &e) ? e : (struct enhanced){0};
}

static void add(struct bounce *b, enum bounce_kind kind, struct slice address, struct slice said,
                struct slice status, struct arena *arena)
{
    struct bounce_recipient *r = &b->recipients[b->count];
    if (!is_address(address) || b->count == BOUNCE_NAMED_MAX)
        return;
    *r = (struct bounce_recipient){.recipient = address, .kind = kind};
    reply_scan(said, arena, &r->in);
    if (r->in.reply.enhanced.class == 0)
        r->in.reply.enhanced = status_of(status);
    b->count++;
}

/* Objects that name a recipient each, or (of a delivery) a list of strings. */
static void read_list(struct slice json, enum bounce_kind kind, struct bounce *b,
                      struct arena *arena)
{
    const struct slice none = {"", 0};
    if (kind == BOUNCE_SUCCESS) {
        struct slice list = inside(behind_key(json, SLICE("\"recipients\"")));
        for (struct slice s; (s = string_at(without_space(list))).len;) {
            add(b, kind, s, none, none, arena);
            list = slice_from(list, (size_t)(s.at + s.len + 1 - list.at));
            size_t comma = slice_find(list, ',', 0);
            list = slice_from(list, comma == SLICE_NONE ? list.len : comma + 1);
        }
        return;
    }
    for (struct slice list = json; list.len;) {
        size_t open = slice_find(list, '{', 0);
        struct slice object = inside(slice_from(list, open == SLICE_NONE ? list.len : open));
        if (object.len == 0)
            return;
        add(b, kind, string_at(behind_key(object, SLICE("\"emailAddress\""))),
            plain(string_at(behind_key(object, SLICE("\"diagnosticCode\""))), arena),
            string_at(behind_key(object, SLICE("\"status\""))), arena);
        list = slice_from(list, (size_t)(object.at + object.len + 1 - list.at));
    }
}

bool bounce_is_ses(struct slice words)
{
    words = slice_head(without_space(words), LOOK_MAX);
    return slice_starts(words, SLICE("{")) &&
           (slice_find_slice(words, SLICE("notificationType"), 0) != SLICE_NONE ||
            slice_find_slice(words, SLICE("eventType"), 0) != SLICE_NONE);
}

bool bounce_read_ses(struct slice words, struct arena *arena, struct bounce *b)
{
    b->recipients = arena_array(arena, BOUNCE_NAMED_MAX, sizeof(*b->recipients));
    if (!b->recipients)
        return false;
    /* SNS may put the notice, escaped, in a notice of its own */
    struct slice message = string_at(behind_key(words, SLICE("\"Message\"")));
    if (message.len)
        words = plain(message, arena);
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && b->count == 0; i++) {
        struct slice list = inside(behind_key(words, lists[i].key));
        read_list(list, lists[i].kind, b, arena);
        if (b->count)
            b->kind = lists[i].kind;
    }
    return true;
}
