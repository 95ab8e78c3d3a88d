/* Times as logs write them. */
#include "logs/inside.h"

enum { DAY_MS = 24 * 3600 * 1000, MINUTE_MS = 60 * 1000 };

struct wall {
    unsigned year, month, day, hour, minute, second, ms;
};

/* Days since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is
 * the last of its year. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t from_march = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5;
    return y * 365 + y / 4 - y / 100 + y / 400 + from_march + day - 1 - 719468;
}

static bool is_sound(const struct wall *w)
{
    return w->month >= 1 && w->month <= 12 && w->day >= 1 && w->day <= 31 && w->hour < 24 &&
           w->minute < 60 && w->second <= 60 && w->year >= 1970 && w->year <= 9999;
}

static int64_t ms_of(const struct wall *w)
{
    int64_t seconds = ((int64_t)w->hour * 60 + w->minute) * 60 + w->second;
    return days_of(w->year, w->month, w->day) * DAY_MS + seconds * 1000 + w->ms;
}

static int64_t from_local(const struct log_clock *clock, int64_t local)
{
    return clock->zone ? local - (int64_t)clock->zone(clock->ctx, local) * MINUTE_MS : local;
}

/* A number of `digits` digits at the front of *s; all of them must be there. */
static bool number(struct slice *s, size_t digits, unsigned *value_r)
{
    uint32_t value;
    if (s->len < digits || !slice_u32(slice_head(*s, digits), &value))
        return false;
    *value_r = value;
    *s = slice_from(*s, digits);
    return true;
}

static bool literal(struct slice *s, char c)
{
    bool is = s->len && s->at[0] == c;
    *s = slice_from(*s, is);
    return is;
}

static bool clock_time(struct slice *s, struct wall *w)
{
    return number(s, 2, &w->hour) && literal(s, ':') && number(s, 2, &w->minute) &&
           literal(s, ':') && number(s, 2, &w->second);
}

static void fraction(struct slice *s, struct wall *w)
{
    unsigned scale = 100;
    if (s->len < 2 || !logs_is_in(".,", s->at[0]) || !ascii_is_digit(s->at[1]))
        return;
    for (*s = slice_from(*s, 1); s->len && ascii_is_digit(s->at[0]); *s = slice_from(*s, 1)) {
        w->ms += (unsigned)(s->at[0] - '0') * scale;
        scale /= 10;
    }
}

/* `Z`, `+01:00`, `+0100`, ` +0100`; false when there is none. */
static bool zone_at(struct slice s, int *minutes_r)
{
    unsigned hours, minutes = 0;
    *minutes_r = 0;
    s = slice_trim(s);
    if (slice_eq(s, SLICE("Z")) || slice_eq(s, SLICE("UTC")))
        return true;
    if (!s.len || !logs_is_in("+-", s.at[0]))
        return false;
    int sign = s.at[0] == '-' ? -1 : 1;
    s = slice_from(s, 1);
    if (!number(&s, 2, &hours))
        return false;
    literal(&s, ':');
    if (s.len && !number(&s, 2, &minutes))
        return false;
    *minutes_r = sign * (int)(hours * 60 + minutes);
    return s.len == 0;
}

static int64_t iso_time(const struct log_clock *clock, struct slice s)
{
    struct wall w = {0};
    int zone;
    if (!number(&s, 4, &w.year) || !literal(&s, '-') || !number(&s, 2, &w.month) ||
        !literal(&s, '-') || !number(&s, 2, &w.day) || !(literal(&s, 'T') || literal(&s, ' ')) ||
        !clock_time(&s, &w) || !is_sound(&w))
        return LOG_NO_TIME;
    fraction(&s, &w);
    return zone_at(s, &zone) ? ms_of(&w) - (int64_t)zone * MINUTE_MS : from_local(clock, ms_of(&w));
}

static bool month_name(struct slice *s, unsigned *month_r)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned m = 0; m < 12; m++)
        if (slice_starts(*s, slice_of(months + (size_t)m * 3, 3))) {
            *month_r = m + 1;
            *s = slice_from(*s, 3);
            return true;
        }
    return false;
}

static unsigned year_at(int64_t unix_ms)
{
    int64_t year = 1970 + unix_ms / DAY_MS / 366;
    while (days_of((unsigned)year + 1, 1, 1) * DAY_MS <= unix_ms)
        year++;
    return (unsigned)year;
}

/* `Nov 23 20:15:00`, `Nov  3 2026 20:15:00`. */
static int64_t bsd_time(const struct log_clock *clock, struct slice s)
{
    struct wall w = {0};
    if (!month_name(&s, &w.month) || !literal(&s, ' '))
        return LOG_NO_TIME;
    bool is_short = literal(&s, ' ');
    if (!number(&s, is_short ? 1 : 2, &w.day) || !literal(&s, ' '))
        return LOG_NO_TIME;
    bool has_year = s.len > 4 && s.at[4] == ' ';
    if (has_year && (!number(&s, 4, &w.year) || !literal(&s, ' ')))
        return LOG_NO_TIME;
    if (!clock_time(&s, &w))
        return LOG_NO_TIME;
    fraction(&s, &w);
    if (!has_year) {
        w.year = year_at(clock->now > 0 ? clock->now + DAY_MS : 0);
        if (is_sound(&w) && from_local(clock, ms_of(&w)) > clock->now + DAY_MS)
            w.year--;
    }
    return is_sound(&w) ? from_local(clock, ms_of(&w)) : LOG_NO_TIME;
}

/* `@4000000065f0a1b2…` (TAI64N: seconds of TAI, ten more than UTC in 1972; leap seconds later than
 * that are not counted by those who write it) and `1700000000.123456`. */
static int64_t label_time(struct slice s)
{
    enum { HEX = 16, TAI_AHEAD = 10 };
    uint64_t value = 0, seconds;
    if (s.at[0] != '@')
        return slice_u64(slice_head(s, slice_find(s, '.', 0)), &seconds) && seconds < UINT32_MAX
                   ? (int64_t)seconds * 1000
                   : LOG_NO_TIME;
    if (s.len <= HEX)
        return LOG_NO_TIME;
    for (size_t i = 1; i <= HEX; i++) {
        char c = ascii_lower(s.at[i]);
        if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return LOG_NO_TIME;
        value = value << 4 | (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    seconds = value - (UINT64_C(1) << 62) - TAI_AHEAD;
    return seconds < UINT32_MAX ? (int64_t)seconds * 1000 : LOG_NO_TIME;
}

/* Digits alone are seconds, milliseconds or microseconds since 1970. */
static bool number_time(struct slice s, int64_t *time_r)
{
    uint64_t value;
    if ((s.len != 10 && s.len != 13 && s.len != 16) || !slice_u64(s, &value))
        return false;
    *time_r = (int64_t)(s.len == 10 ? value * 1000 : s.len == 13 ? value : value / 1000);
    return true;
}

int64_t logs_time(const struct log_clock *clock, struct slice text)
{
    int64_t time;
    if (number_time(text, &time))
        return time;
    if (text.len > 10 && (text.at[0] == '@' || text.at[10] == '.'))
        return label_time(text);
    return text.len && ascii_is_digit(text.at[0]) ? iso_time(clock, text) : bsd_time(clock, text);
}
