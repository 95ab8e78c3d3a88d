/* The forms in which programs show a session: who sent a line, and what it was. */
#include "logs/inside.h"

enum { MARK_WITHIN = 160, HEAD_LINES = 256 };

/* Where the mark stands: at the beginning, or somewhere in the line, behind a time or a name. */
enum place { BEGINS, WITHIN };

static const struct {
    struct slice mark;
    enum place place;
    enum transcript_who who;
} forms[] = {
    /* swaks, in the clear and in TLS; `*` marks what is no success */
    {SLICE_INIT("<-  "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("<** "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("<~  "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("<~* "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT(" -> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT(" ~> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT("**> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT("=== "), BEGINS, TRANSCRIPT_NOTE},
    {SLICE_INIT("*** "), BEGINS, TRANSCRIPT_NOTE},
    /* Python's smtplib; the line with `retcode` says the same again */
    {SLICE_INIT("reply: retcode"), WITHIN, TRANSCRIPT_NOTE},
    {SLICE_INIT("reply: "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT("send: "), WITHIN, TRANSCRIPT_CLIENT},
    {SLICE_INIT("data: ("), WITHIN, TRANSCRIPT_NOTE},
    /* msmtp, Sendmail -v, Exim -v, Outlook, PHPMailer, Thunderbird */
    {SLICE_INIT("<-- "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("--> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT(">>> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT("SMTP<< "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT("SMTP>> "), WITHIN, TRANSCRIPT_CLIENT},
    {SLICE_INIT("SMTP| "), WITHIN, TRANSCRIPT_CLIENT},
    {SLICE_INIT("<rx> "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT("<tx> "), WITHIN, TRANSCRIPT_CLIENT},
    {SLICE_INIT("SERVER -> CLIENT: "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT("CLIENT -> SERVER: "), WITHIN, TRANSCRIPT_CLIENT},
    {SLICE_INIT("SMTP Response: "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT("SMTP Send: "), WITHIN, TRANSCRIPT_CLIENT},
    /* curl, Postfix -v, posttls-finger */
    {SLICE_INIT("posttls-finger: < "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("posttls-finger: > "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT("< "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("> "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT("* "), BEGINS, TRANSCRIPT_NOTE},
    {SLICE_INIT("} ["), BEGINS, TRANSCRIPT_NOTE},
    {SLICE_INIT("curl: ("), BEGINS, TRANSCRIPT_NOTE},
    /* as RFC 5321 writes examples */
    {SLICE_INIT("S: "), BEGINS, TRANSCRIPT_SERVER},
    {SLICE_INIT("C: "), BEGINS, TRANSCRIPT_CLIENT},
    {SLICE_INIT(" S: "), WITHIN, TRANSCRIPT_SERVER},
    {SLICE_INIT(" C: "), WITHIN, TRANSCRIPT_CLIENT},
};

/* `b'250 ok\r\n'`: as Python writes bytes. */
static struct slice unquoted(struct slice s)
{
    if (s.len > 1 && s.at[0] == 'b' && logs_is_in("'\"", s.at[1]))
        s = slice_from(s, 1);
    if (s.len < 2 || !logs_is_in("'\"", s.at[0]) || s.at[s.len - 1] != s.at[0])
        return s;
    s = slice_of(s.at + 1, s.len - 2);
    while (slice_iends(s, SLICE("\\r")) || slice_iends(s, SLICE("\\n")))
        s.len -= 2;
    return s;
}

/* Postfix puts `mx.example[192.0.2.1]:25: ` before what it shows. */
static struct slice without_peer(struct slice s)
{
    struct slice rest, word = slice_head(s, slice_find(s, ' ', 0));
    if (word.len < s.len && slice_iends(word, SLICE(":")) && logs_behind(word, SLICE("["), &rest) &&
        logs_behind(rest, SLICE("]"), &rest))
        return slice_from(s, word.len + 1);
    return s;
}

bool logs_is_code(struct slice s)
{
    return s.len >= 3 && s.at[0] >= '2' && s.at[0] <= '5' && ascii_is_digit(s.at[1]) &&
           ascii_is_digit(s.at[2]) && (s.len == 3 || logs_is_in(" -", s.at[3]));
}

/* Longest first is not needed: the forms do not begin alike, but where the table says so. */
static bool by_form(struct slice raw, struct transcript_line *line_r)
{
    struct slice head = slice_head(raw, MARK_WITHIN), rest = raw;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct slice mark = forms[i].mark;
        bool is_short = raw.len + 1 == mark.len && /* an empty line, its space trimmed */
                        slice_starts(mark, raw);
        if (!slice_starts(raw, mark) && !is_short &&
            (forms[i].place == BEGINS || !logs_behind(head, mark, &rest)))
            continue;
        if (slice_starts(raw, mark) || is_short)
            rest = slice_from(raw, mark.len);
        else
            rest = slice_from(raw, (size_t)(rest.at - raw.at));
        rest = unquoted(without_peer(rest));
        /* a mark in the middle of a text is none */
        if (forms[i].place == WITHIN && forms[i].who == TRANSCRIPT_SERVER && !logs_is_code(rest))
            continue;
        *line_r = (struct transcript_line){.who = forms[i].who, .text = rest};
        return true;
    }
    return false;
}

struct transcript_line logs_transcript_line(struct slice raw)
{
    struct transcript_line line = {.who = TRANSCRIPT_NOTE, .text = raw, .is_raw = true};
    enum stage stage;
    struct slice address;
    if (logs_is_code(raw))
        line.who = TRANSCRIPT_SERVER;
    else if (logs_command(raw, &stage, &address))
        line.who = TRANSCRIPT_CLIENT;
    else
        by_form(raw, &line);
    return line;
}

/* With these a program begins to show what it does. */
static const struct slice openings[] = {
    SLICE_INIT("=== Trying "), SLICE_INIT("*   Trying "),       SLICE_INIT("* Trying "),
    SLICE_INIT("CONNECTED("),  SLICE_INIT("connect: to ('"),    SLICE_INIT("reply: b'220"),
    SLICE_INIT("<-- 220"),     SLICE_INIT("Escape character "),
};

bool logs_is_transcript(struct slice head)
{
    struct slice raw, address;
    enum stage stage;
    bool has_reply = false, has_command = false;
    for (size_t i = 0; i < HEAD_LINES && slice_line(&head, &raw); i++) {
        for (size_t o = 0; o < sizeof(openings) / sizeof(*openings); o++)
            if (slice_starts(raw, openings[o]))
                return true;
        struct transcript_line line = logs_transcript_line(raw);
        has_reply |= line.who == TRANSCRIPT_SERVER && logs_is_code(line.text);
        has_command |= line.who == TRANSCRIPT_CLIENT && line.text.len > 3 &&
                       logs_command(line.text, &stage, &address);
        if (has_reply && has_command)
            return true;
    }
    return false;
}
