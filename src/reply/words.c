#include "reply/words.h"

enum { TAGS_MOST = 32, QUALITY_WHOLE = 1000 };

const struct words *words_find(const struct words *list, size_t count, struct slice tag)
{
    tag = slice_trim(tag);
    struct slice primary = slice_head(tag, slice_find(tag, '-', 0));
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(list[i].language, primary))
            return &list[i];
    return NULL;
}

/* `0.8` as 800; what is no quality counts as whole. */
static unsigned quality_of(struct slice parameter)
{
    struct slice name;
    if (!slice_split(&parameter, '=', &name) || !slice_ieq(slice_trim(name), SLICE("q")))
        return QUALITY_WHOLE;
    parameter = slice_trim(parameter);
    if (parameter.len == 0 || parameter.at[0] != '0')
        return QUALITY_WHOLE;
    unsigned quality = 0;
    for (size_t i = 2, unit = QUALITY_WHOLE / 10; i < parameter.len && unit; i++, unit /= 10)
        if (ascii_is_digit(parameter.at[i]))
            quality += (unsigned)unit * (unsigned)(parameter.at[i] - '0');
    return quality;
}

const struct words *words_choose(const struct words *list, size_t count, struct slice tags)
{
    const struct words *best = NULL;
    unsigned best_quality = 0;
    struct slice one;
    for (size_t i = 0; i < TAGS_MOST && slice_split(&tags, ',', &one); i++) {
        struct slice tag = {"", 0};
        (void)slice_split(&one, ';', &tag);
        const struct words *found = words_find(list, count, tag);
        unsigned quality = one.len ? quality_of(one) : QUALITY_WHOLE;
        if (found && quality > best_quality) {
            best = found;
            best_quality = quality;
        }
    }
    return best;
}

struct slice words_cause(const struct words *w, enum cause cause)
{
    return w->causes[cause].len ? w->causes[cause] : slice_str(cause_title(cause));
}

struct slice words_fixer(const struct words *w, enum fixer fixer)
{
    static const enum word words[] = {
        [FIXER_SENDER] = WORD_FIXER_SENDER,
        [FIXER_RECIPIENT] = WORD_FIXER_RECIPIENT,
        [FIXER_SENDER_ADMIN] = WORD_FIXER_SENDER_ADMIN,
        [FIXER_RECIPIENT_ADMIN] = WORD_FIXER_RECIPIENT_ADMIN,
        [FIXER_NOBODY] = WORD_FIXER_NOBODY,
    };
    return w->text[words[fixer]];
}

struct slice words_stage(const struct words *w, enum stage stage)
{
    switch (stage) {
    case STAGE_CONNECT:
        return w->text[WORD_AT_CONNECT];
    case STAGE_EHLO:
        return w->text[WORD_AT_EHLO];
    case STAGE_STARTTLS:
        return w->text[WORD_AT_STARTTLS];
    case STAGE_AUTH:
        return w->text[WORD_AT_AUTH];
    case STAGE_MAIL:
        return w->text[WORD_AT_MAIL];
    case STAGE_RCPT:
        return w->text[WORD_AT_RCPT];
    case STAGE_DATA:
        return w->text[WORD_AT_DATA];
    case STAGE_END_OF_DATA:
        return w->text[WORD_AT_END];
    default:
        return SLICE("");
    }
}

static void write_value(struct buf *out, struct slice name, const struct word_value *values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(slice_str(values[i].name), name))
            buf_add(out, values[i].value);
}

void words_write(struct buf *out, struct slice text, const struct word_value *values, size_t count)
{
    size_t open;
    while ((open = slice_find(text, '{', 0)) != SLICE_NONE) {
        size_t close = slice_find(text, '}', open);
        if (close == SLICE_NONE)
            break;
        buf_add(out, slice_head(text, open));
        write_value(out, slice_of(text.at + open + 1, close - open - 1), values, count);
        text = slice_from(text, close + 1);
    }
    buf_add(out, text);
}
