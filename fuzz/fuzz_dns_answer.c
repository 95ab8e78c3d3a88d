/* Records of an answer, each behind a byte with its length: what is read of them keeps inside of
 * them, and what a blocklist or a sender's domain is taken to say follows from what stands there.
 */
#include <stdlib.h>

#include "dns/reverse.h"
#include "policy/dnsbl.h"
#include "policy/sender_domain.h"
#include "system/heap.h"

enum { RECORDS_MAX = 16, MEMORY_MAX = 64 * 1024 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_list(const struct dns_answer *answer)
{
    struct cidr codes = {.ip = {.family = IP_V4, .bytes = {127}}, .prefix = 8};
    const struct dnsbl list = {.zone = SLICE("x"), .codes = &codes, .count = 1};
    struct ip code;
    enum dnsbl_verdict verdict = dnsbl_judge(&list, answer, &code);
    require(answer->status == DNS_OK || verdict == DNSBL_ABSENT || verdict == DNSBL_UNKNOWN);
    if (verdict == DNSBL_LISTED)
        require(code.bytes[0] == 127 && !(code.bytes[1] == 255 && code.bytes[2] == 255));
    if (verdict == DNSBL_LISTED || verdict == DNSBL_UNUSABLE)
        require(dns_has_address(answer, code));
}

static void check_sender(const struct dns_answer *answer, struct arena *arena)
{
    enum dns_type next = DNS_MX;
    enum sender_domain verdict = sender_domain_judge(DNS_MX, answer, &next);
    require((verdict == SENDER_DOMAIN_ASKING) == (next != DNS_MX));
    struct dns_mx mx;
    bool is_null = answer->status == DNS_OK && answer->count == 1 &&
                   dns_mx_read(answer->records[0], arena, &mx) && mx.host.len == 0;
    require((verdict == SENDER_DOMAIN_NULL_MX) == is_null);
}

static void check_name(struct slice record, struct arena *arena)
{
    struct slice name;
    size_t used;
    if (!dns_host_read(record, arena, &name, &used))
        return;
    require(used <= record.len && name.len < 255 && (name.len == 0 || name.len + 2 == used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), records[RECORDS_MAX];
    struct dns_answer answer = {.records = records};
    struct arena arena;
    if (rest.len == 0)
        return 0;
    answer.status = (unsigned char)rest.at[0] % (DNS_TIMED_OUT + 1);
    rest = slice_from(rest, 1);
    arena_init(&arena, &heap, MEMORY_MAX);
    for (; rest.len && answer.count < RECORDS_MAX; answer.count++) {
        size_t len = (unsigned char)rest.at[0];
        records[answer.count] = slice_head(slice_from(rest, 1), len);
        rest = slice_from(rest, 1 + len);
        check_name(records[answer.count], &arena);
    }
    check_list(&answer);
    check_sender(&answer, &arena);
    arena_reset(&arena);
    return 0;
}
