#include "dns/idn.h"
#include "system/config_internal.h"

struct unit {
    const char *name;
    uint64_t factor;
    bool is_shown; /* in our own texts; the others are only understood */
};

/* Smallest first. */
static const struct unit size_units[] = {
    {"", 1, false},          {"bytes", 1, true},
    {"B", 1, false},         {"kB", 1000, false},
    {"K", 1u << 10, false},  {"KiB", 1u << 10, true},
    {"MB", 1000000, false},  {"M", 1u << 20, false},
    {"MiB", 1u << 20, true}, {"GB", 1000000000, false},
    {"G", 1u << 30, false},  {"GiB", 1u << 30, true},
    {NULL, 0, false},
};

static const struct unit time_units[] = {
    {"ms", 1, true},      {"s", 1000, true},     {"min", 60000, false}, {"m", 60000, true},
    {"h", 3600000, true}, {"d", 86400000, true}, {NULL, 0, false},
};

static bool wrong(struct buf *what, const char *text)
{
    buf_add_str(what, text);
    return false;
}

static void write_with_unit(struct buf *out, uint64_t value, const struct unit *units)
{
    const struct unit *best = units;
    while (!best->is_shown) /* the smallest one that is; each table shows one */
        best++;
    for (const struct unit *u = best; u->name; u++)
        if (u->is_shown && value != 0 && value % u->factor == 0)
            best = u;
    buf_add_u64(out, value / best->factor);
    buf_addf(out, " %s", best->name);
}

static void write_quantity(struct buf *out, uint64_t value, enum conf_type type)
{
    if (type == CONF_NUMBER)
        buf_add_u64(out, value);
    else
        write_with_unit(out, value, type == CONF_SIZE ? size_units : time_units);
}

static bool in_range(const struct conf_item *item, uint64_t value, struct buf *what)
{
    if (item->max == 0 || (value >= item->min && value <= item->max))
        return true;
    buf_add_str(what, "this is out of range; right is anything from ");
    write_quantity(what, item->min, item->type);
    buf_add_str(what, " to ");
    write_quantity(what, item->max, item->type);
    return false;
}

/* A number and its unit, with or without a space between them; exact match of the unit first, so
 * that `m` and `M` can differ, then without regard to case. */
static bool parse_with_unit(struct slice s, const struct unit *units, uint64_t *value_r)
{
    size_t digits = 0;
    while (digits < s.len && ascii_is_digit(s.at[digits]))
        digits++;
    struct slice name = slice_trim(slice_from(s, digits));
    const struct unit *found = NULL;
    for (const struct unit *u = units; u->name; u++)
        if (slice_eq(name, slice_str(u->name)) || (!found && slice_ieq(name, slice_str(u->name))))
            found = u;
    uint64_t number;
    return found && slice_u64(slice_head(s, digits), &number) &&
           !__builtin_mul_overflow(number, found->factor, value_r);
}

static bool parse_number(const struct conf_item *item, struct slice s, void *field,
                         struct buf *what)
{
    uint64_t value;
    if (!slice_u64(s, &value))
        return wrong(what, "this is no number; right is, for example, 100");
    *(uint64_t *)field = value;
    return in_range(item, value, what);
}

static bool parse_size(const struct conf_item *item, struct slice s, void *field, struct buf *what)
{
    uint64_t value;
    if (!parse_with_unit(s, size_units, &value))
        return wrong(what, "this is no size; right is, for example, \"25 MiB\" or \"512 KiB\"");
    *(uint64_t *)field = value;
    return in_range(item, value, what);
}

bool config_read_time(struct slice text, int64_t *ms_r)
{
    uint64_t value;
    if (!parse_with_unit(text, time_units, &value) || value > INT64_MAX)
        return false;
    *ms_r = (int64_t)value;
    return true;
}

static bool parse_time(const struct conf_item *item, struct slice s, void *field, struct buf *what)
{
    int64_t value;
    if (!config_read_time(s, &value))
        return wrong(what,
                     "this is no time; right is a number with ms, s, m, h or d behind it, for "
                     "example \"90 s\" or \"5 d\"");
    *(int64_t *)field = value;
    return in_range(item, (uint64_t)value, what);
}

/* Days since 1970-01-01: years are counted from March, so that a leap day is a year's last. */
static int64_t day_number(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint32_t month_length(uint32_t year, uint32_t month)
{
    return (uint32_t)(day_number(month < 12 ? year : year + 1, month % 12 + 1, 1) -
                      day_number(year, month, 1));
}

static bool parse_day(struct slice s, void *field, struct buf *what)
{
    uint32_t parts[3] = {0};
    bool is_right = s.len == sizeof("2026-12-01") - 1;
    struct slice part, rest = s;
    for (int i = 0; i < 3 && is_right; i++)
        is_right = slice_split(&rest, '-', &part) && slice_u32(part, &parts[i]);
    if (!is_right || rest.len || parts[0] < 1970 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
        parts[2] > month_length(parts[0], parts[1]))
        return wrong(what, "this is no day; right is, for example, \"2026-12-01\"");
    *(int64_t *)field = day_number(parts[0], parts[1], parts[2]);
    return true;
}

static bool parse_bool(struct slice s, void *field, struct buf *what)
{
    static const char *const names[2][3] = {{"false", "no", "off"}, {"true", "yes", "on"}};
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 3; i++)
            if (slice_ieq(s, slice_str(names[value][i]))) {
                *(bool *)field = value;
                return true;
            }
    return wrong(what, "right is true or false");
}

static bool parse_choice(const struct conf_item *item, struct slice s, void *field,
                         struct buf *what)
{
    for (int i = 0; item->choices[i]; i++)
        if (slice_ieq(s, slice_str(item->choices[i]))) {
            *(int *)field = i;
            return true;
        }
    buf_add_str(what, "right is one of:");
    for (int i = 0; item->choices[i]; i++)
        buf_addf(what, " %s", item->choices[i]);
    return false;
}

