#include "mail/charset.h"

#include "base/eight.h"
#include "base/utf8.h"
#include "mail/charset_tables.h"

enum { GBK, BIG5, CP949 };

/* Names that mean what another one means. */
static const struct alias {
    struct slice name;
    struct charset set;
} aliases[] = {
    {SLICE_INIT(""), {CHARSET_UTF8, 0}},
    {SLICE_INIT("usascii"), {CHARSET_UTF8, 0}},
    {SLICE_INIT("ascii"), {CHARSET_UTF8, 0}},
    {SLICE_INIT("utf8"), {CHARSET_UTF8, 0}},
    {SLICE_INIT("utf16"), {CHARSET_UTF16, 0}},
    {SLICE_INIT("unicode"), {CHARSET_UTF16, 0}},
    {SLICE_INIT("ucs2"), {CHARSET_UTF16, 0}},
    {SLICE_INIT("utf16le"), {CHARSET_UTF16LE, 0}},
    {SLICE_INIT("utf16be"), {CHARSET_UTF16BE, 0}},
    {SLICE_INIT("utf7"), {CHARSET_UTF7, 0}},
    {SLICE_INIT("unicode11utf7"), {CHARSET_UTF7, 0}},
    {SLICE_INIT("iso2022jp"), {CHARSET_ISO2022JP, 0}},
    {SLICE_INIT("iso2022jp1"), {CHARSET_ISO2022JP, 0}},
    {SLICE_INIT("iso2022jpms"), {CHARSET_ISO2022JP, 0}},
    {SLICE_INIT("shiftjis"), {CHARSET_SHIFT_JIS, 0}},
    {SLICE_INIT("sjis"), {CHARSET_SHIFT_JIS, 0}},
    {SLICE_INIT("xsjis"), {CHARSET_SHIFT_JIS, 0}},
    {SLICE_INIT("windows31j"), {CHARSET_SHIFT_JIS, 0}},
    {SLICE_INIT("cp932"), {CHARSET_SHIFT_JIS, 0}},
    {SLICE_INIT("eucjp"), {CHARSET_EUC_JP, 0}},
    {SLICE_INIT("xeucjp"), {CHARSET_EUC_JP, 0}},
    {SLICE_INIT("gbk"), {CHARSET_DOUBLE, GBK}},
    {SLICE_INIT("gb2312"), {CHARSET_DOUBLE, GBK}},
    {SLICE_INIT("gb18030"), {CHARSET_DOUBLE, GBK}},
    {SLICE_INIT("big5"), {CHARSET_DOUBLE, BIG5}},
    {SLICE_INIT("euckr"), {CHARSET_DOUBLE, CP949}},
    {SLICE_INIT("ksc56011987"), {CHARSET_DOUBLE, CP949}},
    {SLICE_INIT("cp949"), {CHARSET_DOUBLE, CP949}},
};

enum { NAME_MAX_BYTES = 24 };

/* Small letters and digits alone; `windows-1252` is `cp1252`. */
static struct slice plain_name(struct slice name, char *storage)
{
    size_t len = 0;
    bool is_windows = slice_istarts(name, SLICE("windows-12"));
    if (is_windows) {
        storage[len++] = 'c';
        storage[len++] = 'p';
        name = slice_from(name, 8);
    }
    for (size_t i = 0; i < name.len && len < NAME_MAX_BYTES; i++)
        if (ascii_is_alnum(name.at[i]))
            storage[len++] = ascii_lower(name.at[i]);
    return slice_of(storage, len);
}

struct charset charset_of(struct slice name)
{
    char here[NAME_MAX_BYTES], there[NAME_MAX_BYTES];
    struct slice plain = plain_name(name, here);
    for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
        if (slice_eq(plain, aliases[i].name))
            return aliases[i].set;
    for (size_t i = 0; i < charset_single_count; i++)
        if (slice_eq(plain, plain_name(slice_str(charset_singles[i].name), there)))
            return (struct charset){CHARSET_SINGLE, i};
    return (struct charset){CHARSET_UNKNOWN, 0};
}

