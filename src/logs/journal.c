#include "base/json_read.h"
#include "logs/inside.h"

bool logs_journal_split(struct slice raw, struct arena *arena, struct log_line *line_r)
{
    line_r->program = json_read_member_text(raw, "SYSLOG_IDENTIFIER", arena);
    line_r->message = json_read_member_text(raw, "MESSAGE", arena);
    line_r->time = json_read_member_text(raw, "__REALTIME_TIMESTAMP", arena);
    if (line_r->time.len == 0)
        line_r->time = json_read_member_text(raw, "_SOURCE_REALTIME_TIMESTAMP", arena);
    return line_r->program.len > 0 && line_r->message.len > 0;
}
