#include "reply/scan.h"

#include "base/eight.h"
#include "base/utf8.h"
#include "reply/token.h"

/* One word, or what is left of it between `:` and `=`, as the scanner sees it. */
struct scanner {
    struct slice text;
    struct slice before;    /* the last word that is more than punctuation */
    char tail;              /* the last word's last byte: a colon announces a reply */
    bool first;             /* nothing stands before */
    bool code_is_success;   /* 2yz or 3yz: a refusal that follows is worth more */
    bool enhanced_is_firm;  /* it stood right behind the code */
    const char *code_begin; /* first byte of the code */
    const char *code_end;   /* behind code and enhanced code, as far as they are joined */
    struct diagnosis_input *in;
};

static const struct slice announcing[] = {
    SLICE_INIT("error"),     SLICE_INIT("code"),       SLICE_INIT("said"),
    SLICE_INIT("smtp"),      SLICE_INIT("status"),     SLICE_INIT("reply"),
    SLICE_INIT("response"),  SLICE_INIT("error_code"), SLICE_INIT("returned"),
    SLICE_INIT("erreur"),    SLICE_INIT("fehler"),     SLICE_INIT("fehlercode"),
    SLICE_INIT("errore"),    SLICE_INIT("erro"),       SLICE_INIT("fout"),
    SLICE_INIT("foutcode"),  SLICE_INIT("bledu"),      SLICE_INIT("codigo"),
    SLICE_INIT("codice"),    SLICE_INIT("smtpcode"),   SLICE_INIT("err"),
    SLICE_INIT("dsn"),       SLICE_INIT("answered"),   SLICE_INIT("failure"),
    SLICE_INIT("got"),       SLICE_INIT("replied"),    SLICE_INIT("esmtp"),
    SLICE_INIT("responded"), SLICE_INIT("deferred"),   SLICE_INIT("stat"),
    SLICE_INIT("permanent"), SLICE_INIT("temporary"),  SLICE_INIT("x-unix"),
    SLICE_INIT("lmtp"),      SLICE_INIT("x-postfix"),  SLICE_INIT("number"),
};

static const struct slice units[] = {
    SLICE_INIT("mb"),       SLICE_INIT("kb"),      SLICE_INIT("gb"),         SLICE_INIT("bytes"),
    SLICE_INIT("messages"), SLICE_INIT("emails"),  SLICE_INIT("recipients"), SLICE_INIT("seconds"),
    SLICE_INIT("minutes"),  SLICE_INIT("hours"),   SLICE_INIT("days"),       SLICE_INIT("mails"),
    SLICE_INIT("%"),        SLICE_INIT("members"), SLICE_INIT("byte"),       SLICE_INIT("kib"),
    SLICE_INIT("mib"),      SLICE_INIT("tage"),    SLICE_INIT("stunden"),    SLICE_INIT("octets"),
};

static bool is_in(struct slice word, const struct slice *table, size_t count)
{
    for (size_t i = 0; word.len > 0 && i < count; i++)
        if (slice_ieq(word, table[i]))
            return true;
    return false;
}
#define IS_IN(word, table) is_in(word, table, sizeof(table) / sizeof((table)[0]))

static bool is_edge(char c)
{
    return !ascii_is_alnum(c) && (unsigned char)c < 0x80;
}

static struct slice strip(struct slice word)
{
    while (word.len && is_edge(word.at[0]) && word.at[0] != '%')
        word = slice_from(word, 1);
    while (word.len && is_edge(word.at[word.len - 1]) && word.at[0] != '%')
        word.len--;
    return word;
}

static struct slice behind(const struct scanner *s, const char *at)
{
    return slice_from(s->text, (size_t)(at - s->text.at));
}

/* How many bytes at the start of `rest`, behind `code`, say the code again: servers that pass on
 * what another one said write "550-550 …" and "550 550 …". */
static size_t repeats(struct slice rest, const char *code)
{
    size_t len = 0;
    while (rest.len >= len + 4 && (rest.at[len] == '-' || rest.at[len] == ' ') &&
           memcmp(rest.at + len + 1, code, 3) == 0 &&
           (rest.len == len + 4 || rest.at[len + 4] == '-' || ascii_is_space(rest.at[len + 4])))
        len += 4;
    return len;
}

