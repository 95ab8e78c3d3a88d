#include <time.h>

#include "base/json.h"
#include "base/utf8.h"
#include "system/log.h"

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_write_time(struct buf *out, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
             t.tm_hour, t.tm_min, t.tm_sec, (int)(unix_ms % 1000));
}

/* A value that needs no quotes: printable, and nothing that would end it or look like syntax. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return s.len > 0;
}

static void add_quoted(struct buf *out, struct slice s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len;) {
        size_t len = utf8_printable(s, i);
        if (len == 0)
            buf_addf(out, "\\x%02x", (unsigned char)s.at[i]);
        else if (s.at[i] == '"' || s.at[i] == '\\')
            buf_addf(out, "\\%c", s.at[i]);
        else
            buf_add(out, slice_of(s.at + i, len));
        i += len ? len : 1;
    }
    buf_add_char(out, '"');
}

static void add_value(struct buf *out, struct slice value)
{
    bool is_cut = value.len > LOG_VALUE_MAX;
    value = slice_head(value, LOG_VALUE_MAX);
    if (is_plain(value) && !is_cut)
        buf_add(out, value);
    else
        add_quoted(out, value);
    buf_add_str(out, is_cut ? "…" : "");
}

void log_write_text(struct buf *out, const char *event, const struct log_field *fields,
                    size_t count)
{
    buf_add_str(out, event);
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, " %s=", fields[i].key);
        add_value(out, fields[i].value);
    }
}

void log_write_json(struct buf *out, int64_t unix_ms, enum log_level level, const char *event,
                    const struct log_field *fields, size_t count)
{
    char storage[32];
    struct buf time;
    buf_init_fixed(&time, storage, sizeof(storage));
    log_write_time(&time, unix_ms);
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "time", buf_slice(&time));
    json_put_string(&j, "level", slice_str(level_names[level]));
    json_put_string(&j, "event", slice_str(event));
    for (size_t i = 0; i < count; i++)
        json_put_string(&j, fields[i].key, slice_head(fields[i].value, LOG_VALUE_MAX));
    json_end_object(&j);
}