/* U+0000 and what is no character are '?'. */
static void put(struct buf *out, uint32_t c)
{
    char bytes[4];
    size_t len = 0;
    if (c == 0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
        c = '?';
    if (c < 0x80) {
        bytes[len++] = (char)c;
    } else if (c < 0x800) {
        bytes[len++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[len++] = (char)(0xe0 | c >> 12);
        bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | c >> 18);
        bytes[len++] = (char)(0x80 | (c >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    if (c >= 0x80)
        bytes[len++] = (char)(0x80 | (c & 0x3f));
    buf_add(out, slice_of(bytes, len));
}

static unsigned byte_at(struct slice s, size_t i)
{
    return i < s.len ? (unsigned char)s.at[i] : 0;
}

/* Bytes from `at` on that are characters by themselves: ASCII without NUL. */
static size_t plain_run(struct slice s, size_t at)
{
    size_t end = at;
    for (uint64_t other = 0; !other && s.len - end >= 8; end += other ? eight_first(other) : 8) {
        uint64_t word = eight_load(s.at + end);
        other = (word & EIGHT_TOPS) | eight_under(word, 1);
    }
    while (end < s.len && (unsigned char)(s.at[end] - 1) < 0x7f)
        end++;
    return end - at;
}

static void write_utf8(struct buf *out, struct slice s)
{
    for (size_t i = 0, from = 0; i <= s.len;) {
        size_t plain = plain_run(s, i), len = plain ? plain : utf8_char(s, i);
        if (len) {
            i += len;
            continue;
        }
        buf_add(out, slice_of(s.at + from, i - from));
        if (i < s.len)
            buf_add_char(out, '?');
        from = ++i;
    }
}

static void write_utf16(struct buf *out, struct slice s, bool is_little)
{
    for (size_t i = 0; i + 1 < s.len; i += 2) {
        uint32_t c = byte_at(s, i + is_little) << 8 | byte_at(s, i + !is_little);
        uint32_t low = byte_at(s, i + 2 + is_little) << 8 | byte_at(s, i + 2 + !is_little);
        if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000 && i + 3 < s.len) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        }
        if (c != 0xfeff)
            put(out, c);
    }
}

/* RFC 2152: `+` and base64 of UTF-16, up to `-` or what is no digit; `+-` is a plus. */
static int utf7_digit(unsigned c)
{
    if (c >= 'A' && c <= 'Z')
        return (int)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (int)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (int)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t write_shifted(struct buf *out, struct slice s, size_t i)
{
    uint32_t bits = 0, high = 0;
    unsigned count = 0;
    for (int digit; i < s.len && (digit = utf7_digit(byte_at(s, i))) >= 0; i++) {
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count < 16)
            continue;
        count -= 16;
        uint32_t c = bits >> count & 0xffff;
        bool is_low = c >= 0xdc00 && c < 0xe000;
        if (high && is_low)
            put(out, 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00));
        else if (c < 0xd800 || c >= 0xdc00)
            put(out, c);
        high = c >= 0xd800 && c < 0xdc00 ? c : 0;
    }
    return i + (byte_at(s, i) == '-');
}

static void write_utf7(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.len;) {
        unsigned c = byte_at(s, i++);
        if (c != '+') {
            put(out, c < 0x80 ? c : '?');
        } else if (byte_at(s, i) == '-') {
            put(out, c);
            i++;
        } else {
            i = write_shifted(out, s, i);
        }
    }
}

static uint32_t jis(unsigned lead, unsigned trail)
{
    bool is_there = lead >= 0x21 && lead <= 0x7e && trail >= 0x21 && trail <= 0x7e;
    return is_there ? charset_jis0208[lead - 0x21][trail - 0x21] : 0;
}

