#include "base/utf8.h"
#include "mail/date.h"
#include "mail/dsn_inside.h"
#include "mail/xtext.h"

/* What is known of a cause, as subject and detail (RFC 3463 3, registry of RFC 5248). Causes that
 * have no code of their own are left out: 0.0 says that nothing more is known. */
static const struct {
    uint16_t subject, detail;
} statuses[CAUSE_COUNT] = {
    [CAUSE_NO_SUCH_RECIPIENT] = {1, 1},
    [CAUSE_BAD_RECIPIENT_SYNTAX] = {1, 3},
    [CAUSE_MAILBOX_DISABLED] = {2, 1},
    [CAUSE_RECIPIENT_MOVED] = {1, 6},
    [CAUSE_MAILBOX_FULL] = {2, 2},
    [CAUSE_RECIPIENT_RATE_LIMITED] = {2, 1},
    [CAUSE_RECIPIENT_RESTRICTED] = {7, 1},
    [CAUSE_NO_SUCH_DOMAIN] = {1, 2},
    [CAUSE_DOMAIN_NO_MAIL] = {1, 10},
    [CAUSE_DNS_FAILURE] = {4, 3},
    [CAUSE_MAIL_LOOP] = {4, 6},
    [CAUSE_RELAY_DENIED] = {7, 1},
    [CAUSE_CONNECTION_FAILED] = {4, 1},
    [CAUSE_CONNECTION_LOST] = {4, 2},
    [CAUSE_TLS_FAILURE] = {7, 5},
    [CAUSE_PROTOCOL_ERROR] = {5, 0},
    [CAUSE_DELIVERY_EXPIRED] = {4, 7},
    [CAUSE_IP_BLOCKLISTED] = {7, 1},
    [CAUSE_IP_REPUTATION] = {7, 1},
    [CAUSE_DYNAMIC_IP] = {7, 1},
    [CAUSE_NO_REVERSE_DNS] = {7, 25},
    [CAUSE_SPF_FAIL] = {7, 23},
    [CAUSE_DKIM_FAIL] = {7, 20},
    [CAUSE_SENDER_UNAUTHENTICATED] = {7, 26},
    [CAUSE_DOMAIN_BLOCKLISTED] = {7, 1},
    [CAUSE_SENDER_REJECTED] = {7, 1},
    [CAUSE_DMARC_FAIL] = {7, 1},
    [CAUSE_TOO_MANY_RECIPIENTS] = {5, 3},
    [CAUSE_MESSAGE_TOO_LARGE] = {3, 4},
    [CAUSE_SPAM_CONTENT] = {7, 1},
    [CAUSE_VIRUS] = {7, 1},
    [CAUSE_CONTENT_POLICY] = {7, 1},
    [CAUSE_MALFORMED_MESSAGE] = {6, 0},
    [CAUSE_SMTPUTF8_UNSUPPORTED] = {6, 7},
    [CAUSE_POLICY] = {7, 1},
    [CAUSE_REMOTE_SYSTEM_ERROR] = {3, 0},
    [CAUSE_SERVICE_UNAVAILABLE] = {3, 2},
    [CAUSE_LOCAL_DELIVERY_FAILED] = {3, 0},
    [CAUSE_LOCAL_SYSTEM_ERROR] = {3, 0},
};

/* Bytes that are taken of a reply's text, of an address or an identifier; a value has room for them
 * however they have to be written. */
enum { TEXT_MOST = 4096, NAME_MOST = 1024, VALUE_MOST = 4 * TEXT_MOST };

/* Below this a diagnosis is a guess, such as one from the stage alone, and a guess is no status. */
static const float SURE = 0.6F;

static uint8_t status_class(const struct dsn *d, const struct dsn_case *c)
{
    if (d->kind == DSN_DELIVERED)
        return 2;
    if (d->kind == DSN_DELAYED || c->recipient->is_expired)
        return 4;
    return 5;
}

/* It was to be delivered by then, and is not (RFC 2852). */
static bool is_late(const struct dsn *d, const struct dsn_recipient *r)
{
    const struct envelope *e = d->envelope;
    return d->kind == DSN_FAILED && r->is_expired && e->by_mode == BY_RETURN &&
           d->now >= e->deliver_by;
}

struct enhanced dsn_status(const struct dsn *d, const struct dsn_case *c)
{
    const struct dsn_recipient *r = c->recipient;
    if (is_late(d, r))
        return (struct enhanced){5, 4, 7};
    struct enhanced said = r->last.reply.enhanced;
    struct enhanced status = {.class = status_class(d, c)};
    if (r->is_tried && (said.class == 2) == (status.class == 2) && said.class)
        return said;
    if (status.class == 2)
        return status;
    if (r->is_tried && c->diagnosis.confidence >= SURE) {
        status.subject = statuses[c->diagnosis.cause].subject;
        status.detail = statuses[c->diagnosis.cause].detail;
    }
    if (r->is_expired && status.subject == 0) {
        status.subject = 4; /* 4.4.7: delivery time expired */
        status.detail = 7;
    }
    return status;
}

