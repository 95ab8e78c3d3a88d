#include "deliver/sts.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "deliver/sts_store.h"
#include "dns/txt.h"
#include "mail/address.h"
#include "net/https.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    FOLDER_MAX = 4096,
    NAME_MAX_TEXT = ADDRESS_DOMAIN_MAX + 16,
    FAILED_MAX = 64,            /* domains whose failed fetch is remembered */
    FAILED_WAIT = 5 * 60 * 1000 /* ms until it is tried again (RFC 8461 3.3) */
};

struct failed {
    char domain[ADDRESS_DOMAIN_MAX + 1];
    int64_t until;
};

struct sts {
    struct sts_options options;
    char folder[FOLDER_MAX];
    struct list searches;
    struct failed failed[FAILED_MAX];
    size_t next_failed;
    bool is_cancelled;
};

/* Somebody who wants to know. */
struct waiter {
    struct list link;
    sts_found *found;
    void *ctx;
};

/* All that is under way for one domain. */
struct search {
    struct list link;
    struct sts *sts;
    struct list waiters;
    char domain_text[ADDRESS_DOMAIN_MAX + 1];
    struct slice domain;
    char id[STS_ID_MAX + 1];
    struct net_address addresses[HTTPS_ADDRESSES_MAX];
    size_t address_count;
    unsigned pending; /* questions for addresses */
    struct https *fetch;
};

static void tell(const struct search *s, enum sts_step step, struct slice words,
                 const struct sts_policy *policy)
{
    const struct sts_observer *o = s->sts->options.observer;
    if (o)
        o->told(o->ctx, step, words, policy);
}

static void answer(struct search *s, const struct sts_policy *policy)
{
    list_remove(&s->link);
    for (struct list *link; (link = list_take_first(&s->waiters));) {
        struct waiter *w = LIST_ITEM(link, struct waiter, link);
        w->found(w->ctx, policy);
        free(w);
    }
    free(s);
}

/* What is damaged is told of once, and fetched again like what is not there. */
static bool read_store(const struct search *s, struct sts_stored *stored_r)
{
    const struct sts *sts = s->sts;
    const char *damage;
    if (sts_store_read(sts->folder, s->domain, clock_unix_ms(), stored_r, &damage))
        return true;
    if (damage && !sts->options.is_guest) {
        LOG(sts->options.log, LOG_LEVEL_WARNING, "mta-sts-damaged", {"domain", s->domain},
            {"reason", slice_str(damage)});
        sts_store_remove(sts->folder, s->domain);
    }
    return false;
}

/* What was promised before holds until it is over, whatever the DNS says now (RFC 8461 3.3). */
static void answer_from_store(struct search *s)
{
    struct sts_stored stored;
    if (!read_store(s, &stored)) {
        answer(s, NULL);
        return;
    }
    tell(s, STS_KEPT, slice_str(stored.id), &stored.policy);
    answer(s, &stored.policy);
    sts_store_let_go(&stored);
}

/* ---- the fetch ---- */

static void fail(struct search *s, struct slice why)
{
    struct sts *sts = s->sts;
    struct failed *f = &sts->failed[sts->next_failed++ % FAILED_MAX];
    memcpy(f->domain, s->domain_text, sizeof(f->domain));
    f->until = loop_now(sts->options.loop) + FAILED_WAIT;
    LOG(sts->options.log, LOG_LEVEL_WARNING, "mta-sts-failed", {"domain", s->domain},
        {"reason", why});
    tell(s, STS_FAILED, why, NULL);
    answer_from_store(s);
}

static bool has_failed(const struct sts *sts, struct slice domain)
{
    int64_t now = loop_now(sts->options.loop);
    for (size_t i = 0; i < FAILED_MAX; i++)
        if (sts->failed[i].until > now && slice_ieq(slice_str(sts->failed[i].domain), domain))
            return true;
    return false;
}

