/* Logs that are tables with a head (RFC 4180): Exchange's message tracking, PowerMTA's accounting.
 */
#include "logs/inside.h"

enum { FIELDS_MAX = 64 };

/* Columns by what stands in them. */
enum column { TIME, EVENT, RECIPIENT, SENDER, QUEUE_ID, MESSAGE_ID, STATUS, TEXT, HOST, COLUMNS };

_Static_assert((int)COLUMNS <= (int)LOG_COLUMNS_MAX, "the reader keeps all columns");

static const struct {
    enum log_format format;
    struct slice name;
    enum column column;
} columns[] = {
    {LOG_EXCHANGE, SLICE_INIT("date-time"), TIME},
    {LOG_EXCHANGE, SLICE_INIT("event-id"), EVENT},
    {LOG_EXCHANGE, SLICE_INIT("recipient-address"), RECIPIENT},
    {LOG_EXCHANGE, SLICE_INIT("sender-address"), SENDER},
    {LOG_EXCHANGE, SLICE_INIT("internal-message-id"), QUEUE_ID},
    {LOG_EXCHANGE, SLICE_INIT("message-id"), MESSAGE_ID},
    {LOG_EXCHANGE, SLICE_INIT("recipient-status"), TEXT},
    {LOG_POWERMTA, SLICE_INIT("timeLogged"), TIME},
    {LOG_POWERMTA, SLICE_INIT("type"), EVENT},
    {LOG_POWERMTA, SLICE_INIT("rcpt"), RECIPIENT},
    {LOG_POWERMTA, SLICE_INIT("orig"), SENDER},
    {LOG_POWERMTA, SLICE_INIT("jobId"), QUEUE_ID},
    {LOG_POWERMTA, SLICE_INIT("header_Message-Id"), MESSAGE_ID},
    {LOG_POWERMTA, SLICE_INIT("dsnStatus"), STATUS},
    {LOG_POWERMTA, SLICE_INIT("dsnDiag"), TEXT},
    {LOG_POWERMTA, SLICE_INIT("dsnMta"), HOST},
};

static const struct {
    enum log_format format;
    struct slice event;
    enum bounce_kind kind;
} events[] = {
    {LOG_EXCHANGE, SLICE_INIT("FAIL"), BOUNCE_FAILURE},
    {LOG_EXCHANGE, SLICE_INIT("DEFER"), BOUNCE_DELAY},
    {LOG_EXCHANGE, SLICE_INIT("BADMAIL"), BOUNCE_FAILURE},
    {LOG_EXCHANGE, SLICE_INIT("POISONMESSAGE"), BOUNCE_FAILURE},
    {LOG_EXCHANGE, SLICE_INIT("DELIVER"), BOUNCE_SUCCESS},
    {LOG_EXCHANGE, SLICE_INIT("SEND"), BOUNCE_SUCCESS},
    {LOG_EXCHANGE, SLICE_INIT("SENDEXTERNAL"), BOUNCE_SUCCESS},
    {LOG_POWERMTA, SLICE_INIT("b"), BOUNCE_FAILURE},
    {LOG_POWERMTA, SLICE_INIT("rb"), BOUNCE_FAILURE},
    {LOG_POWERMTA, SLICE_INIT("t"), BOUNCE_DELAY},
    {LOG_POWERMTA, SLICE_INIT("f"), BOUNCE_COMPLAINT},
    {LOG_POWERMTA, SLICE_INIT("d"), BOUNCE_SUCCESS},
};

/* The cell at the front, its quotes taken away, doubled ones made one; false at the end. */
static bool take_cell(struct log_reader *r, struct slice *rest, bool *is_over, struct slice *cell_r)
{
    if (*is_over)
        return false;
    if (!rest->len || rest->at[0] != '"') {
        size_t end = slice_find(*rest, ',', 0);
        *cell_r = slice_head(*rest, end);
        *is_over = end == SLICE_NONE;
        *rest = *is_over ? slice_head(*rest, 0) : slice_from(*rest, end + 1);
        return true;
    }
    size_t end = 1;
    while (end < rest->len &&
           (rest->at[end] != '"' || (end + 1 < rest->len && rest->at[end + 1] == '"')))
        end += rest->at[end] == '"' ? 2 : 1;
    end = end < rest->len ? end : rest->len;
    *cell_r = logs_with(r, slice_of(rest->at + 1, end - 1), "\"\"", '"');
    size_t comma = slice_find(*rest, ',', end);
    *is_over = comma == SLICE_NONE;
    *rest = *is_over ? slice_head(*rest, 0) : slice_from(*rest, comma + 1);
    return true;
}

/* Which columns there are, and in what order, the operator of PowerMTA decides. */
static bool is_powermta_head(struct slice raw)
{
    static const struct slice words[] = {SLICE_INIT("rcpt"), SLICE_INIT("dsnStatus"),
                                         SLICE_INIT("dsnDiag"), SLICE_INIT("timeLogged")};
    enum { ENOUGH = 3 };
    size_t count = 0;
    if (slice_find(raw, '@', 0) != SLICE_NONE || slice_find(raw, ',', 0) == SLICE_NONE)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        count += slice_find_slice(raw, words[i], 0) != SLICE_NONE;
    return count >= ENOUGH && slice_find_slice(raw, SLICE("type"), 0) != SLICE_NONE;
}

