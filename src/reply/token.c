#include "reply/token.h"

enum {
    O = TOKEN_HAS_OTHER,
    S = TOKEN_SEPARATOR,
    F = TOKEN_OVER_127,
    A = TOKEN_HAS_AT | TOKEN_HAS_OTHER,
    P = TOKEN_HAS_DOT | TOKEN_IN_DOMAIN | TOKEN_HAS_OTHER,
    B = TOKEN_HAS_BREAK | TOKEN_HAS_OTHER,
    C = TOKEN_HAS_COLON | TOKEN_HAS_BREAK | TOKEN_HAS_OTHER,
    U = TOKEN_IN_DOMAIN | TOKEN_HAS_OTHER,
    D = TOKEN_IN_DOMAIN,
    H = TOKEN_IN_DOMAIN | TOKEN_IN_HEX,
    N = TOKEN_IN_DOMAIN | TOKEN_IN_HEX | TOKEN_HAS_DIGIT,
};

/* One row for each 16 bytes, from NUL. */
/* clang-format off */
const uint16_t token_bytes[256] = {
    S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    S, O, S, O, O, O, O, S, S, S, O, O, S, U, P, B,
    N, N, N, N, N, N, N, N, N, N, C, S, S, B, S, O,
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
    while (len < s.len && (token_byte(s.at[len]) & TOKEN_IN_DOMAIN))
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
    if (dot == SLICE_NONE || dot == 0 || !is_top_level(slice_from(s, dot + 1)) ||
        is_sentence_break(s, dot))
        return 0;
    return slice_find_slice(s, SLICE(".."), 0) == SLICE_NONE ? len : 0;
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
    while (at < s.len && ((token_byte(s.at[at]) & TOKEN_IN_HEX) || s.at[at] == ':'))
        colons += s.at[at++] == ':';
    while (at > 0 && s.at[at - 1] == ':') {
        at--;
        colons--;
    }
    bool whole = at == s.len || !ascii_is_alnum(s.at[at]);
    if (!whole || colons < 2)
        return 0;
    bool pair = slice_find_slice(slice_head(s, at), SLICE("::"), 0) != SLICE_NONE;
    return pair || colons == 7 ? at : 0;
}

static bool may_have_scheme(struct slice s)
{
    char first = ascii_lower(s.at[0]);
    return first == 'h' || first == 'w' || first == 'l' || first == 'f';
}

static bool has_scheme(struct slice s)
{
    if (!may_have_scheme(s))
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
 * its. `s` begins with the run. */
static size_t url_len(struct slice s, struct slice run)
{
    size_t len = run.len;
    while (len < s.len) {
        char c = s.at[len];
        if ((token_byte(c) & (TOKEN_SEPARATOR | TOKEN_OVER_127)) &&
            !((c == ',' || c == ';' || c == '(' || c == '\'') && len + 1 < s.len &&
              ascii_is_alnum(s.at[len + 1])))
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

/* Whether it is the last byte alone that is special, as the full stop of a sentence is. */
static bool is_ended_only(struct slice s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (token_byte(s.at[i]) & TOKEN_MAY_BE_SPECIAL)
            return false;
    return true;
}

static bool take(struct token *t_r, enum token_kind kind, struct slice text)
{
    t_r->kind = kind;
    t_r->text = text;
    return true;
}

/* Whether anything but a word starts at the first byte of the run `s`; what, where it does. */
__attribute__((noinline)) static bool special(struct slice s, unsigned seen, struct slice all,
                                              struct token *t_r)
{
    size_t len;
    if (has_scheme(s))
        return take(t_r, TOKEN_URL, slice_head(all, url_len(all, s)));
    if ((len = ipv4_len(s)) || ((seen & TOKEN_HAS_COLON) && (len = ipv6_len(s))))
        return take(t_r, TOKEN_IP, slice_head(s, len));
    if ((seen & TOKEN_HAS_AT) && slice_find(s, '@', 0) < slice_find(s, ':', 0) &&
        (len = address_len(s)))
        return take(t_r, TOKEN_ADDRESS, slice_head(s, len));
    if (!(seen & TOKEN_HAS_DOT) || !(len = host_len(s)))
        return false;
    bool path = len < s.len && s.at[len] == '/';
    return take(t_r, path ? TOKEN_URL : TOKEN_HOST, slice_head(all, path ? url_len(all, s) : len));
}

/* The length of the word that ends where something special may begin: behind `:`, `=` or `/`. */
static size_t word_len(struct slice s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (token_byte(s.at[i]) & TOKEN_HAS_BREAK)
            return i + 1;
    return s.len;
}

void token_of_run(struct slice run, unsigned seen, struct slice all, struct token *token_r)
{
    bool may_be = may_have_scheme(run) || !is_ended_only(run);
    if (!(may_be && special(run, seen, all, token_r)) && (seen & TOKEN_HAS_BREAK))
        token_r->text = slice_head(run, word_len(run));
}
