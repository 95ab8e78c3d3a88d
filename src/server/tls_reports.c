#include "server/tls_reports.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "dns/txt.h"
#include "mail/tls_counts.h"
#include "server/scheduler.h"
#include "system/clock.h"
#include "system/file.h"
#include "system/heap.h"

enum {
    DOMAINS_MAX = 10000, /* at a time; what comes then is not counted */
    ADDRESSES_MAX = 2,   /* of a domain that a report goes to */
    MAIL_MAX = 256 * 1024,
    RECORD_MAX = 2048,
    FILE_BYTES_MAX = 128 * 1024 * 1024,
    KEEP_PAUSE_MOST = 5000, /* ms; a crash forgets what was counted in this time */
    KEEP_PARTS = 20,        /* or in this part of a report's time, if that is shorter */
    TRIES = 3               /* reports' times until one that can't be sent is given up */
};

static const char file_name[] = "tls-reports";

struct domain {
    struct tls_reports *reports;
    struct tls_counts counts;
    unsigned storing; /* reports on their way into the spool */
    bool is_asked;    /* its record is being looked up, or storing */
    bool has_failed;
};

struct tls_reports {
    struct scheduler *scheduler;
    int64_t interval;
    struct tls_counts_head head;
    struct name_map domains; /* being counted */
    struct id_map ended;     /* to be reported, by number */
    struct timer timer;
    /* on disk */
    char folder[PATH_MAX];
    struct timer keep_timer;
    struct task keep_task; /* a worker's, then ours */
    struct buf file;
    int error;
    bool is_timed, is_keeping, is_changed;
};

static struct slice name_of(const struct domain *d)
{
    return slice_of(d->counts.name, d->counts.len);
}

/* ---- on disk ---- */

static bool write_file(struct tls_reports *r)
{
    const struct domain *d;
    buf_init(&r->file, &heap, FILE_BYTES_MAX);
    tls_counts_begin(&r->file, &r->head);
    for (size_t at = 0; (d = name_map_next(&r->domains, &at));)
        tls_counts_add(&r->file, &d->counts);
    for (size_t at = 0; (d = id_map_next(&r->ended, &at));)
        tls_counts_add(&r->file, &d->counts);
    tls_counts_end(&r->file);
    return !r->file.failed;
}

static void complain(const struct tls_reports *r, int error)
{
    LOG(r->scheduler->log, LOG_LEVEL_WARNING, "tls-reports-not-kept",
        {"reason", slice_str(strerrordesc_np(error))});
}

static int64_t keep_pause(const struct tls_reports *r)
{
    int64_t part = r->interval / KEEP_PARTS;
    return part < KEEP_PAUSE_MOST ? part : KEEP_PAUSE_MOST;
}

/* Soon; what comes until then goes with it. */
static void keep_soon(struct tls_reports *r)
{
    r->is_changed = true;
    if (r->is_timed || r->is_keeping)
        return;
    r->is_timed = true;
    timer_set(&r->keep_timer, keep_pause(r));
}

static void on_kept(struct task *task)
{
    struct tls_reports *r = LIST_ITEM(task, struct tls_reports, keep_task);
    r->is_keeping = false;
    buf_free(&r->file);
    if (r->error)
        complain(r, r->error);
    if (r->error || r->is_changed)
        keep_soon(r);
}

/* On a worker. */
static void run_keep(struct task *task)
{
    struct tls_reports *r = LIST_ITEM(task, struct tls_reports, keep_task);
    r->error = file_replace(r->folder, file_name, buf_slice(&r->file));
    r->keep_task.run = on_kept;
    loop_post(r->scheduler->loop, &r->keep_task);
}

static void on_keep_timer(void *ctx)
{
    struct tls_reports *r = ctx;
    r->is_timed = r->is_changed = false;
    r->is_keeping = true;
    r->error = write_file(r) ? 0 : ENOMEM;
    r->keep_task.run = r->error ? on_kept : run_keep;
    if (r->error)
        loop_post(r->scheduler->loop, &r->keep_task);
    else
        workers_post(r->scheduler->workers, &r->keep_task);
}

/* ---- the reports ---- */

static void write_id(struct buf *out, const struct tls_counts *c)
{
    buf_add_u64(out, (uint64_t)c->begin / 1000);
    buf_add_char(out, '.');
    buf_add_u64(out, c->number);
}