static bool is_head(struct slice raw, enum log_format *format_r, struct slice *names_r)
{
    if (slice_starts(raw, SLICE("\xef\xbb\xbf")))
        raw = slice_from(raw, 3);
    bool is_exchange = slice_starts(raw, SLICE("#Fields: date-time,"));
    *format_r = is_exchange ? LOG_EXCHANGE : LOG_POWERMTA;
    *names_r = is_exchange ? slice_from(raw, 9) : raw;
    return is_exchange || is_powermta_head(raw);
}

enum log_format logs_table_whose(struct slice raw)
{
    enum log_format format;
    struct slice names;
    if (slice_starts(raw, SLICE("#Software: Microsoft Exchange")))
        return LOG_EXCHANGE;
    return is_head(raw, &format, &names) ? format : LOG_NONE;
}

static void read_head(struct log_reader *r, enum log_format format, struct slice names)
{
    struct slice name;
    bool is_over = false;
    memset(r->columns, 0, sizeof(r->columns));
    for (unsigned char n = 1; n <= FIELDS_MAX && take_cell(r, &names, &is_over, &name); n++)
        for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
            if (columns[i].format == format && slice_ieq(columns[i].name, name))
                r->columns[columns[i].column] = n;
}

static bool kind_of(enum log_format format, struct slice event, enum bounce_kind *kind_r)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
        if (events[i].format == format && slice_ieq(events[i].event, event)) {
            *kind_r = events[i].kind;
            return true;
        }
    return false;
}

/* `[{LED=550 5.1.1 …};{MSG=};{FQDN=mx.example};{IP=192.0.2.1};{LRT=…}]` */
static struct slice part_of_status(struct slice status, struct slice mark)
{
    return logs_between(status, mark, SLICE("}"));
}

static void fill(struct log_reader *r, struct log_event *e, const struct slice *cells,
                 struct slice text)
{
    struct slice led = part_of_status(text, SLICE("{LED="));
    struct slice host = logs_host(part_of_status(text, SLICE("{FQDN=")));
    if (host.len == 0)
        host = logs_host(slice_head(cells[HOST], slice_find(cells[HOST], ' ', 0)));
    struct slice status = slice_head(cells[STATUS], slice_find(cells[STATUS], ' ', 0));
    struct enhanced own = logs_enhanced(status);
    logs_said(r, e, led.len ? led : text);
    if (e->in.reply.enhanced.class == 0 && (own.subject || own.detail))
        e->in.reply.enhanced = own;
    if (host.len)
        e->in.remote = host;
    e->queue_id = cells[QUEUE_ID];
    e->message_id = cells[MESSAGE_ID];
    e->sender = cells[SENDER];
}

/* Up to a semicolon that is not in brackets. */
static struct slice take_status(struct slice *rest)
{
    size_t depth = 0, end = 0;
    for (; end < rest->len && (depth || rest->at[end] != ';'); end++)
        depth += logs_is_in("[{", rest->at[end])            ? 1
                 : depth && logs_is_in("]}", rest->at[end]) ? (size_t)-1
                                                            : 0;
    struct slice status = slice_head(*rest, end);
    *rest = slice_from(*rest, end < rest->len ? end + 1 : end);
    return status;
}

static size_t count_items(struct slice list)
{
    size_t count = 0;
    for (; list.len; count++)
        take_status(&list);
    return count;
}

static void read_row(struct log_reader *r, const struct slice *cells)
{
    struct log_line line = {.time = cells[TIME]};
    struct slice recipients = cells[RECIPIENT], recipient, none = {"", 0};
    enum bounce_kind kind;
    if (!kind_of(r->format, cells[EVENT], &kind))
        return;
    if (kind == BOUNCE_SUCCESS) {
        r->delivered++;
        return;
    }
    /* where there are not as many statuses as recipients, which is whose can't be told */
    struct slice statuses = cells[TEXT], status;
    bool is_one = slice_find(recipients, ';', 0) == SLICE_NONE;
    bool is_each = !is_one && count_items(statuses) == count_items(recipients);
    while (slice_split(&recipients, ';', &recipient)) {
        status = is_one ? statuses : is_each ? take_status(&statuses) : none;
        struct log_event *e = logs_add(r, &line, r->format, LOG_OUTGOING);
        if (!e)
            return;
        fill(r, e, cells, status);
        e->kind = kind;
        e->recipient = recipient;
    }
}

void logs_read_table(struct log_reader *r, struct slice raw)
{
    enum log_format format;
    struct slice rest = raw, cell, cells[COLUMNS];
    bool is_over = false;
    if (is_head(raw, &format, &rest)) {
        read_head(r, format, rest);
        return;
    }
    if (raw.len == 0 || raw.at[0] == '#' || r->columns[EVENT] == 0)
        return;
    for (size_t c = 0; c < COLUMNS; c++)
        cells[c] = (struct slice){"", 0};
    for (unsigned char n = 1; n <= FIELDS_MAX && take_cell(r, &rest, &is_over, &cell); n++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (r->columns[c] == n)
                cells[c] = cell;
    read_row(r, cells);
}
