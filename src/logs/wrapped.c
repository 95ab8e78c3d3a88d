/* What containers and collectors put around a line of a log: `name  | line` of docker compose, a
 * second time of `docker logs -t`, `2026-11-27T… stdout F line` of Kubernetes, `file:line` of grep,
 * `{"log":"line\n",…}` of docker's files and
 * `{"message":"line",…}` of those that ship logs. */
#include "base/json_read.h"
#include "logs/inside.h"

enum { NAME_MAX = 64 };

/* `ESC [ 36 m`: the colours that compose gives its names. */
static struct slice without_colours(struct slice s)
{
    while (slice_starts(s, SLICE("\x1b["))) {
        size_t end = slice_find(slice_head(s, NAME_MAX), 'm', 0);
        if (end == SLICE_NONE)
            return s;
        s = slice_from(s, end + 1);
    }
    return s;
}

static bool is_name_char(char c)
{
    return ascii_is_alnum(c) || logs_is_in("-_.", c);
}

static struct slice without_name(struct slice raw)
{
    struct slice rest = without_colours(raw);
    size_t at = 0;
    while (at < rest.len && at < NAME_MAX && is_name_char(rest.at[at]))
        at++;
    size_t blank = at;
    while (blank < rest.len && rest.at[blank] == ' ')
        blank++;
    if (at == 0 || blank == at || !slice_starts(slice_from(rest, blank), SLICE("| ")))
        return raw;
    return without_colours(slice_from(rest, blank + 2));
}

/* `Nov 23 20:…`: by far the most lines are. */
static bool is_plain(struct slice raw)
{
    return raw.len > 6 && raw.at[3] == ' ' && raw.at[6] == ' ' && ascii_is_digit(raw.at[5]);
}

/* A time with which a line of a log begins. */
static bool begins_time(struct slice s)
{
    bool is_date = s.len > 10 && s.at[4] == '-' && s.at[7] == '-' && ascii_is_digit(s.at[0]);
    return is_date || is_plain(s);
}

/* `/var/log/mail.log:` of a search in several files. */
static struct slice without_file(struct slice raw)
{
    enum { PATH_MAX_HERE = 256 };
    size_t colon = slice_find(slice_head(raw, PATH_MAX_HERE), ':', 0);
    if (colon == SLICE_NONE || !logs_is_in("/.m", raw.at[0]) ||
        slice_find(slice_head(raw, colon), ' ', 0) != SLICE_NONE)
        return raw;
    struct slice rest = slice_from(raw, colon + 1);
    return begins_time(rest) ? rest : raw;
}

static struct slice without_stream(struct slice raw)
{
    static const struct slice streams[] = {SLICE_INIT("stdout "), SLICE_INIT("stderr ")};
    if (!ascii_is_digit(raw.at[0]))
        return raw;
    size_t space = slice_find(slice_head(raw, NAME_MAX), ' ', 0);
    if (space == SLICE_NONE)
        return raw;
    struct slice rest = slice_from(raw, space + 1);
    if (space > 10 && begins_time(rest)) /* the line has a time of its own */
        return rest;
    for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
        if (slice_starts(rest, streams[i]) && rest.len > 9 && logs_is_in("FP", rest.at[7]) &&
            rest.at[8] == ' ')
            return slice_from(rest, 9);
    return raw;
}

static bool has_line(struct slice object, struct slice *value_r)
{
    return (json_read_member(object, "log", value_r) ||
            json_read_member(object, "message", value_r)) &&
           value_r->len > 2 && value_r->at[0] == '"';
}

/* A string may stand for another format's object; of those nothing is taken here. */
struct slice logs_unwrapped(struct slice raw, struct arena *arena)
{
    struct slice value;
    if (raw.len == 0 || is_plain(raw))
        return raw;
    if (raw.at[0] != '{')
        return without_stream(without_name(without_file(raw)));
    if (!has_line(raw, &value))
        return raw;
    struct slice line = arena ? json_read_text(value, arena)
                              : slice_of(value.at + 1, value.len - 2); /* as it is written */
    return line.len ? slice_trim(line) : raw;
}
