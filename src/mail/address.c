#include "mail/address.h"

#include "base/buf.h"
#include "base/ip.h"
#include "base/utf8.h"

/* The checks return what is wrong in static words, or NULL. */

enum { LABEL_MAX = 63 }; /* octets, RFC 1035 2.3.4 */

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

/* Bytes of the non-ASCII character at `at` (RFC 6531 3.3), or 0. The control characters U+0080 to
 * U+009F are left out: they would reach terminals and logs. */
static size_t utf8_non_ascii(struct slice s, size_t at)
{
    if (at >= s.len || is_ascii(s.at[at]))
        return 0;
    size_t len = utf8_char(s, at);
    bool is_control = len == 2 && s.at[at] == '\xc2' && (unsigned char)s.at[at + 1] < 0xa0;
    return is_control ? 0 : len;
}

/* `in` with its brackets. IPv6 is the only tag ever registered (RFC 5321 4.1.3). */
static const char *literal_flaw(struct slice in)
{
    static const struct slice tag = SLICE_INIT("IPv6:");
    if (in.len < 2 || in.at[in.len - 1] != ']')
        return "the address literal lacks its ]";
    struct slice inside = slice_of(in.at + 1, in.len - 2);
    bool is_tagged = slice_istarts(inside, tag);
    struct slice number = slice_from(inside, is_tagged ? tag.len : 0);
    bool has_colon = slice_find(number, ':', 0) != SLICE_NONE;
    struct ip ip;
    if (is_tagged == has_colon && ip_parse(number, &ip))
        return NULL;
    return "the address literal is neither [192.0.2.1] nor [IPv6:2001:db8::1]";
}

static const char *label_flaw(struct slice label)
{
    if (label.len == 0)
        return "a part of the domain between dots is empty";
    if (label.len > LABEL_MAX)
        return "a part of the domain between dots is longer than 63 octets";
    if (label.at[0] == '-' || label.at[label.len - 1] == '-')
        return "a part of the domain begins or ends with a hyphen";
    for (size_t at = 0; at < label.len;) {
        char c = label.at[at];
        size_t len = ascii_is_alnum(c) || c == '-' || c == '_' ? 1 : utf8_non_ascii(label, at);
        if (len == 0)
            return "the domain holds a character that no domain can have";
        at += len;
    }
    return NULL;
}

static const char *domain_flaw(struct slice in)
{
    if (in.len == 0)
        return "there is nothing behind the @";
    if (in.len > ADDRESS_DOMAIN_MAX)
        return "the domain is longer than 255 octets";
    if (in.at[0] == '[')
        return literal_flaw(in);
    struct slice label;
    bool ends_in_dot = in.at[in.len - 1] == '.';
    while (slice_split(&in, '.', &label)) {
        const char *flaw = label_flaw(label);
        if (flaw)
            return flaw;
    }
    return ends_in_dot ? label_flaw(SLICE("")) : NULL;
}

bool domain_is_valid(struct slice in)
{
    return domain_flaw(in) == NULL;
}

/* The character of a dot-string at `at` (RFC 5322 3.2.3 atext, RFC 6531 3.3), or 0. */
static size_t atext(struct slice in, size_t at)
{
    static const struct slice marks = SLICE_INIT("!#$%&'*+-/=?^_`{|}~");
    if (at >= in.len)
        return 0;
    char c = in.at[at];
    if (ascii_is_alnum(c) || slice_find(marks, c, 0) != SLICE_NONE)
        return 1;
    return utf8_non_ascii(in, at);
}

/* The dot-string at the start of `in`; the caller looks at what stands behind it. */
static const char *scan_dot_string(struct slice in, size_t *len_r)
{
    size_t at = 0, len;
    bool after_dot = true;
    for (; (len = atext(in, at)) || (at < in.len && in.at[at] == '.'); at += len ? len : 1) {
        if (len == 0 && after_dot)
            return at ? "two dots stand together before the @" : "it begins with a dot";
        after_dot = len == 0;
    }
    *len_r = at;
    return at && after_dot ? "a dot stands right before the @" : NULL;
}

/* The quoted string at the start of `in`, quotes included (RFC 5321 4.1.2 Quoted-string). */
static const char *scan_quoted(struct slice in, size_t *len_r)
{
    for (size_t at = 1; at < in.len;) {
        char c = in.at[at];
        if (c == '"') {
            *len_r = at + 1;
            return NULL;
        }
        if (c == '\\') {
            if (++at >= in.len || in.at[at] < ' ' || in.at[at] > '~')
                return "a backslash in the quotes has nothing behind it that can be quoted";
            at++;
            continue;
        }
        size_t len = c >= ' ' && c <= '~' ? 1 : utf8_non_ascii(in, at);
        if (len == 0)
            return "the quotes hold a character that no address can have";
        at += len;
    }
    return "the closing quote is missing";
}

static const char *scan_local(struct slice in, size_t *len_r)
{
    const char *flaw =
        in.len && in.at[0] == '"' ? scan_quoted(in, len_r) : scan_dot_string(in, len_r);
    if (flaw)
        return flaw;
    if (*len_r == 0)
        return "there is nothing before the @";
    return *len_r > ADDRESS_LOCAL_MAX ? "the part before the @ is longer than 64 octets" : NULL;
}

