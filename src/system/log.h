/* Where log events go: standard error, the system's journal or syslog, a file. One line an event,
 * one write a line, so lines of threads never mix. What peers sent is made harmless before it is
 * shown. */
#ifndef CANDOR_SYSTEM_LOG_H
#define CANDOR_SYSTEM_LOG_H

#include "base/buf.h"
#include "base/log.h"

struct log_options {
    struct slice to; /* `stderr`, `syslog`, `journal` (standard error with the levels that systemd
                        knows) or the path of a file */
    enum log_level level;
    bool as_json;
};

struct log_sink;

/* NULL with `why` (static text, or strerror's) when the file can't be opened. */
struct log_sink *log_open(const struct log_options *options, const char **why);
/* Valid as long as the sink. */
const struct log *log_of(const struct log_sink *sink);
/* Opens the file again, after it was moved away; on failure the old one stays in use. Not while
 * another thread logs a line: the old descriptor is replaced in one step. */
MUST_CHECK bool log_reopen(struct log_sink *sink, const char **why);
void log_close(struct log_sink **sink);

/* The longest line; longer values are cut. */
enum { LOG_LINE_MAX = 8192, LOG_VALUE_MAX = 1024 };

/* `event key=value key="a value with spaces"`, without time and line end. In quotes, `"` and `\`
 * have a backslash; bytes that are not printable UTF-8 are \xNN. */
void log_write_text(struct buf *out, const char *event, const struct log_field *fields,
                    size_t count);
/* {"time":…,"level":…,"event":…, then the fields}; `unix_ms` as RFC 3339 in UTC. */
void log_write_json(struct buf *out, int64_t unix_ms, enum log_level level, const char *event,
                    const struct log_field *fields, size_t count);
/* 2026-11-23T19:15:18.123Z */
void log_write_time(struct buf *out, int64_t unix_ms);

#endif
