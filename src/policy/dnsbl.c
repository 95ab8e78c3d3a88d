#include "policy/dnsbl.h"

#include "dns/reverse.h"

enum { V4_BYTES = 4 };

void dnsbl_question(const struct dnsbl *list, struct ip client, struct buf *out)
{
    dns_reverse_write(out, client);
    buf_add(out, list->zone);
}

/* What lists answer to those whom they don't serve, or not any more: a record outside of
 * 127.0.0.0/8 (the domain was sold, RFC 5782 2.3), 127.255.255.x (the query was refused: an open
 * resolver, too many, a mistyped zone), and 127.0.0.1, which no address is ever listed with. */
static bool is_no_listing(struct ip code)
{
    const uint8_t *at = code.bytes;
    return at[0] != 127 || (at[1] == 255 && at[2] == 255) ||
           (at[1] == 0 && at[2] == 0 && at[3] == 1);
}

/* One record that is no listing makes the whole answer worthless. */
static enum dnsbl_verdict judge_records(const struct dnsbl *list, const struct dns_answer *answer,
                                        struct ip *code_r)
{
    enum dnsbl_verdict verdict = DNSBL_ABSENT;
    for (size_t i = 0; i < answer->count; i++) {
        struct slice record = answer->records[i];
        if (record.len != V4_BYTES)
            continue;
        struct ip code = ip_from_bytes(IP_V4, (const uint8_t *)record.at);
        if (is_no_listing(code)) {
            *code_r = code;
            return DNSBL_UNUSABLE;
        }
        if (verdict != DNSBL_LISTED && cidr_list_contains(list->codes, list->count, code)) {
            *code_r = code;
            verdict = DNSBL_LISTED;
        }
    }
    return verdict;
}

enum dnsbl_verdict dnsbl_judge(const struct dnsbl *list, const struct dns_answer *answer,
                               struct ip *code_r)
{
    *code_r = (struct ip){0};
    switch (answer->status) {
    case DNS_OK:
        return judge_records(list, answer, code_r);
    case DNS_NO_DATA:
    case DNS_NO_NAME:
        return DNSBL_ABSENT;
    case DNS_BOGUS:
    case DNS_FAILED:
    case DNS_TIMED_OUT:
        break;
    }
    return DNSBL_UNKNOWN;
}

void dnsbl_url(const struct dnsbl *list, struct slice client, struct buf *out)
{
    const struct slice place = SLICE("{ip}");
    size_t at = slice_find_slice(list->url, place, 0);
    buf_add(out, slice_head(list->url, at));
    if (at == SLICE_NONE)
        return;
    buf_add(out, client);
    buf_add(out, slice_from(list->url, at + place.len));
}
