#include "auth/spf_terms.h"

enum { NAME_MOST = 253, PREFIX4_MOST = 32, PREFIX6_MOST = 128, LABELS_MOST = 128 };

static const struct {
    struct slice name;
    enum spf_kind kind;
    bool needs_spec, takes_spec, takes_prefix;
} mechanisms[] = {
    {SLICE_INIT("all"), SPF_ALL, false, false, false},
    {SLICE_INIT("include"), SPF_INCLUDE, true, true, false},
    {SLICE_INIT("a"), SPF_A, false, true, true},
    {SLICE_INIT("mx"), SPF_MX, false, true, true},
    {SLICE_INIT("ptr"), SPF_PTR, false, true, false},
    {SLICE_INIT("ip4"), SPF_IP4, true, true, false},
    {SLICE_INIT("ip6"), SPF_IP6, true, true, false},
    {SLICE_INIT("exists"), SPF_EXISTS, true, true, false},
};

bool spf_record_read(struct slice text, struct slice *terms_r)
{
    const struct slice version = SLICE("v=spf1");
    if (!slice_istarts(text, version) || (text.len > version.len && text.at[version.len] != ' '))
        return false;
    *terms_r = slice_from(text, version.len);
    return true;
}

/* ---- terms ---- */

/* Takes `/24` off the end; false: there is a slash, and no number that fits. */
static bool take_prefix(struct slice *text, const char *slash, unsigned most, uint8_t *prefix_r)
{
    size_t at = text->len;
    uint32_t value;
    const struct slice mark = slice_str(slash);
    while (at && ascii_is_digit(text->at[at - 1]))
        at--;
    if (at < mark.len || !slice_eq(slice_of(text->at + at - mark.len, mark.len), mark))
        return true;
    /* one slash is not the end of two */
    if (mark.len == 1 && at > 1 && text->at[at - 2] == '/')
        return false;
    if (!slice_u32(slice_from(*text, at), &value) || value > most ||
        (text->len - at > 1 && text->at[at] == '0'))
        return false;
    *prefix_r = (uint8_t)value;
    *text = slice_head(*text, at - mark.len);
    return true;
}

/* All of it is checked before anything is looked up (RFC 7208 4.6). */
static bool is_spec(struct slice spec)
{
    static const struct spf_input nobody = {.client = {.family = IP_V4}};
    char storage[2048];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    return spec.len > 0 && spec.len <= NAME_MOST && spf_expand(spec, &nobody, SLICE("x"), &out);
}

struct cidr spf_net(struct ip ip, uint8_t prefix)
{
    for (size_t bit = prefix; bit < sizeof(ip.bytes) * 8; bit++)
        ip.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
    return (struct cidr){ip, prefix};
}

/* `192.0.2.0/24`: bits behind the prefix are let pass, as records in the wild have them. */
static bool read_net(struct slice text, enum ip_family family, struct cidr *net_r)
{
    unsigned most = family == IP_V4 ? PREFIX4_MOST : PREFIX6_MOST;
    struct ip ip;
    uint8_t prefix = (uint8_t)most;
    if (!take_prefix(&text, "/", most, &prefix) || !ip_parse(text, &ip) || ip.family != family)
        return false;
    *net_r = spf_net(ip, prefix);
    return true;
}

static bool read_mechanism(struct slice name, struct slice spec, bool has_spec, struct spf_term *t)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++) {
        if (!slice_ieq(name, mechanisms[i].name))
            continue;
        t->kind = mechanisms[i].kind;
        t->spec = spec;
        if (has_spec ? !mechanisms[i].takes_spec || spec.len == 0 : mechanisms[i].needs_spec)
            return false;
        if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
            return read_net(spec, t->kind == SPF_IP4 ? IP_V4 : IP_V6, &t->net);
        return !has_spec || is_spec(spec);
    }
    return false;
}

static bool takes_prefix(struct slice name)
{
    return slice_ieq(name, SLICE("a")) || slice_ieq(name, SLICE("mx"));
}