/* RFC 8461 3.3: 200 and text/plain; nothing else counts. */
static const char *read_response(const struct http_response *r, struct sts_policy *p)
{
    const char *why;
    if (r->status != 200)
        return "the web server does not answer with 200";
    if (!slice_ieq(r->type, SLICE("text/plain")))
        return "the web server's answer is not text/plain";
    return sts_policy_read(r->body, p, &why) ? NULL : why;
}

static void on_fetched(void *ctx, const struct http_response *r, struct slice why)
{
    struct search *s = ctx;
    struct sts *sts = s->sts;
    struct sts_policy policy;
    s->fetch = NULL;
    const char *wrong = r ? read_response(r, &policy) : NULL;
    if (!r || wrong) {
        fail(s, wrong ? slice_str(wrong) : why);
        return;
    }
    int error = sts->options.is_guest ? 0
                                      : sts_store_write(sts->folder, s->domain, slice_str(s->id),
                                                        clock_unix_ms(), r->body);
    if (error)
        LOG(sts->options.log, LOG_LEVEL_WARNING, "mta-sts-not-kept", {"domain", s->domain},
            {"reason", slice_str(strerrordesc_np(error))});
    LOG(sts->options.log, LOG_LEVEL_INFO, "mta-sts", {"domain", s->domain},
        {"id", slice_str(s->id)});
    tell(s, STS_FETCHED, slice_str(s->id), &policy);
    answer(s, &policy);
}

static void fetch(struct search *s)
{
    struct sts *sts = s->sts;
    char host[NAME_MAX_TEXT];
    struct buf name;
    buf_init_fixed(&name, host, sizeof(host));
    buf_addf(&name, "mta-sts.%.*s", SLICE_ARG(s->domain));
    struct https_request request = {.loop = sts->options.loop,
                                    .tls = sts->options.tls,
                                    .host = buf_slice(&name),
                                    .addresses = s->addresses,
                                    .count = s->address_count,
                                    .path = SLICE("/.well-known/mta-sts.txt"),
                                    .most = STS_TEXT_MAX,
                                    .timeout = sts->options.timeout};
    if (!sts->is_cancelled && !name.failed)
        s->fetch = https_ask(&request, on_fetched, s);
    if (!s->fetch)
        answer_from_store(s);
}

static void take_addresses(struct search *s, const struct dns_answer *found, int family, size_t len)
{
    for (size_t i = 0; i < found->count && s->address_count < HTTPS_ADDRESSES_MAX; i++)
        if (found->records[i].len == len)
            net_address_from_bytes(&s->addresses[s->address_count++], family, found->records[i].at,
                                   s->sts->options.port);
    if (--s->pending == 0)
        fetch(s);
}

static void on_a(void *ctx, const struct dns_answer *found)
{
    take_addresses(ctx, found, AF_INET, 4);
}

static void on_aaaa(void *ctx, const struct dns_answer *found)
{
    take_addresses(ctx, found, AF_INET6, 16);
}

static void ask_addresses(struct search *s)
{
    char host[NAME_MAX_TEXT];
    struct resolver *resolver = s->sts->options.resolver;
    struct buf name;
    buf_init_fixed(&name, host, sizeof(host));
    buf_addf(&name, "mta-sts.%.*s", SLICE_ARG(s->domain));
    s->pending = 2;
    resolver_ask(resolver, buf_slice(&name), DNS_A, on_a, s);
    resolver_ask(resolver, buf_slice(&name), DNS_AAAA, on_aaaa, s);
}

/* ---- the record ---- */

/* Exactly one record may be there (RFC 8461 3.1). NULL, or what is wrong. */
static const char *find_id(const struct dns_answer *found, char id_r[STS_ID_MAX + 1])
{
    size_t count = 0;
    if (found->status != DNS_OK)
        return dns_status_text(found->status);
    for (size_t i = 0; i < found->count; i++) {
        char storage[1024];
        struct buf text;
        struct slice id;
        buf_init_fixed(&text, storage, sizeof(storage));
        if (dns_txt_read(found->records[i], &text) && sts_record_read(buf_slice(&text), &id) &&
            slice_cstr(id, id_r, STS_ID_MAX + 1))
            count++;
    }
    if (count == 0)
        return "none of the TXT records there is one of MTA-STS";
    return count == 1 ? NULL : "there are several records, and none counts then";
}

