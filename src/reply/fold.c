#include "reply/fold.h"

#include "base/utf8.h"
#include "reply/token.h"

/* Letters without their accents, U+00C0 to U+017F: in replies accents get lost as often as not. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
_Static_assert(sizeof(latin) - 1 == 0x180 - 0xC0, "one letter for each of them");

/* One row for each 16, from NUL. */
static const uint8_t folded_ascii[] = "                "
                                      "                "
                                      "                "
                                      "0123456789      "
                                      " abcdefghijklmno"
                                      "pqrstuvwxyz     "
                                      " abcdefghijklmno"
                                      "pqrstuvwxyz     ";
_Static_assert(sizeof(folded_ascii) - 1 == 128, "one for each of ASCII");

static void add(struct folded *f, uint8_t symbol)
{
    if (f->len < FOLD_MAX - 1 && (symbol != ' ' || f->len == 0 || f->symbols[f->len - 1] != ' '))
        f->symbols[f->len++] = symbol;
}

/* Letters and digits alone: in lower case all of them have this bit. `end` is that of the text, up
 * to which may be read; what is written behind the word is overwritten. */
static bool add_plain(struct folded *f, struct slice word, const char *end)
{
    uint8_t *to = f->symbols + f->len;
    size_t whole = (word.len + 7) / 8 * 8;
    if (whole > (size_t)(end - word.at) || whole > FOLD_MAX - 1 - f->len)
        return false;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, word.at + i, 8);
        bytes |= EIGHT_ONES * 0x20;
        memcpy(to + i, &bytes, 8);
    }
    f->len += word.len;
    return true;
}

/* ASCII: letters in lower case, digits, and a space for anything else. */
static void add_word(struct folded *f, struct slice word)
{
    size_t len = f->len;
    uint8_t last = len ? f->symbols[len - 1] : 0;
    for (size_t i = 0; i < word.len && len < FOLD_MAX - 1; i++) {
        uint8_t symbol = folded_ascii[word.at[i] & 0x7F];
        f->symbols[len] = symbol;
        len += symbol != ' ' || last != ' ';
        last = symbol;
    }
    f->len = len;
}

/* Names of hosts and URLs have an alphabet of their own, so that no phrase of text can match there.
 * One row for each 16, from NUL. */
static const uint8_t folded_name[] = "::::::::::::::::"
                                     "::::::::::::::::"
                                     ":::#::&::::::-./"
                                     "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19:::=:?"
                                     ":ABCDEFGHIJKLMNO"
                                     "PQRSTUVWXYZ::::_"
                                     ":ABCDEFGHIJKLMNO"
                                     "PQRSTUVWXYZ:::::";
_Static_assert(sizeof(folded_name) - 1 == 128, "one for each of ASCII");

static void add_name(struct folded *f, struct slice name)
{
    size_t room = FOLD_MAX - 1 - f->len;
    name = slice_head(name, room);
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        f->symbols[f->len + i] = c < 0x80 ? folded_name[c] : ':';
    }
    f->len += name.len;
}

static void add_cyrillic(struct folded *f, uint32_t point)
{
    if (point == 0x401 || point == 0x451)
        point = 0x435;
    if (point >= 0x410 && point <= 0x42F)
        point += 0x20;
    add(f, (uint8_t)(0xC0 | point >> 6));
    add(f, (uint8_t)(0x80 | (point & 0x3F)));
}

/* Two bytes of UTF-8, or one byte of Latin-1. */
static void add_short(struct folded *f, uint32_t point)
{
    if (point >= 0xC0 && point < 0x180)
        add(f, (uint8_t)latin[point - 0xC0]);
    else if (point >= 0x400 && point < 0x460)
        add_cyrillic(f, point);
    else
        add(f, ' ');
}

static bool is_punctuation(const uint8_t *b)
{
    return (b[0] == 0xE2 && b[1] == 0x80) || (b[0] == 0xE3 && b[1] == 0x80) ||
           (b[0] == 0xEF && b[1] == 0xBC && b[2] < 0x90);
}

static void add_foreign(struct folded *f, struct slice s)
{
    for (size_t i = 0; i < s.len;) {
        const uint8_t *b = (const uint8_t *)s.at + i;
        size_t len = utf8_char(s, i);
        if (len == 0)
            add_short(f, b[0]);
        else if (len == 2)
            add_short(f, (uint32_t)(b[0] & 0x1F) << 6 | (b[1] & 0x3F));
        else if (is_punctuation(b))
            add(f, ' ');
        else
            for (size_t k = 0; k < len; k++)
                add(f, b[k]);
        i += len ? len : 1;
    }
}

static void note(struct folded *f, const struct token *t)
{
    struct slice *first = t->kind == TOKEN_IP        ? &f->ip
                          : t->kind == TOKEN_URL     ? &f->url
                          : t->kind == TOKEN_ADDRESS ? &f->address
                                                     : NULL;
    if (first && first->len == 0)
        *first = t->text;
    if (t->kind == TOKEN_HOST && f->hosts < FOLDED_HOSTS_MAX)
        f->host[f->hosts++] = (struct folded_host){(uint16_t)f->len, t->text};
}