/* Three digits, alone or joined to what follows by a hyphen. */
static uint16_t code_in(struct slice word)
{
    if (word.len < 3 || !ascii_is_digit(word.at[0]) || !ascii_is_digit(word.at[1]) ||
        !ascii_is_digit(word.at[2]))
        return 0;
    if (word.len > 3 && word.at[3] != '-')
        return 0;
    if (word.len > 4 && ascii_is_digit(word.at[4]) &&
        enhanced_prefix(slice_from(word, 4), &(struct enhanced){0}) == 0 &&
        repeats(slice_from(word, 3), word.at) == 0)
        return 0;
    return (uint16_t)((word.at[0] - '0') * 100 + (word.at[1] - '0') * 10 + (word.at[2] - '0'));
}

/* The enhanced code right behind `at`, over space, hyphen, quote and `#`; *end_r is behind it. */
static bool joined_enhanced(const struct scanner *s, const char *at, struct enhanced *e_r,
                            const char **end_r)
{
    struct slice rest = behind(s, at);
    while (rest.len && strchr(" -#'(\t", rest.at[0]))
        rest = slice_from(rest, 1);
    size_t len = enhanced_prefix(rest, e_r);
    bool goes_on = len < rest.len &&
                   (rest.at[len] == '.' && len + 1 < rest.len && ascii_is_digit(rest.at[len + 1]));
    if (len == 0 || goes_on || (len < rest.len && ascii_is_alnum(rest.at[len])))
        return false;
    *end_r = rest.at + len;
    return true;
}

static bool is_counted(const struct scanner *s, const char *end)
{
    struct slice rest = behind(s, end);
    struct token next;
    return token_next(&rest, &next) && next.kind == TOKEN_WORD && IS_IN(strip(next.text), units);
}

/* Also behind the bullet of a list: `-- 550 …`. */
static bool begins_line(const struct scanner *s, const char *at)
{
    static const struct slice bullet = SLICE_INIT("-- ");
    struct slice before = slice_head(s->text, (size_t)(at - s->text.at));
    if (slice_iends(before, bullet))
        before.len -= bullet.len;
    return before.len == 0 || before.at[before.len - 1] == '\n';
}

/* Whether three digits at `at` are a reply's code, by what stands around them. */
static bool is_code(const struct scanner *s, struct slice word, uint16_t code, bool joined)
{
    struct slice before = slice_head(s->text, (size_t)(word.at - s->text.at));
    bool known_shape = code >= 200 && code <= 599 && code / 10 % 10 <= 5;
    if (s->first && word.len == s->text.len)
        return code >= 100;
    if (joined)
        return code >= 200 && code <= 599;
    if (is_counted(s, word.at + 3))
        return false;
    if (IS_IN(strip(s->before), announcing))
        return code >= 100 && code <= 599;
    if (begins_line(s, word.at) || slice_iends(before, SLICE("：")) || s->tail == ':' ||
        s->tail == '=')
        return known_shape;
    struct slice rest = behind(s, word.at + 3); /* `550-'User unknown'` */
    bool quotes = slice_starts(rest, SLICE("-'")) || slice_starts(rest, SLICE("-\""));
    bool opens = strchr("[(<\"'>", word.at[-1]) != NULL;
    return known_shape && code >= 400 && (opens || quotes);
}

static void take_code(struct scanner *s, struct slice word, uint16_t code)
{
    struct reply *r = &s->in->reply;
    struct enhanced e;
    const char *end = word.at + 3 + repeats(behind(s, word.at + 3), word.at);
    bool joined = joined_enhanced(s, end, &e, &end);
    bool better = r->code == 0 || (s->code_is_success && code >= 400);
    if (!better || !is_code(s, word, code, joined))
        return;
    r->code = code;
    s->code_is_success = code < 400;
    s->code_begin = word.at;
    s->code_end = !joined && behind(s, end).len && *end == '-' ? end + 1 : end;
    if (!joined)
        return;
    r->enhanced = e;
    s->enhanced_is_firm = true;
}

/* Versions and section numbers look the same: subjects over 7 count behind a code only, and so do
 * codes of success. */
static void take_enhanced(struct scanner *s, struct slice word)
{
    struct reply *r = &s->in->reply;
    struct enhanced e;
    size_t len = enhanced_prefix(word, &e);
    if (len == 0 || len != word.len || s->enhanced_is_firm)
        return;
    bool alone = s->first && word.len == s->text.len;
    if (!alone && (e.class == 2 || e.subject > 7))
        return;
    bool fits = r->code && e.class == r->code / 100;
    if (r->enhanced.class == 0 || (fits && r->enhanced.class != r->code / 100))
        r->enhanced = e;
    if (s->first && r->code == 0)
        s->code_end = word.at + len;
}

