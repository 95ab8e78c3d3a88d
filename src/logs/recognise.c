/* Which kind of log or transcript a text is. */
#include "logs/inside.h"

enum { LINES = 512 };

static enum log_format by_lines(struct slice head)
{
    struct slice raw;
    enum log_format found = LOG_NONE;
    for (size_t i = 0; i < LINES && slice_line(&head, &raw); i++) {
        struct log_line line;
        if (logs_is_exim(raw))
            return LOG_EXIM;
        if (logs_is_qmail(raw))
            return LOG_QMAIL;
        if (!logs_syslog_split(raw, &line) ||
            (found == LOG_NONE && line.time.len == 0 && logs_syslog_whose(&line) == LOG_SYSLOG))
            continue;
        found = logs_syslog_whose(&line);
        if (found != LOG_SYSLOG)
            return found;
    }
    return found;
}

enum log_format log_recognise(struct slice head)
{
    enum log_format found = by_lines(head);
    return found == LOG_NONE && logs_is_transcript(head) ? LOG_TRANSCRIPT : found;
}
