/* What MTA-STS and TLS-RPT read: TXT records, a policy, and the web server's answer around it. */
#include <stdlib.h>

#include "deliver/sts_policy.h"
#include "dns/txt.h"
#include "mail/tls_report.h"
#include "net/http_response.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check_addresses(struct slice text)
{
    struct slice rest = text, address;
    while (tls_report_next_address(&rest, &address)) {
        require(is_within(address, text) && slice_find(address, '@', 0) != SLICE_NONE);
        require(slice_find(address, '\r', 0) == SLICE_NONE &&
                slice_find(address, '\n', 0) == SLICE_NONE);
    }
}

static void check_record(struct slice in)
{
    char storage[1024];
    struct buf text;
    struct slice id;
    buf_init_fixed(&text, storage, sizeof(storage));
    if (!dns_txt_read(in, &text))
        return;
    require(text.len <= in.len);
    check_addresses(buf_slice(&text));
    if (sts_record_read(buf_slice(&text), &id))
        require(id.len > 0 && id.len <= STS_ID_MAX && is_within(id, buf_slice(&text)));
}

static void check_policy(struct slice in)
{
    struct sts_policy p;
    const char *why;
    if (!sts_policy_read(in, &p, &why)) {
        require(why != NULL);
        return;
    }
    require(p.count <= STS_MX_MAX && p.max_age <= STS_AGE_MAX);
    require(p.mode == STS_NONE || p.count > 0);
    for (size_t i = 0; i < p.count; i++) {
        require(is_within(p.mx[i], in) && p.mx[i].len > 0);
        require(slice_starts(p.mx[i], SLICE("*.")) || sts_policy_names(&p, p.mx[i]));
    }
}

static void check_answer(struct slice in)
{
    struct http_response r;
    enum http_read more = http_response_read(in, false, &r);
    enum http_read end = http_response_read(in, true, &r);
    require(end != HTTP_MORE && (more == HTTP_MORE || more == end));
    if (end == HTTP_DONE) {
        require(is_within(r.body, in) && is_within(r.type, in) && r.status <= 999);
        check_policy(r.body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    check_record(in);
    check_policy(in);
    check_answer(in);
    return 0;
}