static void take_word(struct scanner *s, const struct token *t)
{
    struct slice raw = t->text;
    if (t->seen & TOKEN_HAS_DIGIT) {
        struct slice word = strip(raw);
        uint16_t code = word.len ? code_in(word) : 0;
        if (code)
            take_code(s, word, code);
        else if (word.len && ascii_is_digit(word.at[0]))
            take_enhanced(s, word);
    }
    if (!is_edge(raw.at[0]) || strip(raw).len)
        s->before = raw;
    s->tail = raw.at[raw.len - 1];
}

/* "host mx.example.org[…] said", "connect to mx.example.org[…]"; not "client host". */
static void take_host(struct scanner *s, struct slice host, struct slice before_that)
{
    if (s->in->remote.len)
        return;
    struct slice before = strip(s->before);
    before_that = strip(before_that);
    bool named = slice_ieq(before, SLICE("host")) && !slice_ieq(before_that, SLICE("client"));
    bool connected = slice_ieq(before, SLICE("to")) && slice_ieq(before_that, SLICE("connect"));
    if (named || connected)
        s->in->remote = host;
}

/* What may stand before a reply without being part of what was said. */
static bool is_lead_in(const struct scanner *s)
{
    static const struct slice ends[] = {SLICE_INIT("returned was:"),   SLICE_INIT("response was:"),
                                        SLICE_INIT("returned:"),       SLICE_INIT("responded:"),
                                        SLICE_INIT("responded with:"), SLICE_INIT("replied:")};
    struct slice lead = slice_trim(slice_head(s->text, (size_t)(s->code_begin - s->text.at)));
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (slice_iends(lead, ends[i]))
            return true;
    return lead.len == 0 || slice_ieq(lead, SLICE("smtp;")) || slice_ieq(lead, SLICE("lmtp;")) ||
           slice_iends(lead, SLICE("said:")) || slice_iends(lead, SLICE("-")) ||
           slice_ieq(lead, SLICE("diagnostic-code: smtp;")) || slice_ieq(lead, SLICE("x-postfix;"));
}

/* Whether the codes stand here once more, as they do in each line of a reply; the bytes they take.
 */
static size_t repeated_codes(const struct scanner *s, struct slice rest)
{
    struct enhanced e;
    const char *end;
    const struct reply *r = &s->in->reply;
    if (rest.len < 4 || (rest.at[3] != '-' && rest.at[3] != ' ') ||
        code_in(slice_head(rest, 3)) != r->code)
        return 0;
    if (r->enhanced.class == 0)
        return rest.at[-1] == '\n' ? 4 : 0;
    if (!joined_enhanced(s, rest.at + 3, &e, &end))
        return 0;
    return enhanced_eq(e, r->enhanced) ? (size_t)(end - rest.at) : 0;
}

/* Whether there is nothing to change: one line of printable ASCII, single spaces. */
static bool is_one_line(const struct scanner *s, struct slice text)
{
    size_t i = 0;
    for (; text.len - i > 8; i += 8) {
        uint64_t word = eight_load(text.at + i), behind = eight_load(text.at + i + 1);
        if (eight_unprintable(word) || (eight_equal(word, ' ') & eight_equal(behind, ' ')))
            return false;
    }
    for (; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] == 0x7F ||
            (i > 0 && text.at[i] == ' ' && text.at[i - 1] == ' '))
            return false;
    return text.len > 0 && (s->in->reply.code == 0 ||
                            slice_find_slice(text, slice_of(s->code_begin, 3), 0) == SLICE_NONE);
}

/* One character of the text: white space folded, anything that could command a terminal as '?'. */
static size_t copy_character(char *to, size_t used, struct slice text, size_t at)
{
    size_t len = utf8_printable(text, at);
    bool is_space = ascii_is_space(text.at[at]);
    if (is_space && (used == 0 || to[used - 1] == ' '))
        return used;
    if (is_space || len == 0)
        to[used++] = is_space ? ' ' : '?';
    else
        memcpy(to + used, text.at + at, len);
    return is_space || len == 0 ? used : used + len;
}

