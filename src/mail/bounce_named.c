/* Whom a text for people names as recipients, and what it says of each: a line that begins with
 * the address, and the lines up to the next one; a transcript's answer to the command that names
 * it; else what is said of all. */
#include "mail/bounce_inside.h"
#include "reply/scan.h"

/* Lines that are put together for one recipient. */
enum { SAID_MAX = 4000 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool has_letter(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (ascii_is_alnum(s.at[i]) || (unsigned char)s.at[i] > 0x7f)
            return true;
    return false;
}

/* Whether the line is about the address that it begins with. */
static bool begins_line(const struct bounce_address *a)
{
    static const struct slice types[] = {SLICE_INIT("rfc822;"), SLICE_INIT("mailto:"),
                                         SLICE_INIT("smtp")};
    static const struct slice sends[] = {SLICE_INIT("wrote"), SLICE_INIT("writes")};
    struct slice before = slice_trim(a->before), after = slice_trim(a->after);
    struct slice name = before;
    struct bounce_address other;
    if (bounce_holds(a->after, sends, COUNT(sends)))
        return false;
    /* `address <address>`: the first one is but a name */
    if (slice_starts(after, SLICE("<")) &&
        bounce_next_address(&after, after.at + after.len + 1, &other) && !has_letter(other.before))
        return false;
    if (slice_starts(a->after, SLICE(">")) &&
        bounce_next_address(&name, name.at + name.len + 1, &other) && !has_letter(other.before) &&
        !has_letter(other.after))
        return true;
    if (!has_letter(before) || slice_ieq(before, types[0]) || slice_ieq(before, types[1]) ||
        slice_ieq(before, types[2]))
        return true;
    /* `Name<mailto:address>`, and nothing else in the line */
    bool is_linked = slice_iends(before, types[1]) && slice_starts(a->after, SLICE(">"));
    return is_linked && !has_letter(a->after) &&
           slice_find(slice_head(before, before.len - 7), ':', 0) == SLICE_NONE;
}

/* What stands in front of an address that is alone in its line: `Failed Recipient:`; empty when it
 * is not, or is a sender's. */
static struct slice label_of(const struct bounce_address *a)
{
    static const struct slice others[] = {
        SLICE_INIT("from"),     SLICE_INIT("sender"),    SLICE_INIT("contact"),
        SLICE_INIT("reply"),    SLICE_INIT("cc"),        SLICE_INIT("message-id"),
        SLICE_INIT("absender"), SLICE_INIT("remitente"), SLICE_INIT("mittente"),
    };
    enum { LABEL_MAX = 40 };
    struct slice before = slice_trim(a->before);
    if (slice_iends(before, SLICE("[SMTP:")))
        before = slice_trim(slice_head(before, before.len - 6));
    bool is_label = before.len < LABEL_MAX && slice_iends(before, SLICE(":")) &&
                    !has_letter(a->after) && !bounce_holds(before, others, COUNT(others));
    return is_label ? before : slice_head(before, 0);
}

static bool is_recipient_label(struct slice label)
{
    static const struct slice words[] = {
        SLICE_INIT("recipient"), SLICE_INIT("address"),   SLICE_INIT("failed"),
        SLICE_INIT("rcpt"),      SLICE_INIT("destinat"),  SLICE_INIT("empfänger"),
        SLICE_INIT("mailbox"),   SLICE_INIT("получател"), SLICE_INIT("адрес"),
        SLICE_INIT("收件人"),    SLICE_INIT("宛先"),
    };
    return label.len > 0 && bounce_holds(label, words, COUNT(words));
}

bool bounce_is_labelled(struct slice words, struct slice address)
{
    struct slice line;
    struct bounce_address a;
    while (slice_line(&words, &line))
        if (bounce_next_address(&line, line.at + line.len + 1, &a) && slice_ieq(a.text, address) &&
            label_of(&a).len)
            return true;
    return false;
}

/* The last word before the address, without brackets. */
static struct slice last_word(struct slice before)
{
    size_t at = before.len;
    while (at > 0 && !ascii_is_space(before.at[at - 1]))
        at--;
    struct slice word = slice_from(before, at);
    while (word.len && strchr("'\"(<", word.at[0]))
        word = slice_from(word, 1);
    return word;
}

/* Behind the address: without what only joins it to the text. */
static struct slice behind_address(struct slice after)
{
    while (after.len && (strchr(">:.]\"')(=- ", after.at[0]) || after.at[0] == '\t'))
        after = slice_from(after, 1);
    return after;
}

/* A reply's code, or an enhanced one, of failure. */
static bool begins_code(struct slice s)
{
    struct enhanced enhanced;
    uint32_t code;
    if (s.len < 3 || (s.at[0] != '4' && s.at[0] != '5'))
        return false;
    if (s.at[1] == '.')
        return enhanced_parse(slice_head(s, slice_find(s, ' ', 0)), &enhanced);
    return (s.len == 3 || !ascii_is_alnum(s.at[3])) && slice_u32(slice_head(s, 3), &code) &&
           code < 600;
}

/* Whether a code stands before the address: what was refused is named behind it. */
static bool is_refused(const struct bounce_address *a)
{
    static const struct slice others[] = {SLICE_INIT("from"), SLICE_INIT("sender"),
                                          SLICE_INIT("contact"), SLICE_INIT("http")};
    struct slice before = a->before;
    bool begins = true;
    for (size_t i = 0; i + 3 <= before.len; i++) {
        if (begins && begins_code(slice_from(before, i)))
            return !bounce_holds(before, others, COUNT(others)) &&
                   !slice_istarts(behind_address(a->after), SLICE("sender "));
        begins = !ascii_is_alnum(before.at[i]) && before.at[i] != '.';
    }
    return false;
}

/* Whether what stands before the address says that it is a recipient. */
static bool leads_to(const struct bounce_address *a)
{
    static const struct slice leads[] = {
        SLICE_INIT("to"),      SLICE_INIT("user"),         SLICE_INIT("recipient"),
        SLICE_INIT("address"), SLICE_INIT("mailbox"),      SLICE_INIT("for"),
        SLICE_INIT("account"), SLICE_INIT("an"),           SLICE_INIT("a"),
        SLICE_INIT("in"),      SLICE_INIT("destinataire"), SLICE_INIT("naar"),
        SLICE_INIT("para"),    SLICE_INIT("destinatario"), SLICE_INIT("empfänger"),
        SLICE_INIT("al"),      SLICE_INIT("till"),         SLICE_INIT("adres"),
        SLICE_INIT("à"),       SLICE_INIT("adresse"),      SLICE_INIT("адрес"),
        SLICE_INIT("адресу"),  SLICE_INIT("получателю"),   SLICE_INIT("для"),
    };
    /* without blanks between words */
    static const struct slice ends[] = {
        SLICE_INIT(":"),    SLICE_INIT("："),       SLICE_INIT("到"),   SLICE_INIT("至"),
        SLICE_INIT("给"),   SLICE_INIT("收件人"),   SLICE_INIT("地址"), SLICE_INIT("用户"),
        SLICE_INIT("宛先"), SLICE_INIT("アドレス"), SLICE_INIT("（"),   SLICE_INIT("address was"),
    };
    static const struct slice others[] = {
        SLICE_INIT("from"),      SLICE_INIT("sender"),       SLICE_INIT("contact"),
        SLICE_INIT("reply"),     SLICE_INIT("message-id"),   SLICE_INIT("message id"),
        SLICE_INIT("subject"),   SLICE_INIT("support"),      SLICE_INIT("help"),
        SLICE_INIT("write to"),  SLICE_INIT("send mail to"), SLICE_INIT("forward this"),
        SLICE_INIT("e-mail to"), SLICE_INIT("email to"),     SLICE_INIT("http"),
        SLICE_INIT("mailto"),    SLICE_INIT("absender"),     SLICE_INIT("expéditeur"),
        SLICE_INIT("remitente"), SLICE_INIT("mittente"),     SLICE_INIT("remetente"),
        SLICE_INIT("von:"),      SLICE_INIT("de:"),          SLICE_INIT("da:"),
        SLICE_INIT("发件人"),    SLICE_INIT("差出人"),       SLICE_INIT("送信者"),
        SLICE_INIT("от:"),       SLICE_INIT("отправител"),
    };
    static const struct slice origins[] = {SLICE_INIT("expanded from"), SLICE_INIT("generated by")};
    struct slice before = slice_trim(a->before), word = last_word(before);
    if (bounce_holds(before, origins, COUNT(origins)))
        return true;
    if (bounce_holds(before, others, COUNT(others)))
        return false;
    for (size_t i = 0; i < COUNT(ends); i++)
        if (slice_iends(before, ends[i]))
            return true;
    for (size_t i = 0; i < COUNT(leads); i++)
        if (slice_ieq(word, leads[i]))
            return true;
    return false;
}

static size_t add(struct slice address, struct slice *list, size_t count, size_t max)
{
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(list[i], address))
            return count;
    if (count < max)
        list[count++] = address;
    return count;
}