/* `local@domain` at the start of `in`; the domain ends at the end or before a >. */
static const char *scan_mailbox(struct slice in, struct address *a)
{
    size_t local_len = 0;
    const char *flaw = scan_local(in, &local_len);
    if (flaw)
        return flaw;
    if (local_len == in.len || in.at[local_len] == '>')
        return "the @ and the domain are missing";
    if (in.at[local_len] != '@')
        return "a character before the @ can't stand there without quotes";
    a->local = slice_head(in, local_len);
    struct slice rest = slice_from(in, local_len + 1);
    a->domain = slice_head(rest, slice_find(rest, '>', 0));
    a->text = slice_head(in, local_len + 1 + a->domain.len);
    flaw = domain_flaw(a->domain);
    if (flaw)
        return flaw;
    a->is_literal = a->domain.at[0] == '[';
    a->is_utf8 = !slice_is_ascii(a->text);
    return a->text.len > ADDRESS_MAX ? "it is longer than 254 octets" : NULL;
}

/* Where a domain at the start of `in` ends: behind the ] of a literal, or before a separator. */
static size_t domain_end(struct slice in)
{
    size_t at = 0;
    if (in.len && in.at[0] == '[') {
        size_t close = slice_find(in, ']', 0);
        return close == SLICE_NONE ? in.len : close + 1;
    }
    while (at < in.len && in.at[at] != ',' && in.at[at] != ':')
        at++;
    return at;
}

/* `@one,@two:` at the start of `in`, which is checked and dropped. */
static const char *scan_route(struct slice in, size_t *len_r)
{
    static const char flaw[] = "its source route is malformed";
    for (size_t at = 0; at < in.len && in.at[at] == '@'; at++) {
        struct slice rest = slice_from(in, at + 1);
        struct slice domain = slice_head(rest, domain_end(rest));
        at += 1 + domain.len;
        if (domain_flaw(domain) || at >= in.len)
            return flaw;
        if (in.at[at] == ':') {
            *len_r = at + 1;
            return NULL;
        }
        if (in.at[at] != ',')
            return flaw;
    }
    return flaw;
}

/* What stands between the brackets, and the closing one. */
static const char *scan_path(struct slice in, bool null_ok, size_t *used_r, struct address *a)
{
    static const struct slice postmaster = SLICE_INIT("postmaster>");
    if (in.len == 0 || in.at[0] != '<')
        return "it must stand in < and >";
    if (slice_find(in, '>', 0) == SLICE_NONE)
        return "the closing > is missing";
    size_t at = 1;
    if (in.at[at] == '>') {
        *used_r = at + 1;
        return null_ok ? NULL : "it is empty";
    }
    if (!null_ok && slice_istarts(slice_from(in, at), postmaster)) {
        a->text = a->local = slice_of(in.at + at, postmaster.len - 1);
        *used_r = at + postmaster.len;
        return NULL;
    }
    if (in.at[at] == '@') {
        size_t len = 0;
        const char *flaw = scan_route(slice_from(in, at), &len);
        if (flaw)
            return flaw;
        at += len;
    }
    const char *flaw = scan_mailbox(slice_from(in, at), a);
    if (flaw)
        return flaw;
    at += a->text.len;
    *used_r = at + 1;
    return at < in.len ? NULL : "the closing > is missing";
}

static void clear(struct address *a)
{
    *a = (struct address){.text = SLICE(""), .local = SLICE(""), .domain = SLICE("")};
}

bool address_parse_path(struct slice in, bool null_ok, size_t *used_r, struct address *address_r,
                        struct err *err_r)
{
    clear(address_r);
    *used_r = 0;
    const char *flaw = scan_path(in, null_ok, used_r, address_r);
    return flaw ? err_set(err_r, ERR_SYNTAX, 0, flaw) : true;
}

bool address_parse(struct slice in, struct address *address_r, struct err *err_r)
{
    clear(address_r);
    const char *flaw = scan_mailbox(in, address_r);
    if (!flaw && address_r->text.len != in.len)
        flaw = "a > stands behind it";
    return flaw ? err_set(err_r, ERR_SYNTAX, 0, flaw) : true;
}

/* What a quoted string stands for; `to` has room for ADDRESS_LOCAL_MAX bytes. */
static struct slice unquoted(struct slice quoted, char *to)
{
    size_t len = 0;
    for (size_t at = 1; at + 1 < quoted.len; at++) {
        at += quoted.at[at] == '\\';
        to[len++] = quoted.at[at];
    }
    return slice_of(to, len);
}

static void add_shortest(struct buf *out, struct slice local)
{
    char storage[ADDRESS_LOCAL_MAX];
    size_t used = 0;
    if (local.len == 0 || local.at[0] != '"') {
        buf_add(out, local);
        return;
    }
    struct slice bare = unquoted(local, storage);
    if (bare.len && !scan_dot_string(bare, &used) && used == bare.len) {
        buf_add(out, bare);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < bare.len; i++) {
        if (bare.at[i] == '"' || bare.at[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, bare.at[i]);
    }
    buf_add_char(out, '"');
}

bool address_copy(struct address *a, struct arena *arena)
{
    struct buf out;
    size_t room = a->text.len + 1;
    char *text = arena_text(arena, room);
    if (!text)
        return false;
    buf_init_fixed(&out, text, room);
    add_shortest(&out, a->local);
    a->domain.at = text + out.len + (a->domain.len > 0);
    size_t local_len = out.len;
    buf_add(&out, slice_from(a->text, a->local.len));
    a->text = buf_slice(&out);
    a->local = slice_head(a->text, local_len);
    text[out.len] = '\0';
    return true;
}

struct address address_split(struct slice text)
{
    size_t at = slice_rfind(text, '@');
    struct address a = {.text = text, .local = slice_head(text, at), .domain = SLICE("")};
    if (at != SLICE_NONE)
        a.domain = slice_from(text, at + 1);
    return a;
}