static bool keep(struct slice s, struct arena *arena, struct slice *copy_r, struct buf *what)
{
    return arena_dup(arena, s, copy_r) || wrong(what, "there is no memory left for it");
}

static bool parse_text(struct slice s, struct arena *arena, void *field, struct buf *what)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f)
            return wrong(what, "control characters are not allowed in it");
    if (s.len == 0)
        return wrong(what, "it is empty; leave the key out instead");
    return keep(s, arena, field, what);
}

static bool parse_path(const struct conf_item *item, struct slice s, struct arena *arena,
                       void *field, struct buf *what)
{
    if (s.len > 0 && s.at[0] != '/')
        return wrong(what, "a path begins with /, since the server may be started from anywhere");
    if (item->max && s.len > item->max) {
        buf_addf(what, "this path is too long; it may have %u bytes", (unsigned)item->max);
        return false;
    }
    return parse_text(s, arena, field, what);
}

static bool is_label(struct slice label)
{
    if (label.len == 0 || label.len > 63 || label.at[0] == '-' || label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!ascii_is_alnum(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
            return false;
    return true;
}

bool config_value_host(struct slice s, char storage[CONFIG_HOST_ROOM], struct slice *host_r)
{
    struct slice label, rest;
    struct buf ascii;
    buf_init_fixed(&ascii, storage, CONFIG_HOST_ROOM);
    if (s.len == 0 || !idn_add_domain(&ascii, s))
        return false;
    *host_r = rest = buf_slice(&ascii);
    if (rest.at[rest.len - 1] == '.')
        return false;
    while (slice_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

static bool parse_host(struct slice s, struct arena *arena, void *field, struct buf *what)
{
    char storage[CONFIG_HOST_ROOM];
    struct slice host;
    struct ip ip;
    if (!config_value_host(s, storage, &host) || ip_parse(s, &ip))
        return wrong(what, "this is no host name; right is, for example, \"mx.example.org\" or "
                           "\"mx.b\xc3\xbc"
                           "cher.example\"");
    return keep(host, arena, field, what);
}

static bool parse_host_port(struct slice s, struct arena *arena, void *field, struct buf *what)
{
    struct conf_host_port *target = field;
    struct endpoint endpoint;
    const char *ignored;
    size_t colon = slice_rfind(s, ':');
    struct slice host = slice_head(s, colon);
    char storage[CONFIG_HOST_ROOM];
    bool is_address = endpoint_parse(s, &endpoint, &ignored);
    if (colon == SLICE_NONE || !port_parse(slice_from(s, colon + 1), &target->port) ||
        (!is_address && !config_value_host(host, storage, &host)))
        return wrong(what, "this is no host with a port; right is, for example, "
                           "\"smtp.example.net:587\" or \"[2001:db8::1]:25\"");
    if (host.at[0] == '[')
        host = slice_of(host.at + 1, host.len - 2);
    return keep(host, arena, &target->host, what);
}

static bool parse_endpoint(struct slice s, void *field, struct buf *what)
{
    const char *why;
    return endpoint_parse(s, field, &why) || wrong(what, why);
}

static bool parse_network(struct slice s, void *field, struct buf *what)
{
    const char *why;
    return cidr_parse(s, field, &why) || wrong(what, why);
}

enum { DNS_PORT = 53 };

static bool parse_resolver(struct slice s, void *field, struct buf *what)
{
    struct endpoint *endpoint = field;
    size_t sign = slice_find(s, '@', 0);
    endpoint->port = DNS_PORT;
    if (!ip_parse(slice_head(s, sign), &endpoint->ip) ||
        (sign != SLICE_NONE && !port_parse(slice_from(s, sign + 1), &endpoint->port)))
        return wrong(what, "this is no name server; right is an address, if need be with its port: "
                           "\"192.0.2.53\" or \"127.0.0.1@5300\"");
    return true;
}

size_t config_value_element_size(enum conf_type type)
{
    switch (type) {
    case CONF_ENDPOINTS:
    case CONF_RESOLVERS:
        return sizeof(struct endpoint);
    case CONF_NETWORKS:
        return sizeof(struct cidr);
    case CONF_NAMES:
        return sizeof(struct slice);
    default:
        return 0;
    }
}

bool config_value_parse(const struct conf_item *item, struct slice text, struct arena *arena,
                        void *field, struct buf *what)
{
    switch (item->type) {
    case CONF_TEXT:
        return parse_text(text, arena, field, what);
    case CONF_PATH:
        return parse_path(item, text, arena, field, what);
    case CONF_HOST:
        return parse_host(text, arena, field, what);
    case CONF_BOOL:
        return parse_bool(text, field, what);
    case CONF_NUMBER:
        return parse_number(item, text, field, what);
    case CONF_SIZE:
        return parse_size(item, text, field, what);
    case CONF_TIME:
        return parse_time(item, text, field, what);
    case CONF_CHOICE:
        return parse_choice(item, text, field, what);
    case CONF_HOST_PORT:
        return parse_host_port(text, arena, field, what);
    case CONF_ENDPOINT:
    case CONF_ENDPOINTS:
        return parse_endpoint(text, field, what);
    case CONF_NETWORKS:
        return parse_network(text, field, what);
    case CONF_RESOLVERS:
        return parse_resolver(text, field, what);
    case CONF_IP:
        return ip_parse(text, field) ||
               wrong(what, "this is no address; right is, for example, \"192.0.2.25\"");
    case CONF_DAY:
        return parse_day(text, field, what);
    case CONF_NAMES:
        return parse_host(text, arena, field, what);
    }
    return false;
}
