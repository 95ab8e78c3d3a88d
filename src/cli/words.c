#include "cli/words.h"

#include <time.h>

#include "base/utf8.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

void words_duration(struct buf *out, int64_t ms)
{
    int64_t days = ms / DAY;
    if (ms < MINUTE)
        buf_addf(out, "%d s", (int)(ms / SECOND));
    else if (ms < HOUR)
        buf_addf(out, "%d min", (int)(ms / MINUTE));
    else if (ms < 2 * DAY)
        buf_addf(out, "%d h", (int)(ms / HOUR));
    else
        buf_addf(out, "%lld days", (long long)days);
}

void words_time(struct buf *out, int64_t unix_ms, int64_t now)
{
    time_t then_s = (time_t)(unix_ms / SECOND), now_s = (time_t)(now / SECOND);
    struct tm then, today;
    char text[64];
    localtime_r(&then_s, &then);
    localtime_r(&now_s, &today);
    int64_t distance = unix_ms > now ? unix_ms - now : now - unix_ms;
    bool is_today = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    size_t len = 0;
    if (!is_today)
        len = distance < 6 * (int64_t)DAY ? strftime(text, sizeof(text), "%a ", &then)
                                          : strftime(text, sizeof(text), "%a %d %b ", &then);
    len += strftime(text + len, sizeof(text) - len, "%H:%M", &then);
    buf_add(out, slice_of(text, len));
}

void words_when(struct buf *out, int64_t unix_ms, int64_t now)
{
    int64_t ahead = unix_ms - now;
    if (ahead > -SECOND && ahead < SECOND) {
        buf_add_str(out, "now");
        return;
    }
    buf_add_str(out, ahead > 0 ? "in " : "");
    words_duration(out, ahead > 0 ? ahead : -ahead);
    buf_add_str(out, ahead > 0 ? ", at " : " ago, at ");
    words_time(out, unix_ms, now);
}

void words_size(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB"};
    double amount = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024) {
        buf_addf(out, "%u bytes", (unsigned)bytes);
        return;
    }
    for (; amount >= 1024 && unit < 2; unit++)
        amount /= 1024;
    buf_addf(out, "%.1f %s", amount, units[unit]);
}

void words_count(struct buf *out, uint64_t count, const char *one, const char *many)
{
    buf_addf(out, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
}

void words_harmless(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_printable(text, i);
        if (len)
            buf_add(out, slice_of(text.at + i, len));
        else
            buf_add_char(out, '?');
        i += len ? len : 1;
    }
}

static size_t columns(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return count;
}

static void new_line(struct buf *out, size_t indent)
{
    buf_addf(out, "\n%*s", (int)indent, "");
}

void words_wrapped(struct buf *out, struct slice text, size_t width, size_t indent)
{
    struct slice line, word;
    for (bool is_first = true; slice_line(&text, &line); is_first = false) {
        size_t used = 0;
        if (!is_first)
            new_line(out, indent);
        while (slice_word(&line, &word)) {
            size_t len = columns(word);
            if (used > 0 && used + 1 + len > width) {
                new_line(out, indent);
                used = 0;
            } else if (used > 0) {
                buf_add_char(out, ' ');
                used++;
            }
            words_harmless(out, word);
            used += len;
        }
    }
}

bool words_parse_time(struct slice text, int64_t *unix_ms_r)
{
    char copy[40];
    struct tm t = {0};
    if (!slice_cstr(text, copy, sizeof(copy)))
        return false;
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &t);
    uint32_t ms = 0;
    if (!end || (*end == '.' && !slice_u32(slice_head(slice_str(end + 1), 3), &ms)))
        return false;
    *unix_ms_r = (int64_t)timegm(&t) * SECOND + ms;
    return true;
}
