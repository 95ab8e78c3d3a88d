#include "mail/date.h"

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum { DAY_MS = 24 * 3600 * 1000, YEAR_LEAST = 1, YEAR_MOST = 9999 };

struct civil {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second, ms;
    unsigned weekday; /* 0: Sunday */
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(int64_t year, unsigned month)
{
    static const unsigned char table[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return table[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of a year from 1 on. */
static int64_t year_begins(int64_t year)
{
    const int64_t before_1970 = 719162; /* days in the years 1 to 1969 */
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - before_1970;
}

static int64_t day_number(int64_t year, unsigned month, unsigned day)
{
    int64_t number = year_begins(year) + day - 1;
    for (unsigned m = 1; m < month; m++)
        number += days_in(year, m);
    return number;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static struct civil civil_from(int64_t unix_ms, int zone)
{
    int64_t local =
        clamp(unix_ms, year_begins(YEAR_LEAST + 1) * DAY_MS, year_begins(YEAR_MOST) * DAY_MS) +
        (int64_t)zone * 60 * 1000;
    int64_t number = local / DAY_MS - (local % DAY_MS < 0);
    unsigned ms = (unsigned)(local - number * DAY_MS);
    struct civil c = {.year = 1970 + number / 366, .month = 1}; /* near, never late after 1970 */
    if (number < 0)
        c.year = 1970 + number / 365 - 1;
    while (c.year > YEAR_LEAST && year_begins(c.year) > number)
        c.year--;
    while (year_begins(c.year + 1) <= number)
        c.year++;
    unsigned day = (unsigned)(number - year_begins(c.year));
    for (; day >= days_in(c.year, c.month); c.month++)
        day -= days_in(c.year, c.month);
    c.day = day + 1;
    c.hour = ms / 3600000;
    c.minute = ms / 60000 % 60;
    c.second = ms / 1000 % 60;
    c.ms = ms % 1000;
    c.weekday = (unsigned)(((number + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    return c;
}

static int bounded_zone(int zone)
{
    return (int)clamp(zone, -DATE_ZONE_MAX, DATE_ZONE_MAX);
}

void date_write_5322(struct buf *out, int64_t unix_ms, int zone)
{
    zone = bounded_zone(zone);
    struct civil c = civil_from(unix_ms, zone);
    unsigned minutes = (unsigned)(zone < 0 ? -zone : zone);
    buf_addf(out, "%s, %u %s %04d %02u:%02u:%02u %c%02u%02u", days[c.weekday], c.day,
             months[c.month - 1], (int)c.year, c.hour, c.minute, c.second, zone < 0 ? '-' : '+',
             minutes / 60, minutes % 60);
}

/* Two digits behind a mark; 0: none. */
static void add_two(struct buf *out, unsigned number, char mark)
{
    const char text[] = {mark, (char)('0' + number / 10), (char)('0' + number % 10)};
    buf_add(out, mark ? slice_of(text, 3) : slice_of(text + 1, 2));
}

void date_write_3339(struct buf *out, int64_t unix_ms, int zone)
{
    zone = bounded_zone(zone);
    struct civil c = civil_from(unix_ms, zone);
    unsigned minutes = (unsigned)(zone < 0 ? -zone : zone);
    if (c.year < 0 || c.year > 9999) {
        buf_addf(out, "%04d", (int)c.year);
    } else {
        add_two(out, (unsigned)c.year / 100, 0);
        add_two(out, (unsigned)c.year % 100, 0);
    }
    add_two(out, c.month, '-');
    add_two(out, c.day, '-');
    add_two(out, c.hour, 'T');
    add_two(out, c.minute, ':');
    add_two(out, c.second, ':');
    buf_add_char(out, '.');
    buf_add_char(out, (char)('0' + c.ms / 100));
    add_two(out, c.ms % 100, 0);
    if (zone)
        buf_addf(out, "%c%02u:%02u", zone < 0 ? '-' : '+', minutes / 60, minutes % 60);
    else
        buf_add_char(out, 'Z');
}

/* ---- reading ---- */

struct cursor {
    struct slice rest;
    size_t len; /* of all */
};

/* Past white space and comments, which may nest (RFC 5322 3.2.2). */
static void skip_blank(struct cursor *c)
{
    size_t depth = 0, at = 0;
    for (; at < c->rest.len; at++) {
        char ch = c->rest.at[at];
        if (ch == '\\' && depth)
            at++;
        else if (ch == '(')
            depth++;
        else if (ch == ')' && depth)
            depth--;
        else if (!depth && !ascii_is_space(ch))
            break;
    }
    c->rest = slice_from(c->rest, at);
}

static bool take(struct cursor *c, char wanted)
{
    skip_blank(c);
    if (!c->rest.len || c->rest.at[0] != wanted)
        return false;
    c->rest = slice_from(c->rest, 1);
    return true;
}

static struct slice take_while(struct cursor *c, bool (*fits)(char))
{
    skip_blank(c);
    size_t len = 0;
    while (len < c->rest.len && fits(c->rest.at[len]))
        len++;
    struct slice taken = slice_head(c->rest, len);
    c->rest = slice_from(c->rest, len);
    return taken;
}

static bool take_number(struct cursor *c, size_t digits_most, unsigned most, unsigned *value_r)
{
    struct slice digits = take_while(c, ascii_is_digit);
    return digits.len <= digits_most && slice_u32(digits, value_r) && *value_r <= most;
}

static bool wrong(const struct cursor *c, struct err *err_r, const char *what)
{
    return err_set(err_r, ERR_SYNTAX, c->len - c->rest.len, what);
}

/* The index of a three-letter name, or `count`. */
static size_t find_name(const char names[][4], size_t count, struct slice name)
{
    size_t i = 0;
    while (i < count && !slice_ieq(name, slice_of(names[i], 3)))
        i++;
    return i;
}

static bool parse_day(struct cursor *c, struct civil *v, struct err *err_r)
{
    struct slice weekday = take_while(c, ascii_is_alpha);
    if (weekday.len && (find_name(days, 7, weekday) == 7 || !take(c, ',')))
        return wrong(c, err_r, "a date begins with the day, such as `Mon, 23 Nov 2026`");
    if (!take_number(c, 2, 31, &v->day))
        return wrong(c, err_r, "the day of the month should be a number from 1 to 31");
    size_t month = find_name(months, 12, take_while(c, ascii_is_alpha));
    if (month == 12)
        return wrong(c, err_r, "the month should be one of Jan to Dec");
    v->month = (unsigned)month + 1;
    struct slice digits = take_while(c, ascii_is_digit);
    unsigned year;
    if (digits.len < 2 || digits.len > 4 || !slice_u32(digits, &year))
        return wrong(c, err_r, "the year should have four digits");
    /* RFC 5322 4.3 */
    v->year = digits.len == 4 ? year : digits.len == 3 || year >= 50 ? year + 1900 : year + 2000;
    if (v->year < YEAR_LEAST || v->day < 1 || v->day > days_in(v->year, v->month))
        return wrong(c, err_r, "there is no such day");
    return true;
}

static bool parse_time(struct cursor *c, struct civil *v, struct err *err_r)
{
    bool fits =
        take_number(c, 2, 23, &v->hour) && take(c, ':') && take_number(c, 2, 59, &v->minute);
    if (fits && take(c, ':'))
        fits = take_number(c, 2, 60, &v->second); /* 60: a leap second */
    return fits || wrong(c, err_r, "the time should be hh:mm:ss");
}

static const struct {
    char name[4];
    int hours;
} zones[] = {{"UT", 0},   {"GMT", 0},  {"EST", -5}, {"EDT", -4}, {"CST", -6},
             {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};

/* Names that are not known say nothing (RFC 5322 4.3). */
static int named_zone(struct slice name)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
        if (slice_ieq(name, slice_str(zones[i].name)))
            return zones[i].hours * 60;
    return 0;
}

static bool parse_zone(struct cursor *c, int *zone_r, struct err *err_r)
{
    struct slice name = take_while(c, ascii_is_alpha);
    bool is_west = false;
    unsigned digits;
    *zone_r = named_zone(name);
    if (name.len)
        return true;
    if (!take(c, '+') && !(is_west = take(c, '-')))
        return wrong(c, err_r, "the zone should be +hhmm or -hhmm");
    struct slice number = take_while(c, ascii_is_digit);
    if (number.len != 4 || !slice_u32(number, &digits) || digits / 100 > 23 || digits % 100 > 59)
        return wrong(c, err_r, "the zone should be +hhmm or -hhmm");
    *zone_r = (int)(digits / 100 * 60 + digits % 100) * (is_west ? -1 : 1);
    return true;
}

bool date_parse(struct slice in, int64_t *unix_ms_r, int *zone_r, struct err *err_r)
{
    struct cursor c = {in, in.len};
    struct civil v = {0};
    int zone;
    if (!parse_day(&c, &v, err_r) || !parse_time(&c, &v, err_r) || !parse_zone(&c, &zone, err_r))
        return false;
    skip_blank(&c);
    if (c.rest.len)
        return wrong(&c, err_r, "nothing should follow the zone");
    int64_t minutes = (int64_t)v.hour * 60 + v.minute - zone;
    *unix_ms_r = day_number(v.year, v.month, v.day) * DAY_MS + minutes * 60000 + v.second * 1000;
    if (zone_r)
        *zone_r = zone;
    return true;
}

/* So many digits, behind `mark` unless it is 0. */
static bool take_digits(struct slice *rest, char mark, size_t count, unsigned *value_r)
{
    size_t skip = mark != 0;
    if (rest->len < skip + count || (mark && rest->at[0] != mark))
        return false;
    struct slice digits = slice_head(slice_from(*rest, skip), count);
    for (size_t i = 0; i < count; i++)
        if (!ascii_is_digit(digits.at[i]))
            return false;
    *rest = slice_from(*rest, skip + count);
    return slice_u32(digits, value_r);
}

/* The fraction of a second, as far as ms tell it. */
static unsigned take_fraction(struct slice *rest)
{
    unsigned ms = 0, worth = 100;
    if (rest->len < 2 || rest->at[0] != '.' || !ascii_is_digit(rest->at[1]))
        return 0;
    for (*rest = slice_from(*rest, 1); rest->len && ascii_is_digit(rest->at[0]);
         *rest = slice_from(*rest, 1)) {
        ms += (unsigned)(rest->at[0] - '0') * worth;
        worth /= 10;
    }
    return ms;
}

static bool take_offset(struct slice *rest, int *minutes_r)
{
    unsigned hours, minutes;
    *minutes_r = 0;
    if (slice_ieq(*rest, SLICE("Z")))
        return true;
    bool is_west = rest->len && rest->at[0] == '-';
    if (!take_digits(rest, is_west ? '-' : '+', 2, &hours) || !take_digits(rest, ':', 2, &minutes))
        return false;
    *minutes_r = (int)(hours * 60 + minutes) * (is_west ? -1 : 1);
    return rest->len == 0 && hours < 24 && minutes < 60;
}

bool date_parse_3339(struct slice in, int64_t *unix_ms_r)
{
    struct civil v = {0};
    unsigned year;
    int zone;
    if (!take_digits(&in, 0, 4, &year) || !take_digits(&in, '-', 2, &v.month) ||
        !take_digits(&in, '-', 2, &v.day) || in.len == 0 || ascii_lower(in.at[0]) != 't' ||
        !take_digits(&in, in.at[0], 2, &v.hour) || !take_digits(&in, ':', 2, &v.minute) ||
        !take_digits(&in, ':', 2, &v.second))
        return false;
    v.ms = take_fraction(&in);
    if (!take_offset(&in, &zone) || year < YEAR_LEAST || v.month < 1 || v.month > 12 || v.day < 1 ||
        v.day > days_in(year, v.month) || v.hour > 23 || v.minute > 59 || v.second > 60)
        return false;
    int64_t minutes = (int64_t)v.hour * 60 + v.minute - zone;
    *unix_ms_r =
        day_number(year, v.month, v.day) * DAY_MS + minutes * 60000 + v.second * 1000 + v.ms;
    return true;
}
