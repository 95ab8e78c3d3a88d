/* What a browser would show of HTML, roughly: enough to find addresses and sentences in it. */
#include "base/buf.h"
#include "mail/bounce_inside.h"

struct entity {
    struct slice name;
    char c;
};

static char entity_at(struct slice s, size_t *len_r)
{
    static const struct entity entities[] = {
        {SLICE_INIT("&lt;"), '<'},   {SLICE_INIT("&gt;"), '>'},   {SLICE_INIT("&amp;"), '&'},
        {SLICE_INIT("&quot;"), '"'}, {SLICE_INIT("&nbsp;"), ' '}, {SLICE_INIT("&#64;"), '@'},
        {SLICE_INIT("&#39;"), '\''}, {SLICE_INIT("&#43;"), '+'},
    };
    for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
        if (slice_istarts(s, entities[i].name)) {
            *len_r = entities[i].name.len;
            return entities[i].c;
        }
    return 0;
}

/* Tags of text that goes on in its line. */
static bool is_inline(struct slice tag)
{
    static const struct slice names[] = {
        SLICE_INIT("a"),  SLICE_INIT("b"),    SLICE_INIT("i"),      SLICE_INIT("u"),
        SLICE_INIT("em"), SLICE_INIT("span"), SLICE_INIT("strong"), SLICE_INIT("font"),
        SLICE_INIT("tt"), SLICE_INIT("code"), SLICE_INIT("wbr"),
    };
    size_t len = 0;
    if (slice_starts(tag, SLICE("/")))
        tag = slice_from(tag, 1);
    while (len < tag.len && ascii_is_alnum(tag.at[len]))
        len++;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (slice_ieq(slice_head(tag, len), names[i]))
            return true;
    return false;
}

/* Behind the tag that begins here, and what is hidden with it. */
static size_t behind_tag(struct slice html, size_t at)
{
    struct slice rest = slice_from(html, at);
    size_t end;
    if (slice_istarts(rest, SLICE("<style")))
        end = slice_ifind_slice(rest, SLICE("</style>"), 0);
    else if (slice_starts(rest, SLICE("<!--")))
        end = slice_find_slice(rest, SLICE("-->"), 0);
    else
        end = 0;
    if (end == SLICE_NONE)
        return html.len;
    end = slice_find(rest, '>', end);
    return end == SLICE_NONE ? html.len : at + end + 1;
}

static bool is_tag(struct slice html, size_t at)
{
    char next = at + 1 < html.len ? html.at[at + 1] : 0;
    return html.at[at] == '<' && (ascii_is_alpha(next) || next == '/' || next == '!');
}

struct slice bounce_without_tags(struct slice html, struct arena *arena)
{
    struct buf out;
    char *storage = arena_text(arena, html.len + 1);
    if (!storage)
        return (struct slice){"", 0};
    buf_init_fixed(&out, storage, html.len + 1);
    for (size_t i = 0; i < html.len;) {
        size_t len = 1;
        if (is_tag(html, i)) {
            if (!is_inline(slice_from(html, i + 1)))
                buf_add_char(&out, '\n');
            i = behind_tag(html, i);
            continue;
        }
        char c = html.at[i] == '&' ? entity_at(slice_from(html, i), &len) : 0;
        buf_add_char(&out, c ? c : html.at[i]);
        i += len;
    }
    return buf_slice(&out);
}
