#include "mail/tls_report.h"

#include "base/base64.h"
#include "base/json.h"
#include "mail/address.h"
#include "mail/date.h"

enum { JSON_MAX = 64 * 1024, BASE64_LINE = 76 };

static const char *const result_names[] = {
#define X(id, name) name,
    TLS_RESULTS(X)
#undef X
};

static const char *const policy_names[TLS_POLICY_TYPES] = {
    [TLS_POLICY_NONE] = "no-policy-found",
    [TLS_POLICY_TLSA] = "tlsa",
    [TLS_POLICY_STS] = "sts",
};

static struct slice host_of(const struct tls_report_failure *f)
{
    return slice_of(f->host, f->host_len);
}

void tls_report_note(struct tls_report_policy *p, enum tls_report_result result, struct slice host)
{
    if (result == TLS_RESULT_GOOD) {
        p->good++;
        return;
    }
    p->bad++;
    host = slice_head(host, TLS_REPORT_HOST_MAX);
    for (size_t i = 0; i < p->count; i++)
        if (p->failures[i].result == result && slice_ieq(host_of(&p->failures[i]), host)) {
            p->failures[i].count++;
            return;
        }
    if (p->count == TLS_REPORT_FAILURES)
        return;
    struct tls_report_failure *f = &p->failures[p->count++];
    f->result = result;
    f->count = 1;
    f->host_len = host.len;
    memcpy(f->host, host.at, host.len);
}

static void put_date(struct json *j, const char *key, int64_t when)
{
    char text[64];
    struct buf date;
    buf_init_fixed(&date, text, sizeof(text));
    date_write_3339(&date, when / 1000 * 1000, 0);
    json_put_string(j, key, buf_slice(&date));
}

static void put_failures(struct json *j, const struct tls_report_policy *p)
{
    json_put_array(j, "failure-details");
    for (size_t i = 0; i < p->count; i++) {
        json_put_object(j, NULL);
        json_put_string(j, "result-type", slice_str(result_names[p->failures[i].result]));
        json_put_known(j, "receiving-mx-hostname", host_of(&p->failures[i]));
        json_put_number(j, "failed-session-count", (int64_t)p->failures[i].count);
        json_end_object(j);
    }
    json_end_array(j);
}

static void put_policy(struct json *j, const struct tls_report *r, size_t type)
{
    const struct tls_report_policy *p = &r->policies[type];
    json_put_object(j, NULL);
    json_put_object(j, "policy");
    json_put_string(j, "policy-type", slice_str(policy_names[type]));
    json_put_string(j, "policy-domain", r->domain);
    json_end_object(j);
    json_put_object(j, "summary");
    json_put_number(j, "total-successful-session-count", (int64_t)p->good);
    json_put_number(j, "total-failure-session-count", (int64_t)p->bad);
    json_end_object(j);
    if (p->count)
        put_failures(j, p);
    json_end_object(j);
}

void tls_report_write_json(struct buf *out, const struct tls_report *r)
{
    char contact_text[300];
    struct json j = json_to(out);
    struct buf contact;
    buf_init_fixed(&contact, contact_text, sizeof(contact_text));
    buf_addf(&contact, "postmaster@%.*s", SLICE_ARG(r->hostname));
    json_put_object(&j, NULL);
    json_put_string(&j, "organization-name", r->hostname);
    json_put_object(&j, "date-range");
    put_date(&j, "start-datetime", r->begin);
    put_date(&j, "end-datetime", r->end);
    json_end_object(&j);
    json_put_string(&j, "contact-info", buf_slice(&contact));
    json_put_string(&j, "report-id", r->id);
    json_put_array(&j, "policies");
    for (size_t i = 0; i < TLS_POLICY_TYPES; i++)
        if (r->policies[i].good + r->policies[i].bad)
            put_policy(&j, r, i);
    json_end_array(&j);
    json_end_object(&j);
}