/* All is said of it; or it is tried again when the next reports are due. */
static void release(struct domain *d)
{
    struct tls_reports *r = d->reports;
    if (--d->storing)
        return;
    d->is_asked = false;
    bool is_old = clock_unix_ms() - d->counts.end >= TRIES * r->interval;
    if (d->has_failed && !is_old) {
        d->has_failed = false;
        return;
    }
    id_map_remove(&r->ended, d->counts.number);
    free(d);
    keep_soon(r);
}

/* A scheduler_stored. */
static void on_stored(struct scheduler *s, spool_id about, bool is_durable)
{
    struct domain *d = id_map_get(&s->tls_reports->ended, about);
    if (d) {
        d->has_failed = d->has_failed || !is_durable;
        release(d);
    }
    scheduler_check_drained(s);
}

static void send_to(struct domain *d, struct slice to)
{
    struct scheduler *s = d->reports->scheduler;
    char id_text[64];
    struct buf id, mail;
    struct slice hostname = s->snapshot->config->hostname;
    buf_init_fixed(&id, id_text, sizeof(id_text));
    write_id(&id, &d->counts);
    const struct tls_report report = {.hostname = hostname,
                                      .domain = name_of(d),
                                      .id = buf_slice(&id),
                                      .begin = d->counts.begin,
                                      .end = d->counts.end,
                                      .policies = d->counts.policies};
    buf_init(&mail, &heap, MAIL_MAX);
    tls_report_write_mail(&mail, &report, to, &heap);
    struct recipient recipient = {.address = to, .notify = NOTIFY_NEVER};
    const struct envelope envelope = {.helo = hostname,
                                      .tls_is_optional = true, /* RFC 8460 3 */
                                      .protocol = SLICE("local"),
                                      .received_at = clock_unix_ms(),
                                      .size = mail.len,
                                      .recipients = &recipient,
                                      .count = 1};
    bool begun = !mail.failed &&
                 scheduler_store(s, buf_slice(&mail), &envelope, on_stored, d->counts.number);
    d->storing += begun;
    d->has_failed = d->has_failed || !begun;
    LOG(s->log, begun ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
        begun ? "tls-report" : "tls-report-failed", {"domain", name_of(d)}, {"to", to});
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
    if (d->reports->scheduler->is_stopping)
        return; /* the next start tells of it */
    d->storing = 1;
    d->has_failed = dns_status_is_failure(answer->status);
    for (size_t i = 0; answer->status == DNS_OK && i < answer->count; i++)
        send_by_record(d, answer->records[i]);
    release(d);
}

static void ask(struct domain *d)
{
    char text[ADDRESS_DOMAIN_MAX + 16];
    struct buf name;
    buf_init_fixed(&name, text, sizeof(text));
    buf_addf(&name, "_smtp._tls.%.*s", SLICE_ARG(name_of(d)));
    d->is_asked = true;
    resolver_ask(d->reports->scheduler->resolver, buf_slice(&name), DNS_TXT, on_record, d);
}

/* An answer may come at once, and changes the map. */
static void ask_all(struct tls_reports *r)
{
    struct domain *d, **all = calloc(r->ended.count + 1, sizeof(struct domain *));
    size_t count = 0;
    if (!all)
        return; /* the next time */
    for (size_t at = 0; (d = id_map_next(&r->ended, &at));)
        if (!d->is_asked)
            all[count++] = d;
    for (size_t i = 0; i < count; i++)
        ask(all[i]);
    free(all);
}

static void end_time(struct tls_reports *r, int64_t now)
{
    struct name_map domains = r->domains;
    struct domain *d;
    name_map_init(&r->domains, &heap, domains.key);
    for (size_t at = 0; (d = name_map_next(&domains, &at));) {
        d->counts.end = now;
        if (!id_map_put(&r->ended, d->counts.number, d))
            free(d);
    }
    name_map_free(&domains);
    r->head.begin = now;
    keep_soon(r);
}

/* When this time of counting is over; a clock that was set back makes it no longer. */
static int64_t left(const struct tls_reports *r, int64_t now)
{
    int64_t wait = r->head.begin + r->interval - now;
    return wait < r->interval ? wait : r->interval;
}

static void on_timer(void *ctx)
{
    struct tls_reports *r = ctx;
    int64_t now = clock_unix_ms();
    if (left(r, now) <= 0)
        end_time(r, now);
    ask_all(r);
    timer_set(&r->timer, left(r, now));
}

/* ---- counting ---- */