static size_t collect(struct slice words, const char *end, struct slice but,
                      bool (*is_it)(const struct bounce_address *), struct slice *list, size_t max)
{
    struct slice line;
    size_t count = 0;
    while (slice_line(&words, &line)) {
        struct bounce_address a;
        while (bounce_next_address(&line, end, &a))
            if (is_it(&a) && !slice_ieq(a.text, but))
                count = add(a.text, list, count, max);
    }
    return count;
}

size_t bounce_named_to(struct slice words, const char *end, struct slice mine, bool by_lead,
                       struct slice *list, size_t max)
{
    size_t count = collect(words, end, mine, by_lead ? is_refused : begins_line, list, max);
    return count || !by_lead ? count : collect(words, end, mine, leads_to, list, max);
}

size_t bounce_named(struct slice words, struct slice mine, bool by_lead, struct slice *list,
                    size_t max)
{
    return bounce_named_to(words, words.at + words.len, mine, by_lead, list, max);
}

/* The address that the line begins with: one of the list, or any that is followed as addresses are
 * in a list of failures. */
static bool begins_block(struct slice line, const struct slice *list, size_t count,
                         struct bounce_address *a_r)
{
    if (!bounce_next_address(&line, line.at + line.len + 1, a_r))
        return false;
    bool begins = begins_line(a_r);
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(list[i], a_r->text))
            return begins || is_recipient_label(label_of(a_r));
    if (!begins)
        return false;
    struct slice after = a_r->after;
    if (slice_starts(after, SLICE(">")))
        after = slice_from(after, 1);
    return slice_starts(after, SLICE(": ")) || slice_starts(after, SLICE("... "));
}

