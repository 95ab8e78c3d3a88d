/* Lines of the system's log. */
#include "logs/inside.h"

/* Bytes of `Nov 23 20:15:00`. */
enum { BSD_TIME = 15 };

/* `<22>` and, of RFC 5424, the version behind it. */
static struct slice without_priority(struct slice s, bool *is_5424_r)
{
    size_t end = s.len && s.at[0] == '<' ? slice_find(slice_head(s, 5), '>', 0) : SLICE_NONE;
    if (end != SLICE_NONE)
        s = slice_from(s, end + 1);
    *is_5424_r = slice_starts(s, SLICE("1 "));
    return *is_5424_r ? slice_from(s, 2) : s;
}

static size_t time_len(struct slice s)
{
    if (s.len < BSD_TIME)
        return 0;
    const char *t = s.at;
    if (t[4] == '-' && t[7] == '-' && ascii_is_digit(t[0]) && (t[10] == 'T' || t[10] == ' ')) {
        size_t end = slice_find(s, ' ', 11);
        return end == SLICE_NONE ? 0 : end;
    }
    if (t[3] != ' ' || t[6] != ' ' || !ascii_is_alpha(t[0]))
        return 0;
    if (t[9] == ':' && t[12] == ':') {
        size_t end = slice_find(s, ' ', BSD_TIME);
        return end == SLICE_NONE ? 0 : end;
    }
    /* with a year behind the day */
    return s.len > 21 && t[11] == ' ' && t[14] == ':' && t[17] == ':' ? 20 : 0;
}

/* `host app procid msgid structured-data message` (RFC 5424 6). */
static bool split_5424(struct slice rest, struct log_line *line_r)
{
    enum { HOST, APP, PROCESS, MESSAGE_ID, WORDS };
    struct slice words[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        if (!slice_split(&rest, ' ', &words[i]))
            return false;
    line_r->program = words[APP];
    if (rest.len && rest.at[0] == '[') {
        line_r->message = slice_head(rest, 0);
        (void)logs_behind(rest, SLICE("] "), &line_r->message);
    } else {
        line_r->message = slice_from(rest, 2);
    }
    if (slice_starts(line_r->message, SLICE("\xef\xbb\xbf")))
        line_r->message = slice_from(line_r->message, 3);
    return true;
}

/* `program[123]: message` */
static bool split_tag(struct slice rest, struct log_line *line_r)
{
    size_t colon = slice_find(rest, ':', 0);
    if (colon == SLICE_NONE || colon == 0)
        return false;
    struct slice tag = slice_head(rest, colon);
    size_t open = slice_find(tag, '[', 0);
    line_r->program = slice_head(tag, open);
    line_r->message = slice_from(rest, colon + 1);
    if (line_r->message.len && line_r->message.at[0] == ' ')
        line_r->message = slice_from(line_r->message, 1);
    if (slice_starts(line_r->message, SLICE("[ID "))) { /* Solaris */
        struct slice behind;
        if (logs_behind(line_r->message, SLICE("] "), &behind))
            line_r->message = behind;
    }
    return slice_find(line_r->program, ' ', 0) == SLICE_NONE;
}

bool logs_syslog_split(struct slice raw, struct log_line *line_r)
{
    bool is_5424;
    raw = without_priority(raw, &is_5424);
    size_t len = time_len(raw);
    line_r->time = slice_head(raw, len);
    struct slice rest = len ? slice_from(raw, len + 1) : raw;
    if (is_5424)
        return len > 0 && split_5424(rest, line_r);
    size_t space = slice_find(rest, ' ', 0);
    if (space == SLICE_NONE)
        return false;
    if (len && rest.at[space - (space > 0)] != ':') /* a host stands before the tag */
        rest = slice_from(rest, space + 1);
    if (!split_tag(rest, line_r))
        return false;
    /* without a time only the process number tells it from `sendmail: 550 no` */
    return len || rest.at[line_r->program.len] == '[';
}

/* Programs of mail servers, and who reads their lines. */
static const struct {
    struct slice program;
    enum log_format format;
    void (*read)(struct log_reader *r, const struct log_line *line);
} programs[] = {
    {SLICE_INIT("exim"), LOG_EXIM, logs_read_exim_message},
    {SLICE_INIT("exim4"), LOG_EXIM, logs_read_exim_message},
    {SLICE_INIT("sendmail"), LOG_SENDMAIL, logs_read_sendmail},
    {SLICE_INIT("sm-mta"), LOG_SENDMAIL, logs_read_sendmail},
    {SLICE_INIT("sm-msp-queue"), LOG_SENDMAIL, logs_read_sendmail},
    {SLICE_INIT("sm-que"), LOG_SENDMAIL, logs_read_sendmail},
    {SLICE_INIT("smtpd"), LOG_OPENSMTPD, logs_read_opensmtpd},
    {SLICE_INIT("haraka"), LOG_HARAKA, logs_read_haraka_message},
    {SLICE_INIT("qmail"), LOG_QMAIL, logs_read_qmail_message},
    {SLICE_INIT("qmail-send"), LOG_QMAIL, logs_read_qmail_message},
};

static size_t known(struct slice program)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        if (slice_eq(program, programs[i].program))
            return i;
    return SLICE_NONE;
}

enum log_format logs_syslog_whose(const struct log_line *line)
{
    if (logs_is_postfix(line->program))
        return LOG_POSTFIX;
    size_t i = known(line->program);
    return i == SLICE_NONE ? LOG_SYSLOG : programs[i].format;
}

void logs_read_syslog(struct log_reader *r, struct slice raw)
{
    struct log_line line;
    bool is_line = raw.len && raw.at[0] == '{' ? logs_journal_split(raw, &r->arena, &line)
                                               : logs_syslog_split(raw, &line);
    if (!is_line && !logs_journal_collect(r, raw, &line))
        return;
    if (logs_is_postfix(line.program)) {
        logs_read_postfix(r, &line);
        return;
    }
    size_t i = known(line.program);
    if (i != SLICE_NONE)
        programs[i].read(r, &line);
}
