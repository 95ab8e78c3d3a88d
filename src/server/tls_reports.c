#include "server/tls_reports.h"

#include <stdlib.h>

#include "base/map.h"
#include "dns/txt.h"
#include "mail/address.h"
#include "server/scheduler.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    DOMAINS_MAX = 10000, /* in one report's time; what comes then is not counted */
    ADDRESSES_MAX = 2,   /* of a domain that a report goes to */
    MAIL_MAX = 256 * 1024,
    RECORD_MAX = 2048
};

struct domain {
    struct list link;
    struct tls_reports *reports;
    struct tls_report_policy policies[TLS_POLICY_TYPES];
    int64_t begin, end;
    size_t len;
    char name[ADDRESS_DOMAIN_MAX];
};

struct tls_reports {
    struct scheduler *scheduler;
    int64_t interval;
    int64_t begin; /* ms since 1970 */
    uint64_t number;
    struct name_map domains;
    struct list asked; /* their record is being looked up */
    struct timer timer;
};

static struct slice name_of(const struct domain *d)
{
    return slice_of(d->name, d->len);
}

static void write_id(struct buf *out, struct tls_reports *r)
{
    buf_add_u64(out, (uint64_t)r->begin / 1000);
    buf_add_char(out, '.');
    buf_add_u64(out, ++r->number);
}

static void send_to(struct domain *d, struct slice to)
{
    struct scheduler *s = d->reports->scheduler;
    char id_text[64];
    struct buf id, mail;
    struct slice hostname = s->snapshot->config->hostname;
    buf_init_fixed(&id, id_text, sizeof(id_text));
    write_id(&id, d->reports);
    const struct tls_report report = {.hostname = hostname,
                                      .domain = name_of(d),
                                      .id = buf_slice(&id),
                                      .begin = d->begin,
                                      .end = d->end,
                                      .policies = d->policies};
    buf_init(&mail, &heap, MAIL_MAX);
    tls_report_write_mail(&mail, &report, to, &heap);
    struct recipient recipient = {.address = to, .notify = NOTIFY_NEVER};
    const struct envelope envelope = {.helo = hostname,
                                      .tls_is_optional = true, /* RFC 8460 3 */
                                      .protocol = SLICE("local"),
                                      .received_at = d->end,
                                      .size = mail.len,
                                      .recipients = &recipient,
                                      .count = 1};
    if (mail.failed || !scheduler_store(s, buf_slice(&mail), &envelope, NULL, 0))
        LOG(s->log, LOG_LEVEL_WARNING, "tls-report-failed", {"domain", name_of(d)}, {"to", to});
    else
        LOG(s->log, LOG_LEVEL_INFO, "tls-report", {"domain", name_of(d)}, {"to", to});
    buf_free(&mail);
}

static void send_by_record(struct domain *d, struct slice record)
{
    char storage[RECORD_MAX];
    struct buf text;
    struct slice address;
    buf_init_fixed(&text, storage, sizeof(storage));
    if (!dns_txt_read(record, &text))
        return;
    struct slice rest = buf_slice(&text);
    for (int i = 0; i < ADDRESSES_MAX && tls_report_next_address(&rest, &address); i++)
        send_to(d, address);
}

static void on_record(void *ctx, const struct dns_answer *answer)
{
    struct domain *d = ctx;
    bool may_send = answer->status == DNS_OK && !d->reports->scheduler->is_stopping;
    for (size_t i = 0; may_send && i < answer->count; i++)
        send_by_record(d, answer->records[i]);
    list_remove(&d->link);
    free(d);
}

static void ask(struct domain *d)
{
    char text[ADDRESS_DOMAIN_MAX + 16];
    struct buf name;
    buf_init_fixed(&name, text, sizeof(text));
    buf_addf(&name, "_smtp._tls.%.*s", SLICE_ARG(name_of(d)));
    list_append(&d->reports->asked, &d->link);
    resolver_ask(d->reports->scheduler->resolver, buf_slice(&name), DNS_TXT, on_record, d);
}

static void on_timer(void *ctx)
{
    struct tls_reports *r = ctx;
    struct name_map domains = r->domains;
    struct domain *d;
    size_t at = 0;
    int64_t now = clock_unix_ms();
    name_map_init(&r->domains, &heap, domains.key);
    while ((d = name_map_next(&domains, &at))) {
        d->begin = r->begin;
        d->end = now;
        ask(d);
    }
    name_map_free(&domains);
    r->begin = now;
    timer_set(&r->timer, r->interval);
}

static struct domain *find(struct tls_reports *r, struct slice name)
{
    struct domain *d = name_map_get(&r->domains, name);
    if (d || r->domains.count >= DOMAINS_MAX || name.len > sizeof(d->name))
        return d;
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->reports = r;
    d->len = name.len;
    memcpy(d->name, name.at, name.len);
    if (name_map_put(&r->domains, name_of(d), d))
        return d;
    free(d);
    return NULL;
}

void tls_reports_note(struct tls_reports *r, struct slice domain, const struct delivery *d)
{
    struct domain *to = r && d->session_count ? find(r, domain) : NULL;
    for (size_t i = 0; to && i < d->session_count; i++)
        tls_report_note(&to->policies[d->sessions[i].policy], d->sessions[i].result,
                        d->sessions[i].host);
}

struct tls_reports *tls_reports_new(struct scheduler *s, int64_t interval, struct hash_key key)
{
    struct tls_reports *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    *r = (struct tls_reports){.scheduler = s, .interval = interval, .begin = clock_unix_ms()};
    name_map_init(&r->domains, &heap, key);
    list_init(&r->asked);
    timer_init(&r->timer, s->loop, on_timer, r);
    timer_set(&r->timer, interval);
    return r;
}

void tls_reports_stop(struct tls_reports *r)
{
    if (r)
        timer_stop(&r->timer);
}

void tls_reports_free(struct tls_reports *r)
{
    struct domain *d;
    size_t at = 0;
    if (!r)
        return;
    while ((d = name_map_next(&r->domains, &at)))
        free(d);
    for (struct list *link; (link = list_take_first(&r->asked));)
        free(LIST_ITEM(link, struct domain, link));
    name_map_free(&r->domains);
    free(r);
}