static struct domain *add_domain(struct tls_reports *r, const struct tls_counts *counts)
{
    struct domain *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->reports = r;
    d->counts = *counts;
    if (counts->end ? id_map_put(&r->ended, counts->number, d)
                    : name_map_put(&r->domains, name_of(d), d))
        return d;
    free(d);
    return NULL;
}

static struct domain *find(struct tls_reports *r, struct slice name)
{
    struct tls_counts counts = {.begin = r->head.begin, .len = name.len};
    struct domain *d = name_map_get(&r->domains, name);
    if (d || r->domains.count + r->ended.count >= DOMAINS_MAX || name.len == 0 ||
        name.len > sizeof(counts.name))
        return d;
    counts.number = ++r->head.number;
    memcpy(counts.name, name.at, name.len);
    return add_domain(r, &counts);
}

void tls_reports_note(struct tls_reports *r, struct slice domain, const struct delivery *d)
{
    struct domain *to = r && d->session_count ? find(r, domain) : NULL;
    for (size_t i = 0; to && i < d->session_count; i++)
        tls_report_note(&to->counts.policies[d->sessions[i].policy], d->sessions[i].result,
                        d->sessions[i].host);
    if (to)
        keep_soon(r);
}

/* ---- life ---- */

/* Twice the same is one too many. */
static bool is_known(const struct tls_reports *r, const struct tls_counts *c)
{
    return id_map_get(&r->ended, c->number) || name_map_get(&r->domains, slice_of(c->name, c->len));
}

/* False: it is damaged. What could be read of it before that is the only thing there is. */
static bool read_counts(struct tls_reports *r, struct slice file)
{
    struct tls_counts counts;
    struct wire w;
    if (!tls_counts_open(file, &w, &r->head))
        return false;
    while (r->domains.count + r->ended.count < DOMAINS_MAX && tls_counts_next(&w, &counts))
        if (!is_known(r, &counts) && !add_domain(r, &counts))
            break;
    return !w.bad;
}

static void load(struct tls_reports *r)
{
    char path[PATH_MAX + sizeof(file_name)];
    struct buf file, name;
    const char *why;
    buf_init_fixed(&name, path, sizeof(path) - 1);
    buf_addf(&name, "%s/%s", r->folder, file_name);
    path[name.len] = '\0';
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return;
    buf_init(&file, &heap, FILE_BYTES_MAX + 8192);
    bool is_read = file_read(path, FILE_BYTES_MAX, &file, &why);
    if (is_read)
        why = "what is in it is not what was written";
    if (!is_read || !read_counts(r, buf_slice(&file)))
        LOG(r->scheduler->log, LOG_LEVEL_WARNING, "tls-reports-damaged", {"file", buf_slice(&name)},
            {"reason", slice_str(why)});
    buf_free(&file);
}

struct tls_reports *tls_reports_new(struct scheduler *s, int64_t interval, struct hash_key key)
{
    struct tls_reports *r = calloc(1, sizeof(*r));
    int64_t now = clock_unix_ms();
    if (!r || !slice_cstr(s->snapshot->config->spool.path, r->folder, sizeof(r->folder))) {
        free(r);
        return NULL;
    }
    r->scheduler = s;
    r->interval = interval;
    r->head.begin = now;
    name_map_init(&r->domains, &heap, key);
    id_map_init(&r->ended, &heap);
    load(r);
    timer_init(&r->keep_timer, s->loop, on_keep_timer, r);
    timer_init(&r->timer, s->loop, on_timer, r);
    timer_set(&r->timer, r->ended.count ? 0 : left(r, now));
    return r;
}

void tls_reports_stop(struct tls_reports *r)
{
    if (r)
        timer_stop(&r->timer);
}

/* The workers are gone: what they were given is on disk or is not. */
static void keep_now(struct tls_reports *r)
{
    buf_free(&r->file);
    int error = write_file(r) ? file_replace(r->folder, file_name, buf_slice(&r->file)) : ENOMEM;
    if (error)
        complain(r, error);
    buf_free(&r->file);
}

void tls_reports_free(struct tls_reports *r)
{
    struct domain *d;
    if (!r)
        return;
    if (r->is_changed || r->is_keeping)
        keep_now(r);
    for (size_t at = 0; (d = name_map_next(&r->domains, &at));)
        free(d);
    for (size_t at = 0; (d = id_map_next(&r->ended, &at));)
        free(d);
    name_map_free(&r->domains);
    id_map_free(&r->ended);
    timer_stop(&r->keep_timer);
    free(r);
}