static bool is_modifier_name(struct slice name)
{
    if (name.len == 0 || !ascii_is_alpha(name.at[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alnum(name.at[i]) && !slice_count(SLICE("-_."), name.at[i]))
            return false;
    return true;
}

static bool read_modifier(struct slice name, struct slice value, struct spf_term *t)
{
    t->kind = slice_ieq(name, SLICE("redirect")) ? SPF_REDIRECT : SPF_OTHER;
    t->spec = value;
    return t->kind == SPF_OTHER || is_spec(value);
}

bool spf_term_read(struct slice text, struct spf_term *t_r)
{
    struct slice body = text;
    *t_r = (struct spf_term){
        .text = text, .qualifier = '+', .prefix4 = PREFIX4_MOST, .prefix6 = PREFIX6_MOST};
    size_t equals = slice_find(text, '=', 0);
    if (equals != SLICE_NONE && is_modifier_name(slice_head(text, equals)))
        return read_modifier(slice_head(text, equals), slice_from(text, equals + 1), t_r);
    if (body.len && slice_count(SLICE("+-~?"), body.at[0])) {
        t_r->qualifier = body.at[0];
        body = slice_from(body, 1);
    }
    size_t end = 0;
    while (end < body.len && body.at[end] != ':' && body.at[end] != '/')
        end++;
    struct slice name = slice_head(body, end);
    if (takes_prefix(name) && (!take_prefix(&body, "//", PREFIX6_MOST, &t_r->prefix6) ||
                               !take_prefix(&body, "/", PREFIX4_MOST, &t_r->prefix4)))
        return false;
    bool has_spec = end < body.len && body.at[end] == ':';
    if (!has_spec && end < body.len)
        return false;
    return read_mechanism(name, slice_from(body, end + 1), has_spec, t_r);
}

/* ---- macros ---- */

static void write_nibbles(struct buf *out, struct ip ip)
{
    if (ip.family == IP_V4) {
        ip_write(out, ip);
        return;
    }
    for (size_t i = 0; i < 2 * sizeof(ip.bytes); i++)
        buf_addf(out, "%s%x", i ? "." : "",
                 (unsigned)(i % 2 ? ip.bytes[i / 2] & 15 : ip.bytes[i / 2] >> 4));
}

/* An upper-case letter asks for URL escapes, which no name in the DNS has a use for. */
static bool write_value(char letter, const struct spf_input *in, struct slice domain,
                        struct buf *out)
{
    switch (ascii_lower(letter)) {
    case 's':
        buf_addf(out, "%.*s@%.*s", SLICE_ARG(in->local), SLICE_ARG(in->domain));
        return true;
    case 'l':
        buf_add(out, in->local);
        return true;
    case 'o':
        buf_add(out, in->domain);
        return true;
    case 'd':
        buf_add(out, domain);
        return true;
    case 'i':
        write_nibbles(out, in->client);
        return true;
    case 'p': /* asks for too much, and says nothing that can be trusted: RFC 7208 7.2 */
        buf_add_str(out, "unknown");
        return true;
    case 'v':
        buf_add_str(out, in->client.family == IP_V6 ? "ip6" : "in-addr");
        return true;
    case 'h':
        buf_add(out, in->helo);
        return true;
    default: /* c, r and t are for explanations only */
        return false;
    }
}

/* Parts of the value between delimiters, in their order or turned, the last `keep` of them. */
static void write_parts(struct buf *out, struct slice value, struct slice delimiters, uint32_t keep,
                        bool is_turned)
{
    struct slice parts[LABELS_MOST];
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= value.len && count < LABELS_MOST; i++)
        if (i == value.len || slice_count(delimiters, value.at[i])) {
            parts[count++] = slice_of(value.at + from, i - from);
            from = i + 1;
        }
    for (size_t i = 0; is_turned && i < count / 2; i++) {
        struct slice other = parts[i];
        parts[i] = parts[count - 1 - i];
        parts[count - 1 - i] = other;
    }
    for (size_t i = keep && keep < count ? count - keep : 0, first = i; i < count; i++) {
        buf_add_str(out, i > first ? "." : "");
        buf_add(out, parts[i]);
    }
}

/* What stands between `%{` and `}`. */
static bool expand_macro(struct slice macro, const struct spf_input *in, struct slice domain,
                         struct buf *out)
{
    char storage[1024];
    struct buf value;
    uint32_t keep = 0;
    size_t at = 1;
    buf_init_fixed(&value, storage, sizeof(storage));
    if (macro.len == 0 || !write_value(macro.at[0], in, domain, &value))
        return false;
    while (at < macro.len && ascii_is_digit(macro.at[at]))
        at++;
    if (at > 1 && (!slice_u32(slice_of(macro.at + 1, at - 1), &keep) || keep == 0))
        return false;
    bool is_turned = at < macro.len && ascii_lower(macro.at[at]) == 'r';
    struct slice delimiters = slice_from(macro, at + is_turned);
    for (size_t i = 0; i < delimiters.len; i++)
        if (!slice_count(SLICE(".-+,/_="), delimiters.at[i]))
            return false;
    write_parts(out, buf_slice(&value), delimiters.len ? delimiters : SLICE("."), keep, is_turned);
    return true;
}

static void shorten(struct buf *out, size_t from)
{
    while (out->len - from > NAME_MOST) {
        size_t dot = slice_find(slice_from(buf_slice(out), from), '.', 0);
        if (dot == SLICE_NONE)
            return;
        memmove(out->at + from, out->at + from + dot + 1, out->len - from - dot - 1);
        out->len -= dot + 1;
    }
}

bool spf_expand(struct slice spec, const struct spf_input *in, struct slice domain, struct buf *out)
{
    static const struct {
        char letter;
        const char *means;
    } escapes[] = {{'%', "%"}, {'_', " "}, {'-', "%20"}};
    size_t from = out->len;
    for (size_t i = 0; i < spec.len; i++) {
        if (spec.at[i] <= ' ' || spec.at[i] > '~')
            return false;
        if (spec.at[i] != '%') {
            buf_add_char(out, spec.at[i]);
            continue;
        }
        if (++i == spec.len)
            return false;
        size_t end = slice_find(spec, '}', i), k = 0;
        while (k < sizeof(escapes) / sizeof(*escapes) && escapes[k].letter != spec.at[i])
            k++;
        if (k < sizeof(escapes) / sizeof(*escapes)) {
            buf_add_str(out, escapes[k].means);
        } else if (spec.at[i] == '{' && end != SLICE_NONE) {
            if (!expand_macro(slice_of(spec.at + i + 1, end - i - 1), in, domain, out))
                return false;
            i = end;
        } else {
            return false;
        }
    }
    shorten(out, from);
    return !out->failed;
}
