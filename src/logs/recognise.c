/* Which kind of log or transcript a text is. */
#include "base/json_read.h"
#include "logs/inside.h"

enum { LINES = 512 };

/* Of a line by itself; LOG_SYSLOG: a line of a log, of nobody's who is known. */
static enum log_format of_line(struct slice raw)
{
    struct log_line line;
    if (logs_journal_program(raw, &line.program))
        return logs_syslog_whose(&line);
    if (logs_is_exim(raw))
        return LOG_EXIM;
    if (logs_is_qmail(raw))
        return LOG_QMAIL;
    if (logs_is_haraka(raw))
        return LOG_HARAKA;
    if (logs_is_opensmtpd(raw))
        return LOG_OPENSMTPD;
    enum log_format table = logs_table_whose(raw);
    if (table != LOG_NONE)
        return table;
    if (!logs_syslog_split(raw, &line))
        return LOG_NONE;
    enum log_format whose = logs_syslog_whose(&line);
    return whose == LOG_SYSLOG && line.time.len == 0 ? LOG_NONE : whose;
}

/* The journal's, or events of a service. */
static enum log_format of_object(struct slice object)
{
    struct slice program;
    if (json_read_member(object, "SYSLOG_IDENTIFIER", &program) && program.len > 2 &&
        program.at[0] == '"')
        return logs_syslog_whose(
            &(struct log_line){.program = slice_of(program.at + 1, program.len - 2)});
    enum log_format whose = logs_json_whose(object);
    struct slice line = logs_unwrapped(object, NULL);
    return whose == LOG_NONE && line.at != object.at ? of_line(line) : whose;
}

static enum log_format by_lines(struct slice head)
{
    struct slice raw;
    enum log_format found = LOG_NONE;
    for (size_t i = 0; i < LINES && slice_line(&head, &raw); i++) {
        bool is_object = raw.len && raw.at[0] == '{';
        enum log_format format = is_object ? of_object(raw) : of_line(logs_unwrapped(raw, NULL));
        if (format > LOG_SYSLOG)
            return format;
        found = found == LOG_NONE ? format : found;
    }
    return found;
}

/* Of objects that fill several lines, or stand in an array. */
static enum log_format by_object(struct slice head)
{
    while (head.len && (ascii_is_space(head.at[0]) || head.at[0] == '['))
        head = slice_from(head, 1);
    return head.len && head.at[0] == '{' ? logs_json_whose(head) : LOG_NONE;
}

enum log_format log_recognise(struct slice head)
{
    enum log_format found = by_object(head);
    if (found == LOG_NONE)
        found = by_lines(head);
    bool is_nobodys = found == LOG_NONE || found == LOG_SYSLOG;
    return is_nobodys && logs_is_transcript(head) ? LOG_TRANSCRIPT : found;
}