static bool is_current(const struct search *s)
{
    struct sts_stored stored;
    if (!read_store(s, &stored))
        return false;
    bool same = strcmp(stored.id, s->id) == 0;
    sts_store_let_go(&stored);
    return same;
}

static void tell_record(const struct search *s, const struct dns_answer *found, const char *wrong)
{
    enum sts_step step = STS_RECORD;
    if (wrong)
        step = dns_status_is_failure(found->status) ? STS_NO_ANSWER : STS_NO_RECORD;
    tell(s, step, slice_str(wrong ? wrong : s->id), NULL);
}

static void on_record(void *ctx, const struct dns_answer *found)
{
    struct search *s = ctx;
    const char *wrong = find_id(found, s->id);
    tell_record(s, found, wrong);
    if (wrong || is_current(s) || has_failed(s->sts, s->domain))
        answer_from_store(s);
    else
        ask_addresses(s);
}

static struct search *find_search(struct sts *sts, struct slice domain)
{
    for (struct list *at = sts->searches.next; at != &sts->searches; at = at->next) {
        struct search *s = LIST_ITEM(at, struct search, link);
        if (slice_ieq(s->domain, domain))
            return s;
    }
    return NULL;
}

static struct search *search_new(struct sts *sts, struct slice domain)
{
    struct search *s = calloc(1, sizeof(*s));
    if (!s || !slice_cstr(domain, s->domain_text, sizeof(s->domain_text))) {
        free(s);
        return NULL;
    }
    s->sts = sts;
    s->domain = slice_str(s->domain_text);
    list_init(&s->waiters);
    list_append(&sts->searches, &s->link);
    return s;
}

void sts_find(struct sts *sts, struct slice domain, sts_found *found, void *ctx)
{
    char name_text[NAME_MAX_TEXT];
    struct buf name;
    struct waiter *w = malloc(sizeof(*w));
    struct search *s = w ? find_search(sts, domain) : NULL;
    bool is_new = w && !s;
    if (is_new)
        s = search_new(sts, domain);
    if (!s) {
        free(w);
        found(ctx, NULL);
        return;
    }
    *w = (struct waiter){.found = found, .ctx = ctx};
    list_append(&s->waiters, &w->link);
    if (!is_new)
        return;
    buf_init_fixed(&name, name_text, sizeof(name_text));
    buf_addf(&name, "_mta-sts.%.*s", SLICE_ARG(s->domain));
    resolver_ask(sts->options.resolver, buf_slice(&name), DNS_TXT, on_record, s);
}

void sts_cancel(struct sts *sts)
{
    struct list *next;
    sts->is_cancelled = true;
    for (struct list *at = sts->searches.next; at != &sts->searches; at = next) {
        struct search *s = LIST_ITEM(at, struct search, link);
        next = at->next;
        if (!s->fetch)
            continue; /* the resolver answers, and then it is over */
        https_cancel(s->fetch);
        answer_from_store(s);
    }
}

struct sts *sts_new(const struct sts_options *options)
{
    struct sts *sts = calloc(1, sizeof(*sts));
    if (!sts || !slice_cstr(options->folder, sts->folder, sizeof(sts->folder))) {
        free(sts);
        return NULL;
    }
    sts->options = *options;
    list_init(&sts->searches);
    return sts;
}

void sts_free(struct sts *sts)
{
    if (!sts)
        return;
    for (struct list *link; (link = list_take_first(&sts->searches));) {
        struct search *s = LIST_ITEM(link, struct search, link);
        if (s->fetch)
            https_cancel(s->fetch);
        for (struct list *waiter; (waiter = list_take_first(&s->waiters));)
            free(LIST_ITEM(waiter, struct waiter, link));
        free(s);
    }
    free(sts);
}
