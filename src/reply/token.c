#include "reply/token.h"

/* What a byte is, and what it tells of the word that it stands in. */
enum byte_class {
    SEPARATOR = 1,
    FOREIGN = 2,
    SEEN_AT = 4,
    SEEN_DOT = 8,
    SEEN_COLON = 16,
    DOMAIN_BYTE = 32, /* may stand in a host name */
    HEX_DIGIT = 64,   /* with colons, an IPv6 address */
    SEEN_DIGIT = TOKEN_HAS_DIGIT,
    SEEN_OTHER = TOKEN_HAS_OTHER,
};
#define SEEN (SEEN_AT | SEEN_DOT | SEEN_COLON)

enum {
    O = SEEN_OTHER,
    S = SEPARATOR,
    F = FOREIGN,
    A = SEEN_AT | SEEN_OTHER,
    P = SEEN_DOT | DOMAIN_BYTE | SEEN_OTHER,
    C = SEEN_COLON | SEEN_OTHER,
    U = DOMAIN_BYTE | SEEN_OTHER,
    D = DOMAIN_BYTE,
    H = DOMAIN_BYTE | HEX_DIGIT,
    N = DOMAIN_BYTE | HEX_DIGIT | SEEN_DIGIT,
};

/* One row for each 16 bytes, from NUL. */
/* clang-format off */
static const uint16_t classes[256] = {
    S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    S, O, S, O, O, O, O, S, S, S, O, O, S, U, P, O,
    N, N, N, N, N, N, N, N, N, N, C, S, S, O, S, O,
    A, H, H, H, H, H, H, D, D, D, D, D, D, D, D, D,
    D, D, D, D, D, D, D, D, D, D, D, S, O, S, O, U,
    S, H, H, H, H, H, H, D, D, D, D, D, D, D, D, D,
    D, D, D, D, D, D, D, D, D, D, D, S, S, S, O, S,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
};
/* clang-format on */

static unsigned class_of(char c)
{
    return classes[(unsigned char)c];
}

/* Long and not a country: the rest of what ends host names in replies. A dotted word that ends
 * otherwise
 * ("RESOLVER.ADR.RecipNotFound", "unknown.Please") is text. */
static const struct slice top_level[] = {
    SLICE_INIT("com"),   SLICE_INIT("net"),     SLICE_INIT("org"),       SLICE_INIT("edu"),
    SLICE_INIT("gov"),   SLICE_INIT("mil"),     SLICE_INIT("int"),       SLICE_INIT("info"),
    SLICE_INIT("biz"),   SLICE_INIT("name"),    SLICE_INIT("arpa"),      SLICE_INIT("asia"),
    SLICE_INIT("cat"),   SLICE_INIT("mobi"),    SLICE_INIT("app"),       SLICE_INIT("dev"),
    SLICE_INIT("cloud"), SLICE_INIT("online"),  SLICE_INIT("site"),      SLICE_INIT("shop"),
    SLICE_INIT("xyz"),   SLICE_INIT("top"),     SLICE_INIT("club"),      SLICE_INIT("email"),
    SLICE_INIT("mail"),  SLICE_INIT("world"),   SLICE_INIT("local"),     SLICE_INIT("internal"),
    SLICE_INIT("lan"),   SLICE_INIT("corp"),    SLICE_INIT("home"),      SLICE_INIT("test"),
    SLICE_INIT("space"), SLICE_INIT("website"), SLICE_INIT("example"),   SLICE_INIT("microsoft"),
    SLICE_INIT("link"),  SLICE_INIT("live"),    SLICE_INIT("localhost"), SLICE_INIT("localdomain"),
    SLICE_INIT("pro"),   SLICE_INIT("invalid"), SLICE_INIT("network"),   SLICE_INIT("systems"),
    SLICE_INIT("group"), SLICE_INIT("company"), SLICE_INIT("solutions"), SLICE_INIT("agency"),
    SLICE_INIT("store"), SLICE_INIT("tech"),    SLICE_INIT("berlin"),    SLICE_INIT("london"),
};

static bool is_top_level(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!ascii_is_alpha(label.at[i]))
            return slice_istarts(label, SLICE("xn--"));
    if (label.len == 2)
        return true;
    for (size_t i = 0; i < sizeof(top_level) / sizeof(top_level[0]); i++)
        if (slice_ieq(label, top_level[i]))
            return true;
    return false;
}

/* "unknown.It": a sentence that lacks its space, not a host in Italy. */
static bool is_sentence_break(struct slice s, size_t dot)
{
    char before = s.at[dot - 1], after = s.at[dot + 1];
    bool capital_word =
        after >= 'A' && after <= 'Z' && s.at[s.len - 1] >= 'a' && s.at[s.len - 1] <= 'z';
    return capital_word && before >= 'a' && before <= 'z';
}

static size_t domain_bytes(struct slice s)
{
    size_t len = 0;
    while (len < s.len && (class_of(s.at[len]) & DOMAIN_BYTE))
        len++;
    while (len && (s.at[len - 1] == '.' || s.at[len - 1] == '-'))
        len--;
    return len;
}

/* The length of the host name at the start, or 0. */
static size_t host_len(struct slice s)
{
    size_t len = domain_bytes(s);
    s = slice_head(s, len);
    size_t dot = slice_rfind(s, '.');
    if (dot == SLICE_NONE || dot == 0 || slice_find_slice(s, SLICE(".."), 0) != SLICE_NONE)
        return 0;
    if (!is_top_level(slice_from(s, dot + 1)) || is_sentence_break(s, dot))
        return 0;
    return len;
}