/* Whether there may be a code: a 4 or 5 that begins a word, in front of a digit or a dot. */
static bool may_have_code(struct slice said)
{
    for (size_t i = 0; i + 2 < said.len; i++)
        if ((said.at[i] == '4' || said.at[i] == '5') &&
            (said.at[i + 1] == '.' || ascii_is_digit(said.at[i + 1])) &&
            (i == 0 || !ascii_is_alnum(said.at[i - 1])))
            return true;
    return false;
}

static bool has_code(struct slice said, struct arena *arena)
{
    struct diagnosis_input in;
    if (!may_have_code(slice_head(said, SAID_MAX)))
        return false;
    reply_scan(slice_head(said, SAID_MAX), arena, &in);
    return in.reply.code >= 400 || in.reply.enhanced.class >= 4;
}

/* Marks of a transcript in front of a line. */
static struct slice without_arrows(struct slice line)
{
    line = slice_trim(line);
    size_t in = slice_find_slice(line, SLICE("<<< "), 0),
           out = slice_find_slice(line, SLICE(">>> "), 0);
    size_t at = in != SLICE_NONE && in < 16 ? in : out;
    return at != SLICE_NONE && at < 16 ? slice_trim(slice_from(line, at + 4)) : line;
}

static bool is_command(struct slice line)
{
    static const struct slice verbs[] = {
        SLICE_INIT("RCPT "), SLICE_INIT("MAIL "), SLICE_INIT("DATA"),
        SLICE_INIT("EHLO"),  SLICE_INIT("HELO"),  SLICE_INIT("QUIT"),
        SLICE_INIT("BDAT"),  SLICE_INIT("RSET"),  SLICE_INIT("STARTTLS")};
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (slice_istarts(line, verbs[i]))
            return true;
    return false;
}

static bool is_refusal(struct slice line)
{
    uint32_t code;
    return line.len > 3 && !ascii_is_alnum(line.at[3]) && slice_u32(slice_head(line, 3), &code) &&
           code >= 400 && code < 600;
}

static bool has_arrows(struct slice line)
{
    return slice_find_slice(line, SLICE("<<<"), 0) != SLICE_NONE ||
           slice_find_slice(line, SLICE(">>>"), 0) != SLICE_NONE;
}

/* `554 <address>... what`: whether it is about that address, about another one, or neither. */
enum about { ABOUT_NOBODY, ABOUT_HIM, ABOUT_ANOTHER };
static enum about about_of(struct slice line, struct slice address)
{
    struct bounce_address a;
    if (!bounce_next_address(&line, line.at + line.len + 1, &a))
        return ABOUT_NOBODY;
    return slice_ieq(a.text, address) ? ABOUT_HIM : ABOUT_ANOTHER;
}