static void write_header(struct buf *out, const struct tls_report *r, struct slice to)
{
    buf_addf(out, "From: <postmaster@%.*s>\r\nTo: <%.*s>\r\nDate: ", SLICE_ARG(r->hostname),
             SLICE_ARG(to));
    date_write_5322(out, r->end, 0);
    buf_addf(out,
             "\r\nSubject: Report Domain: %.*s\r\n Submitter: %.*s\r\n Report-ID: <%.*s>\r\n"
             "Message-ID: <%.*s.%.*s@%.*s>\r\n",
             SLICE_ARG(r->domain), SLICE_ARG(r->hostname), SLICE_ARG(r->id), SLICE_ARG(r->id),
             SLICE_ARG(r->domain), SLICE_ARG(r->hostname));
    buf_addf(out,
             "TLS-Report-Domain: %.*s\r\nTLS-Report-Submitter: %.*s\r\nTLS-Required: No\r\n"
             "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
             "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
             "\tboundary=\"=_%.*s\"\r\n\r\n",
             SLICE_ARG(r->domain), SLICE_ARG(r->hostname), SLICE_ARG(r->id));
}

static void write_base64(struct buf *out, struct slice bytes)
{
    for (; bytes.len; bytes = slice_from(bytes, BASE64_LINE / 4 * 3)) {
        base64_write(out, slice_head(bytes, BASE64_LINE / 4 * 3));
        buf_add_str(out, "\r\n");
    }
}

static void write_parts(struct buf *out, const struct tls_report *r, struct slice json)
{
    buf_addf(out,
             "--=_%.*s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
             "How the connections from %.*s to the mail servers of\r\n%.*s were secured "
             "(RFC 8460).\r\n\r\n",
             SLICE_ARG(r->id), SLICE_ARG(r->hostname), SLICE_ARG(r->domain));
    buf_addf(out,
             "--=_%.*s\r\nContent-Type: application/tlsrpt+json\r\n"
             "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n"
             "\tfilename=\"%.*s!%.*s!%lld!%lld.json\"\r\n\r\n",
             SLICE_ARG(r->id), SLICE_ARG(r->hostname), SLICE_ARG(r->domain),
             (long long)(r->begin / 1000), (long long)(r->end / 1000));
    write_base64(out, json);
    buf_addf(out, "--=_%.*s--\r\n", SLICE_ARG(r->id));
}

void tls_report_write_mail(struct buf *out, const struct tls_report *r, struct slice to,
                           const struct mem *mem)
{
    struct buf json;
    buf_init(&json, mem, JSON_MAX);
    tls_report_write_json(&json, r);
    write_header(out, r, to);
    write_parts(out, r, buf_slice(&json));
    out->failed = out->failed || json.failed;
    buf_free(&json);
}

/* ---- the record ---- */

/* `v=TLSRPTv1; rua=mailto:a@b,https://c`: what stands behind rua=. */
static bool find_places(struct slice text, struct slice *places_r)
{
    struct slice part;
    if (!slice_split(&text, ';', &part) || !slice_eq(slice_trim(part), SLICE("v=TLSRPTv1")))
        return false;
    while (slice_split(&text, ';', &part)) {
        part = slice_trim(part);
        if (slice_starts(part, SLICE("rua="))) {
            *places_r = slice_from(part, 4);
            return true;
        }
    }
    return false;
}

bool tls_report_next_address(struct slice *rest_r, struct slice *address_r)
{
    struct slice place;
    struct address address;
    struct err err;
    if (slice_starts(*rest_r, SLICE("v=")) && !find_places(*rest_r, rest_r))
        return false;
    while (slice_split(rest_r, ',', &place)) {
        place = slice_trim(place);
        if (!slice_istarts(place, SLICE("mailto:")))
            continue;
        place = slice_from(place, strlen("mailto:"));
        place = slice_head(place, slice_find(place, '?', 0));
        if (!address_parse(place, &address, &err))
            continue;
        *address_r = place;
        return true;
    }
    return false;
}