/* In one line, the codes of further lines taken out. */
static struct slice one_line(const struct scanner *s, struct slice text, struct arena *arena)
{
    struct slice copy = {"", 0};
    if (is_one_line(s, text))
        return arena_dup(arena, text, &copy) ? copy : (struct slice){"", 0};
    char *to = arena_text(arena, text.len + 1);
    size_t used = 0;
    if (!to)
        return copy;
    for (size_t i = 0; i < text.len;) {
        bool begins_word = i > 0 && ascii_is_space(text.at[i - 1]) && text.at + i > s->code_end;
        i += begins_word && s->in->reply.code ? repeated_codes(s, slice_from(text, i)) : 0;
        if (i >= text.len)
            break;
        if (text.at[i] > ' ' && text.at[i] < 0x7F) {
            to[used++] = text.at[i++];
            continue;
        }
        size_t len = utf8_char(text, i);
        used = copy_character(to, used, text, i);
        i += len ? len : 1;
    }
    return slice_trim(slice_of(to, used));
}

static bool holds(struct slice text, struct slice word)
{
    return slice_ifind_slice(text, word, 0) != SLICE_NONE;
}

/* Whether "host" or "connect" stands in the text, without which no host is named (see take_host).
 * Few words have "os" or "nn" in them. */
static bool may_name_host(struct slice text)
{
    size_t at = 1;
    while (at + 8 < text.len) {
        uint64_t word = eight_load(text.at + at) | EIGHT_ONES * 0x20;
        uint64_t next = eight_load(text.at + at + 1) | EIGHT_ONES * 0x20;
        uint64_t found = (eight_equal(word, 'o') & eight_equal(next, 's')) |
                         (eight_equal(word, 'n') & eight_equal(next, 'n'));
        at += found ? eight_first(found) + 1 : 8;
        struct slice begin = slice_from(text, at - 2);
        if (found && (slice_istarts(begin, SLICE("host")) || slice_istarts(begin, SLICE("onnect"))))
            return true;
    }
    struct slice tail = slice_from(text, at - 1);
    return holds(tail, SLICE("host")) || holds(tail, SLICE("onnect"));
}

/* Whether a full stop stands between letters or digits, as in each enhanced code and host name. */
static bool has_inner_dot(struct slice text)
{
    for (size_t at = 0; (at = slice_find(text, '.', at)) != SLICE_NONE; at++)
        if (at > 0 && at + 1 < text.len && token_is_alnum(text.at[at - 1]) &&
            token_is_alnum(text.at[at + 1]))
            return true;
    return false;
}

/* Whether an enhanced code may begin here: "5.", and not inside a longer number or word. */
static bool may_have_enhanced(struct slice text)
{
    for (size_t at = 1; (at = slice_find(text, '.', at)) != SLICE_NONE; at++) {
        char class = text.at[at - 1];
        if ((class == '2' || class == '4' || class == '5') &&
            (at == 1 || !token_is_alnum(text.at[at - 2])))
            return true;
    }
    return false;
}

/* Whether what is left can change nothing: the codes are sure, and no host is named. */
static bool is_all_known(const struct scanner *s, struct slice rest)
{
    if (s->code_is_success)
        return false;
    return !has_inner_dot(rest) || ((s->enhanced_is_firm || !may_have_enhanced(rest)) &&
                                    (s->in->remote.len > 0 || !may_name_host(rest)));
}

void reply_scan(struct slice text, struct arena *arena, struct diagnosis_input *in_r)
{
    *in_r = (struct diagnosis_input){.stage = STAGE_NONE};
    text = slice_trim(text);
    struct scanner s = {.text = text, .before = {"", 0}, .first = true, .in = in_r};
    struct slice rest = text, before_that = {"", 0};
    struct token t;
    while (token_next(&rest, &t)) {
        struct slice before = s.before;
        if (t.kind == TOKEN_HOST)
            take_host(&s, t.text, before_that);
        uint16_t code = in_r->reply.code;
        if (t.kind == TOKEN_WORD)
            take_word(&s, &t);
        else
            s.tail = 0;
        before_that = before;
        s.first = false;
        if (in_r->reply.code != code && is_all_known(&s, rest))
            break;
    }
    if (s.code_end && (!s.code_begin || is_lead_in(&s)))
        text = slice_trim(behind(&s, s.code_end));
    in_r->reply.text = one_line(&s, text, arena);
}