/* A field whose value is put together first. */
static void add_value(struct buf *out, const char *name, struct buf *value)
{
    if (value->failed)
        out->failed = true;
    dsn_add_field(out, name, buf_slice(value));
    buf_clear(value);
}

static void add_date(struct buf *out, const char *name, struct buf *value, int64_t at, int zone)
{
    date_write_5322(value, at, zone);
    add_value(out, name, value);
}

static uint32_t code_point(const char *at, size_t len)
{
    uint32_t point = (unsigned char)at[0];
    if (len > 1)
        point &= 0xffU >> (len + 1);
    for (size_t n = 1; n < len; n++)
        point = point << 6 | ((unsigned char)at[n] & 0x3fU);
    return point;
}

/* An international address stands in an ASCII field with \x{…} (RFC 6533 3, utf-8-addr-xtext). */
static void add_address(struct buf *out, struct slice address)
{
    address = slice_head(address, NAME_MOST);
    bool is_ascii = slice_is_ascii(address);
    buf_add_str(out, is_ascii ? "rfc822; " : "utf-8; ");
    for (size_t i = 0; i < address.len;) {
        size_t len = utf8_char(address, i);
        char c = address.at[i];
        if (is_ascii || (len == 1 && c != '\\' && c != '+' && c != '=')) {
            buf_add_char(out, c);
            i++;
            continue;
        }
        buf_addf(out, "\\x{%X}", len ? code_point(address.at + i, len) : '?');
        i += len ? len : 1;
    }
}

static void add_original(struct buf *out, struct slice original)
{
    struct slice type, xtext = original;
    if (slice_find(original, ';', 0) == SLICE_NONE || !slice_split(&xtext, ';', &type))
        return;
    buf_add(out, slice_head(type, NAME_MOST));
    buf_add_str(out, "; ");
    xtext_read(out, slice_head(xtext, NAME_MOST));
}

static void add_diagnostic(struct buf *out, const struct diagnosis_input *last)
{
    const struct reply *r = &last->reply;
    struct slice rest = slice_head(r->text, TEXT_MOST), line = {"", 0};
    /* only what a host said over SMTP is of type smtp, and that is told as it was said, line by
     * line (RFC 3461 9.2) */
    buf_add_str(out, r->code && last->remote.len ? "smtp;" : "X-Candor;");
    for (bool has_line = true; has_line; has_line = rest.len > 0 && out->len < TEXT_MOST) {
        slice_line(&rest, &line);
        buf_add_char(out, ' ');
        if (r->code)
            buf_addf(out, "%u%c", r->code, rest.len ? '-' : ' ');
        if (r->enhanced.class) {
            enhanced_write(out, r->enhanced);
            buf_add_char(out, ' ');
        }
        buf_add(out, line);
    }
}

static const char *action_of(const struct dsn *d, const struct dsn_recipient *r)
{
    if (d->kind == DSN_FAILED)
        return "failed";
    if (d->kind == DSN_DELAYED)
        return "delayed";
    return r->is_final ? "delivered" : "relayed";
}

static void write_recipient(struct buf *out, struct buf *value, const struct dsn *d,
                            const struct dsn_case *c)
{
    const struct dsn_recipient *r = c->recipient;
    buf_add_str(out, "\r\n");
    add_original(value, r->original);
    if (value->len)
        add_value(out, "Original-Recipient", value);
    add_address(value, r->address);
    add_value(out, "Final-Recipient", value);
    dsn_add_field(out, "Action", slice_str(action_of(d, r)));
    enhanced_write(value, dsn_status(d, c));
    add_value(out, "Status", value);
    if (r->is_tried) {
        if (r->last.remote.len) {
            buf_add_str(value, "dns; ");
            buf_add(value, slice_head(r->last.remote, NAME_MOST));
            add_value(out, "Remote-MTA", value);
        }
        add_diagnostic(value, &r->last);
        add_value(out, "Diagnostic-Code", value);
        add_date(out, "Last-Attempt-Date", value, r->at, d->zone);
    }
    if (d->kind == DSN_DELAYED)
        add_date(out, "Will-Retry-Until", value, d->retry_until, d->zone);
}

void dsn_write_fields(struct buf *out, const struct dsn *d, const struct dsn_case *cases)
{
    char storage[VALUE_MOST];
    struct buf value;
    buf_init_fixed(&value, storage, sizeof(storage));
    buf_add_str(&value, "dns; ");
    buf_add(&value, slice_head(d->hostname, NAME_MOST));
    add_value(out, "Reporting-MTA", &value);
    if (d->envelope->envid.len) {
        xtext_read(&value, slice_head(d->envelope->envid, NAME_MOST));
        add_value(out, "Original-Envelope-Id", &value);
    }
    add_date(out, "Arrival-Date", &value, d->envelope->received_at, d->zone);
    if (d->envelope->by_mode) /* RFC 2852 */
        add_date(out, "Deliver-By-Date", &value, d->envelope->deliver_by, d->zone);
    for (size_t i = 0; i < d->count; i++)
        write_recipient(out, &value, d, &cases[i]);
}
