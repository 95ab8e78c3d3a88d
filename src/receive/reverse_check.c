#include "receive/reverse_check.h"

#include "dns/reverse.h"
#include "net/resolver.h"
#include "system/heap.h"

/* RFC 7208 4.6.4 looks at as many. */
enum { NAMES_MAX = 10, NAMES_MEMORY = 8192, QUESTION_MAX = 80 };

static void decide(struct reverse_check *r, enum reverse verdict)
{
    if (r->verdict != REVERSE_CONFIRMED)
        r->verdict = verdict;
    r->done(r->ctx);
}

static void on_address(void *ctx, const struct dns_answer *answer)
{
    struct reverse_check *r = ctx;
    if (dns_has_address(answer, r->client))
        r->verdict = REVERSE_CONFIRMED;
    r->has_failed |= dns_status_is_failure(answer->status);
    if (--r->pending == 0)
        decide(r, r->has_failed ? REVERSE_UNKNOWN : REVERSE_UNCONFIRMED);
}

static void ask_addresses(struct reverse_check *r, const struct slice *names, size_t count)
{
    enum dns_type type = r->client.family == IP_V4 ? DNS_A : DNS_AAAA;
    r->pending = count;
    for (size_t i = 0; i < count; i++)
        resolver_ask_from(r->resolver, r->loop, names[i], type, on_address, r);
}

static void on_names(void *ctx, const struct dns_answer *answer)
{
    struct reverse_check *r = ctx;
    struct slice names[NAMES_MAX];
    size_t count = 0, used;
    struct arena arena;
    arena_init(&arena, &heap, NAMES_MEMORY);
    for (size_t i = 0; i < answer->count && count < NAMES_MAX; i++)
        if (dns_host_read(answer->records[i], &arena, &names[count], &used) && names[count].len)
            count++;
    if (count && slice_cstr(names[0], r->name, sizeof(r->name)))
        ask_addresses(r, names, count);
    else
        decide(r, dns_status_is_failure(answer->status) ? REVERSE_UNKNOWN : REVERSE_ABSENT);
    arena_reset(&arena);
}

void reverse_check_begin(struct reverse_check *r)
{
    char name[QUESTION_MAX];
    struct buf question;
    buf_init_fixed(&question, name, sizeof(name));
    dns_reverse_question(&question, r->client);
    resolver_ask_from(r->resolver, r->loop, buf_slice(&question), DNS_PTR, on_names, r);
}