/* RFC 1468; `ESC $` begins two-byte text, `ESC (` ends it. */
static void write_iso2022jp(struct buf *out, struct slice s)
{
    bool is_double = false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned c = byte_at(s, i);
        if (c == 0x1b && (byte_at(s, i + 1) == '$' || byte_at(s, i + 1) == '(')) {
            is_double = byte_at(s, i + 1) == '$';
            i += 2;
        } else if (is_double && c > 0x20 && i + 1 < s.len) {
            put(out, jis(c, byte_at(s, ++i)));
        } else {
            is_double = is_double && c != '\n';
            put(out, c < 0x80 ? c : '?');
        }
    }
}

static void write_shift_jis(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned c = byte_at(s, i), t = byte_at(s, i + 1);
        if (c < 0x80) {
            put(out, c);
        } else if (c >= 0xa1 && c <= 0xdf) {
            put(out, 0xff61 + c - 0xa1); /* half-width katakana */
        } else if (t < 0x40) {
            put(out, '?'); /* half a character must not swallow a line end */
        } else {
            unsigned lead = (c - (c >= 0xe0 ? 0xc1 : 0x81)) * 2 + 0x21;
            unsigned trail = t >= 0x9f ? t - 0x7e : t - 0x1f - (t >= 0x80);
            put(out, jis(lead + (t >= 0x9f), trail));
            i++;
        }
    }
}

static void write_euc_jp(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned c = byte_at(s, i), t = byte_at(s, i + 1);
        if (c < 0x80) {
            put(out, c);
        } else if (t < 0xa1) {
            put(out, '?');
        } else {
            put(out, c == 0x8e ? 0xff61 + t - 0xa1 : jis(c & 0x7f, t & 0x7f));
            i++;
        }
    }
}

static void write_double(struct buf *out, struct slice s, size_t table)
{
    const uint16_t(*points)[191] = table == GBK    ? charset_gbk
                                   : table == BIG5 ? charset_big5
                                                   : charset_cp949;
    for (size_t i = 0; i < s.len; i++) {
        unsigned c = byte_at(s, i), t = byte_at(s, i + 1);
        bool is_pair = c >= 0x81 && c <= 0xfe && t >= 0x40 && t <= 0xfe;
        put(out, c < 0x80 ? c : is_pair ? points[c - 0x81][t - 0x40] : '?');
        i += is_pair;
    }
}

static void write_single(struct buf *out, struct slice s, const uint16_t *points)
{
    for (size_t i = 0; i < s.len; i++) {
        size_t plain = plain_run(s, i);
        buf_add(out, slice_of(s.at + i, plain));
        i += plain;
        if (i == s.len)
            return;
        unsigned c = byte_at(s, i);
        put(out, c < 0x80 ? c : points ? points[c - 0x80] : '?');
    }
}

void charset_write(struct buf *out, struct slice text, struct charset set)
{
    switch (set.kind) {
    case CHARSET_UTF8:
        write_utf8(out, text);
        break;
    case CHARSET_UTF16:
        write_utf16(out, text, slice_starts(text, SLICE("\xff\xfe")));
        break;
    case CHARSET_UTF16LE:
    case CHARSET_UTF16BE:
        write_utf16(out, text, set.kind == CHARSET_UTF16LE);
        break;
    case CHARSET_UTF7:
        write_utf7(out, text);
        break;
    case CHARSET_ISO2022JP:
        write_iso2022jp(out, text);
        break;
    case CHARSET_SHIFT_JIS:
        write_shift_jis(out, text);
        break;
    case CHARSET_EUC_JP:
        write_euc_jp(out, text);
        break;
    case CHARSET_DOUBLE:
        write_double(out, text, set.table);
        break;
    case CHARSET_SINGLE:
    case CHARSET_UNKNOWN:
        write_single(out, text,
                     set.kind == CHARSET_SINGLE ? charset_singles[set.table].points : NULL);
        break;
    }
}