static void add_token(struct folded *f, const struct token *t, const char *end)
{
    if (t->kind != TOKEN_WORD && t->kind != TOKEN_FOREIGN)
        note(f, t);
    switch (t->kind) {
    case TOKEN_WORD:
        if ((t->seen & TOKEN_HAS_OTHER) || !add_plain(f, t->text, end))
            add_word(f, t->text);
        break;
    case TOKEN_FOREIGN:
        add_foreign(f, t->text);
        break;
    case TOKEN_ADDRESS:
        add(f, FOLDED_ADDRESS);
        break;
    case TOKEN_IP:
        add(f, FOLDED_IP);
        break;
    case TOKEN_URL:
        add(f, FOLDED_URL);
        add_name(f, t->text);
        break;
    case TOKEN_HOST:
        add(f, FOLDED_HOST);
        add_name(f, t->text);
        break;
    }
}

/* Up to eight of `len` bytes: those that are words, and single spaces. */
static size_t add_words(struct folded *f, const char *at, size_t len)
{
    uint64_t bytes = EIGHT_ONES * 'x', spaces, others, behind = f->symbols[f->len - 1] == ' ';
    if (len >= 8)
        bytes = eight_load(at);
    else
        memcpy(&bytes, at, len);
    spaces = eight_equal(bytes, ' ');
    others = eight_no_words(bytes) | (spaces & (spaces << 8 | behind << 7));
    size_t plain = others ? eight_first(others) : 8;
    bytes |= EIGHT_ONES * 0x20;
    memcpy(f->symbols + f->len, &bytes, 8);
    plain = plain < len ? plain : len;
    f->len += plain;
    return plain;
}

/* Whether the byte at `at`, which is no letter or digit, ends a word that begins at `begin`. */
static bool is_end_of_word(const char *begin, const char *at, const char *end)
{
    bool may_be_url = begin < at && (ascii_lower(*begin) == 'w' || ascii_lower(*begin) == 'l');
    return !may_be_url && (unsigned char)*at < 0x80 &&
           (at + 1 == end || (token_byte(at[1]) & TOKEN_SEPARATOR));
}

static const char *word_begin(const char *at, const char *begin)
{
    while (at > begin && token_is_alnum(at[-1]))
        at--;
    return at;
}

/* Most of a text: words of ASCII and what stands between them; stops in front of a run that may be
 * something else. *rest_r begins where a run of bytes does. */
static void add_plain_words(struct folded *f, struct slice *rest_r)
{
    const char *at = rest_r->at, *end = at + rest_r->len;
    while (at < end && f->len < FOLD_MAX - 8) {
        at += add_words(f, at, (size_t)(end - at));
        if (at == end || token_is_alnum(*at))
            continue;
        if (!(token_byte(*at) & TOKEN_SEPARATOR)) {
            const char *word = word_begin(at, rest_r->at);
            if (!is_end_of_word(word, at, end)) {
                f->len -= (size_t)(at - word);
                at = word;
                break;
            }
        }
        add(f, ' ');
        for (at++; at < end && (token_byte(*at) & TOKEN_SEPARATOR);)
            at++;
    }
    *rest_r = slice_of(at, (size_t)(end - at));
}

static bool is_text(enum token_kind kind)
{
    return kind == TOKEN_WORD || kind == TOKEN_FOREIGN;
}

void fold(struct slice text, struct folded *f)
{
    enum token_kind last = TOKEN_URL;
    struct token t;
    f->len = f->hosts = 0;
    f->ip = f->url = f->address = (struct slice){"", 0};
    add(f, ' ');
    add_plain_words(f, &text);
    while (f->len < FOLD_MAX - 1 && token_next(&text, &t)) {
        if (!t.glued || !is_text(last) || !is_text(t.kind))
            add(f, ' ');
        add_token(f, &t, text.at + text.len);
        last = t.kind;
        if (text.len && (token_byte(text.at[0]) & TOKEN_SEPARATOR))
            add_plain_words(f, &text);
    }
    if (f->len == FOLD_MAX - 1)
        f->len--;
    add(f, ' ');
    memset(f->symbols + f->len, 0, 8);
}

void fold_name(struct slice piece, struct folded *f)
{
    f->len = 0;
    add_name(f, piece);
}

/* What stands for something at the start of a phrase: its length; 0: it is a word. */
static size_t placeholder(struct slice s, uint8_t *symbol_r)
{
    static const struct {
        struct slice name;
        uint8_t symbol;
    } all[] = {{SLICE_INIT("{address}"), FOLDED_ADDRESS},
               {SLICE_INIT("{ip}"), FOLDED_IP},
               {SLICE_INIT("{url}"), FOLDED_URL},
               {SLICE_INIT("{host}"), FOLDED_HOST}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *symbol_r = all[i].symbol;
        if (slice_starts(s, all[i].name))
            return all[i].name.len;
    }
    return 0;
}

void fold_phrase(struct slice phrase, struct folded *f)
{
    uint8_t symbol;
    f->len = 0;
    for (size_t at = 0, step; at < phrase.len; at += step) {
        struct slice rest = slice_from(phrase, at);
        step = placeholder(rest, &symbol);
        if (step) {
            add(f, symbol);
            continue;
        }
        step = utf8_char(phrase, at);
        step = step ? step : 1;
        if ((unsigned char)rest.at[0] < 0x80)
            add_word(f, slice_head(rest, 1));
        else
            add_foreign(f, slice_head(rest, step));
    }
    size_t begin = f->len && f->symbols[0] == ' ';
    while (f->len > begin && f->symbols[f->len - 1] == ' ')
        f->len--;
    f->len -= begin;
    memmove(f->symbols, f->symbols + begin, f->len);
}