static size_t ipv4_len(struct slice s)
{
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        size_t begin = at;
        while (at < s.len && at - begin < 4 && ascii_is_digit(s.at[at]))
            at++;
        if (at == begin || at - begin > 3)
            return 0;
        if (part < 3 && (at == s.len || s.at[at++] != '.'))
            return 0;
    }
    bool goes_on =
        at + 1 < s.len && (s.at[at] == '.' || s.at[at] == '-') && ascii_is_alnum(s.at[at + 1]);
    return goes_on || (at < s.len && ascii_is_alnum(s.at[at])) ? 0 : at;
}

/* At least two colons, `::` or seven of them, so that a time of day is none. */
static size_t ipv6_len(struct slice s)
{
    size_t at = 0, colons = 0;
    while (at < s.len && ((class_of(s.at[at]) & HEX_DIGIT) || s.at[at] == ':'))
        colons += s.at[at++] == ':';
    while (at > 0 && s.at[at - 1] == ':') {
        at--;
        colons--;
    }
    bool whole = at == s.len || !ascii_is_alnum(s.at[at]);
    bool pair = slice_find_slice(slice_head(s, at), SLICE("::"), 0) != SLICE_NONE;
    return whole && colons >= 2 && (pair || colons == 7) ? at : 0;
}

static struct slice run(struct slice s, unsigned *seen_r)
{
    const char *at = s.at, *end = s.at + s.len;
    unsigned seen = 0, class;
    while (at < end && !((class = class_of(*at)) & (SEPARATOR | FOREIGN))) {
        seen |= class;
        at++;
    }
    *seen_r = seen;
    return slice_of(s.at, (size_t)(at - s.at));
}

static bool has_scheme(struct slice s)
{
    if (!strchr("HhWwLlFf", s.at[0]) || s.at[0] == '\0')
        return false;
    static const struct slice schemes[] = {SLICE_INIT("http://"), SLICE_INIT("https://"),
                                           SLICE_INIT("www."), SLICE_INIT("ldap:"),
                                           SLICE_INIT("ftp://")};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (slice_istarts(s, schemes[i]))
            return true;
    return false;
}

/* A URL goes on over commas and the like when more of it follows; the full stop after it is not
 * its. */
static size_t url_len(struct slice s)
{
    size_t len = 0;
    while (len < s.len) {
        char c = s.at[len];
        bool inner = (c == ',' || c == ';' || c == '(' || c == '\'') && len + 1 < s.len &&
                     ascii_is_alnum(s.at[len + 1]);
        if ((class_of(c) & (SEPARATOR | FOREIGN)) && !inner)
            break;
        len++;
    }
    while (len && strchr(".,:!?*", s.at[len - 1]))
        len--;
    return len;
}

static size_t address_len(struct slice s)
{
    size_t at = slice_find(s, '@', 0);
    if (at == SLICE_NONE || at == 0)
        return 0;
    size_t domain = domain_bytes(slice_from(s, at + 1));
    return domain ? at + 1 + domain : 0;
}

/* What starts at the first byte of the run `s`, of which `seen` tells; `all` is the text from there
 * on. */
static bool special(struct slice s, unsigned seen, struct slice all, struct token *t_r)
{
    size_t len;
    if (has_scheme(s)) {
        *t_r = (struct token){TOKEN_URL, slice_head(all, url_len(all)), false, 0};
        return true;
    }
    if ((len = ipv4_len(s)) || ((seen & SEEN_COLON) && (len = ipv6_len(s)))) {
        *t_r = (struct token){TOKEN_IP, slice_head(s, len), false, 0};
        return true;
    }
    if ((seen & SEEN_AT) && slice_find(s, '@', 0) < slice_find(s, ':', 0) &&
        (len = address_len(s))) {
        *t_r = (struct token){TOKEN_ADDRESS, slice_head(s, len), false, 0};
        return true;
    }
    if ((seen & SEEN_DOT) && (len = host_len(s))) {
        bool path = len < s.len && s.at[len] == '/';
        *t_r = (struct token){path ? TOKEN_URL : TOKEN_HOST,
                              slice_head(all, path ? url_len(all) : len), false, 0};
        return true;
    }
    return false;
}

/* The length of the word that ends where something special may begin: behind `:`, `=` or `/`. */
static size_t word_len(struct slice s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.at[i] == ':' || s.at[i] == '=' || s.at[i] == '/')
            return i + 1;
    return s.len;
}

bool token_next(struct slice *rest_r, struct token *token_r)
{
    const char *at = rest_r->at, *end = at + rest_r->len;
    while (at < end && (class_of(*at) & SEPARATOR))
        at++;
    struct slice s = slice_of(at, (size_t)(end - at));
    if (s.len == 0)
        return *rest_r = s, false;
    bool glued = at == rest_r->at;
    unsigned seen = 0;
    if (class_of(*at) & FOREIGN) {
        while (at < end && (class_of(*at) & FOREIGN))
            at++;
        *token_r = (struct token){TOKEN_FOREIGN, slice_head(s, (size_t)(at - s.at)), false, 0};
    } else {
        struct slice word = run(s, &seen);
        if (!(seen & SEEN) || !special(word, seen, s, token_r))
            *token_r = (struct token){
                TOKEN_WORD, slice_head(word, seen & SEEN ? word_len(word) : word.len), false, 0};
    }
    token_r->glued = glued;
    token_r->seen = (uint16_t)(seen & (TOKEN_HAS_DIGIT | TOKEN_HAS_OTHER));
    *rest_r = slice_from(s, token_r->text.len);
    return true;
}