/* In a transcript: the answer to the command that names the address, all lines of it; else the last
 * answer before the line in which the mail system says what it makes of it. */
static struct slice said_in_transcript(struct slice words, struct slice address)
{
    struct slice line, last = {"", 0};
    bool is_rcpt = false, is_his = false;
    while (slice_line(&words, &line)) {
        bool is_session = has_arrows(line);
        struct slice bare = without_arrows(line);
        if (is_session && is_command(bare)) {
            if (is_his && last.len)
                return last;
            is_rcpt = slice_istarts(bare, SLICE("RCPT"));
            is_his = is_rcpt && about_of(bare, address) == ABOUT_HIM;
            if (is_his)
                last = slice_head(last, 0);
        } else if (is_session && is_refusal(bare) && (is_his || !is_rcpt)) {
            bool goes_on = last.len && last.at[3] == '-';
            last = goes_on ? slice_of(last.at, (size_t)(bare.at + bare.len - last.at)) : bare;
        } else if (!is_session && is_refusal(bare)) {
            enum about about = about_of(bare, address);
            if (about == ABOUT_HIM)
                return last.len ? last : bare;
            if (about == ABOUT_ANOTHER)
                last = slice_head(last, 0);
        }
    }
    return last;
}

/* A line that names the address and holds a code. */
static struct slice said_in_line(struct slice words, struct slice address, struct arena *arena)
{
    struct slice line;
    while (slice_line(&words, &line))
        if (slice_ifind_slice(line, address, 0) != SLICE_NONE) {
            struct slice bare = without_arrows(line);
            if (!is_command(bare) && has_code(bare, arena))
                return bare;
        }
    return (struct slice){"", 0};
}

/* Lines that part a report, or head a piece of it: `----- Transcript of session follows -----`. */
static bool is_rule(struct slice line)
{
    line = slice_trim(line);
    return line.len == 0 || !has_letter(line) || slice_starts(line, SLICE("---")) ||
           slice_starts(line, SLICE("===")) || slice_starts(line, SLICE("***")) ||
           slice_starts(line, SLICE("___"));
}

static bool has_text(struct slice block)
{
    struct slice line;
    while (slice_line(&block, &line))
        if (!is_rule(line))
            return true;
    return false;
}

/* Lines up to an empty one, off the front of *rest_r. */
static struct slice take_paragraph(struct slice *rest_r)
{
    struct slice line, rest = *rest_r;
    const char *begin = NULL, *end = NULL;
    while (slice_line(&rest, &line)) {
        bool is_empty = is_rule(line);
        if (begin && is_empty)
            break;
        if (is_empty)
            continue;
        if (!begin)
            begin = line.at;
        end = line.at + line.len;
    }
    *rest_r = rest;
    return begin ? slice_trim(slice_of(begin, (size_t)(end - begin))) : (struct slice){"", 0};
}

/* The same, with the next one behind words that only lead to it: `because:`. */
static struct slice take_statement(struct slice *rest_r)
{
    struct slice first = take_paragraph(rest_r), rest = *rest_r;
    struct slice next =
        slice_iends(first, SLICE(":")) ? take_paragraph(&rest) : slice_head(rest, 0);
    if (next.len == 0)
        return first;
    *rest_r = rest;
    return slice_of(first.at, (size_t)(next.at + next.len - first.at));
}

/* The text that follows the address, up to the next one of the list, or the same one behind an
 * empty line; *from_r then stands there. False when the address begins no line from there on. */
static bool take_block(struct slice *from_r, struct slice address, const struct slice *list,
                       size_t count, struct slice *block_r)
{
    struct slice rest = *from_r, line;
    const char *begin = NULL;
    bool is_apart = true;
    struct bounce_address a;
    while (slice_line(&rest, &line)) {
        bool is_new = begins_block(line, list, count, &a);
        bool is_his = is_new && slice_ieq(a.text, address);
        if (begin && is_new && (!is_his || is_apart)) {
            *from_r = slice_from(*from_r, (size_t)(line.at - from_r->at));
            *block_r = slice_of(begin, (size_t)(line.at - begin));
            return true;
        }
        if (!begin && is_his)
            begin = behind_address(a.after).at;
        is_apart = is_rule(line);
    }
    *block_r = slice_from(*from_r, begin ? (size_t)(begin - from_r->at) : from_r->len);
    *from_r = slice_from(*from_r, from_r->len);
    return begin != NULL;
}

