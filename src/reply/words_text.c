#include "base/utf8.h"
#include "reply/words.h"

enum { TEXT_MOST = 600 };

static const struct {
    const char *key;
    const char *names; /* with blanks between them */
} rows[] = {
#define WORD(id, key, names) [WORD_##id] = {key, names},
#include "reply/words.def"
#undef WORD
};

/* Where the words of a key go, and which names they may have; NULL: there is no such key. */
static struct slice *place_of(struct words *w, struct slice key, const char **names_r)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (slice_eq(slice_str(rows[i].key), key)) {
            *names_r = rows[i].names;
            return &w->text[i];
        }
    *names_r = "";
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        if (slice_eq(slice_str(cause_name((enum cause)i)), key))
            return &w->causes[i];
    return NULL;
}

static bool has_name(const char *names, struct slice name)
{
    struct slice rest = slice_str(names), one;
    while (slice_word(&rest, &one))
        if (slice_eq(one, name))
            return true;
    return false;
}

static bool names_are_right(struct slice text, const char *names, struct slice file, size_t line,
                            struct rule_error *e)
{
    for (size_t open; (open = slice_find(text, '{', 0)) != SLICE_NONE;) {
        size_t close = slice_find(text, '}', open);
        if (close == SLICE_NONE)
            return rule_error_set(e, file, line, "a { without its }");
        struct slice name = slice_of(text.at + open + 1, close - open - 1);
        if (!has_name(names, name))
            return rule_error_set(e, file, line, "{%.*s} is not known here; %s%s",
                                  SLICE_ARG(slice_head(name, TEXT_MOST / 10)),
                                  names[0] ? "right is one of: " : "this line takes none", names);
        text = slice_from(text, close + 1);
    }
    return true;
}

static bool text_is_fit(struct slice text)
{
    size_t at = 0, step;
    while ((step = utf8_printable(text, at)) > 0)
        at += step;
    return text.len <= TEXT_MOST && at == text.len;
}

/* One blank follows the colon; a second one belongs to the words. */
static struct slice value_of(struct slice rest)
{
    rest = slice_from(rest, rest.len && rest.at[0] == ' ');
    while (rest.len && ascii_is_space(rest.at[rest.len - 1]))
        rest.len--;
    return rest;
}

static bool take_line(struct words *w, struct slice line, struct slice file, size_t number,
                      struct rule_error *e)
{
    const char *names = "";
    size_t colon = slice_find(line, ':', 0);
    if (slice_trim(line).len == 0 || line.at[0] == '#')
        return true;
    if (colon == SLICE_NONE)
        return rule_error_set(e, file, number, "right is `key: text`");
    struct slice key = slice_trim(slice_head(line, colon));
    struct slice value = value_of(slice_from(line, colon + 1));
    struct slice *place = place_of(w, key, &names);
    if (!place)
        return rule_error_set(e, file, number, "there is no key `%.*s`; the keys stand in %s",
                              SLICE_ARG(slice_head(key, TEXT_MOST / 10)),
                              "share/notices/en.notice, and every cause is one");
    if (!text_is_fit(value))
        return rule_error_set(e, file, number, "right is text in UTF-8 of at most %d bytes",
                              TEXT_MOST);
    *place = value;
    return names_are_right(value, names, file, number, e);
}

bool words_read(struct words *w, struct slice file, struct slice text, struct rule_error *e)
{
    size_t number = 0;
    for (struct slice line; slice_line(&text, &line);)
        if (!take_line(w, line, file, ++number, e))
            return false;
    return true;
}
