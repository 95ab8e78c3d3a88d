#include "cli/words.h"

#include <time.h>

#include "base/utf8.h"
#include "system/heap.h"

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
    utf8_add_harmless(out, text);
}

void words_print(FILE *file, struct slice text)
{
    struct buf harmless;
    buf_init(&harmless, &heap, text.len + 1);
    words_harmless(&harmless, text);
    fprintf(file, "%.*s", SLICE_ARG(buf_slice(&harmless)));
    buf_free(&harmless);
}

static uint32_t code_point(const unsigned char *b, size_t len)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = b[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (b[i] & 0x3FU);
    return point;
}

struct range {
    uint32_t first, last;
};

/* East Asian Wide and Fullwidth, and emoji: by block, which is what terminals do. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
};
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
    {0x064B, 0x065F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F},
};

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

static size_t columns_of(uint32_t point)
{
    if (is_in(point, combining, sizeof(combining) / sizeof(combining[0])))
        return 0;
    return is_in(point, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

/* A byte that is no UTF-8 is shown as one character. */
static size_t columns(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_char(text, i);
        count += len ? columns_of(code_point((const unsigned char *)text.at + i, len)) : 1;
        i += len ? len : 1;
    }
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