/* Paragraphs of the address's own blocks: the first one with a code, at most `most` of a block. */
static struct slice said_in_blocks(struct slice words, struct slice address,
                                   const struct slice *list, size_t count, size_t most,
                                   bool must_have_code, struct arena *arena)
{
    struct slice block;
    while (take_block(&words, address, list, count, &block)) {
        struct slice paragraph;
        for (size_t n = 0; n < most && (paragraph = take_statement(&block)).len; n++)
            if (!must_have_code || has_code(paragraph, arena))
                return paragraph;
    }
    return (struct slice){"", 0};
}

/* Whether a line in the text is about another recipient. */
static bool tells_of_others(struct slice text, struct slice address, const struct slice *list,
                            size_t count)
{
    struct slice line;
    struct bounce_address a;
    while (slice_line(&text, &line))
        if (begins_block(line, list, count, &a) && !slice_ieq(a.text, address))
            return true;
    return false;
}

/* Any paragraph with a code that is not about others. */
static struct slice said_anywhere(struct slice words, struct slice address,
                                  const struct slice *list, size_t count, struct arena *arena)
{
    struct slice paragraph;
    while ((paragraph = take_paragraph(&words)).len)
        if (has_code(paragraph, arena) && !tells_of_others(paragraph, address, list, count))
            return paragraph;
    return paragraph;
}

static bool begins_any(struct slice paragraph, const struct slice *list, size_t count)
{
    struct slice line;
    struct bounce_address a;
    return slice_line(&paragraph, &line) && begins_block(line, list, count, &a);
}

static bool is_about(struct slice block, struct slice address)
{
    struct slice line;
    while (slice_line(&block, &line))
        if (!is_rule(line) && slice_ifind_slice(line, address, 0) == SLICE_NONE)
            return true;
    return false;
}

/* Where codes are not told: all that is said behind the address, or of all. */
static struct slice said_in_words(struct slice words, struct slice address,
                                  const struct slice *list, size_t count)
{
    struct slice all = words, block, best = {"", 0};
    while (take_block(&words, address, list, count, &block))
        if (best.len == 0 && has_text(block))
            best = block;
    /* the only one, who is but named once more */
    if (best.len)
        return count == 1 && !is_about(best, address) ? all : best;
    /* a list of addresses in front of a text for all of them */
    for (struct slice rest = all, p; (p = take_paragraph(&rest)).len;)
        if (begins_any(p, list, count))
            best = slice_from(all, (size_t)(p.at - all.at));
    bool is_bare = count == 1 && !is_about(best, address);
    return best.len && has_text(best) && !is_bare ? best : all;
}

/* Lines without indents, arrows and rules, so that a code stands where a line begins. */
static struct slice tidy(struct slice said, struct arena *arena)
{
    struct buf out;
    struct slice line;
    said = slice_head(slice_trim(said), SAID_MAX);
    char *storage = arena_text(arena, said.len + 1);
    if (!storage)
        return said;
    buf_init_fixed(&out, storage, said.len + 1);
    while (slice_line(&said, &line)) {
        if (is_rule(line))
            continue;
        if (out.len)
            buf_add_char(&out, '\n');
        buf_add(&out, without_arrows(line));
    }
    return buf_slice(&out);
}

/* `554 <address>... 550 Host unknown` and `<address>... what`: from what was said on. */
static struct slice without_address(struct slice said, struct slice address)
{
    struct slice rest = said;
    struct bounce_address a;
    if (!bounce_next_address(&rest, said.at + said.len + 1, &a) || !slice_ieq(a.text, address))
        return said;
    struct slice behind = behind_address(a.after);
    return is_refusal(behind) && a.before.len < 16 ? behind : said;
}

struct slice bounce_said(struct slice words, struct slice address, const struct slice *list,
                         size_t count, struct arena *arena)
{
    struct slice said = said_in_blocks(words, address, list, count, 1, true, arena);
    if (said.len && has_arrows(said)) {
        struct slice answer = said_in_transcript(said, address);
        said = answer.len ? answer : said;
    }
    if (said.len == 0)
        said = said_in_transcript(words, address);
    if (said.len == 0)
        said = said_in_line(words, address, arena);
    if (said.len == 0)
        said = said_in_blocks(words, address, list, count, SIZE_MAX, true, arena);
    if (said.len == 0 && tells_of_others(words, address, list, count))
        said = said_in_blocks(words, address, list, count, SIZE_MAX, false, arena);
    if (said.len == 0)
        said = said_anywhere(words, address, list, count, arena);
    if (said.len == 0)
        said = said_in_words(words, address, list, count);
    return tidy(without_address(slice_trim(said), address), arena);
}
