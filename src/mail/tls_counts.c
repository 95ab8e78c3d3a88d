#include "mail/tls_counts.h"

#include "base/crc32c.h"

/* A checksum of what follows; a version, the head, then one domain after another. */
enum { VERSION = 1, SUM_BYTES = 4 };

static void put_sum(char out[SUM_BYTES], struct slice text)
{
    uint32_t sum = crc32c(0, text);
    for (int i = 0; i < SUM_BYTES; i++, sum >>= 8)
        out[i] = (char)(sum & 0xff);
}

void tls_counts_begin(struct buf *out, const struct tls_counts_head *head)
{
    buf_add(out, slice_of("\0\0\0\0", SUM_BYTES)); /* for the sum */
    wire_add_u64(out, VERSION);
    wire_add_u64(out, (uint64_t)head->begin);
    wire_add_u64(out, head->number);
}

static void add_policy(struct buf *out, const struct tls_report_policy *p)
{
    wire_add_u64(out, p->good);
    wire_add_u64(out, p->bad);
    wire_add_u64(out, p->count);
    for (size_t i = 0; i < p->count; i++) {
        wire_add_u64(out, p->failures[i].result);
        wire_add_u64(out, p->failures[i].count);
        wire_add_slice(out, slice_of(p->failures[i].host, p->failures[i].host_len));
    }
}

void tls_counts_add(struct buf *out, const struct tls_counts *c)
{
    wire_add_slice(out, slice_of(c->name, c->len));
    wire_add_u64(out, c->number);
    wire_add_u64(out, (uint64_t)c->begin);
    wire_add_u64(out, (uint64_t)c->end);
    for (size_t i = 0; i < TLS_POLICY_TYPES; i++)
        add_policy(out, &c->policies[i]);
}

void tls_counts_end(struct buf *out)
{
    if (!out->failed)
        put_sum(out->at, slice_from(buf_slice(out), SUM_BYTES));
}

bool tls_counts_open(struct slice file, struct wire *w_r, struct tls_counts_head *head_r)
{
    char sum[SUM_BYTES];
    *w_r = (struct wire){.rest = slice_from(file, SUM_BYTES)};
    put_sum(sum, w_r->rest);
    if (!slice_eq(slice_head(file, SUM_BYTES), slice_of(sum, SUM_BYTES)) ||
        wire_u64(w_r, UINT64_MAX) != VERSION)
        return false;
    head_r->begin = (int64_t)wire_u64(w_r, INT64_MAX);
    head_r->number = wire_u64(w_r, UINT64_MAX);
    return !w_r->bad;
}

/* What goes into a report's header later. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
            return false;
    return true;
}

static void read_failure(struct wire *w, struct tls_report_failure *f)
{
    f->result = (enum tls_report_result)wire_u64(w, TLS_RESULT_INVALID);
    f->count = wire_u64(w, UINT64_MAX);
    struct slice host = wire_slice(w, sizeof(f->host));
    if (f->result == TLS_RESULT_GOOD || !is_plain(host))
        w->bad = true;
    f->host_len = host.len;
    if (host.len)
        memcpy(f->host, host.at, host.len);
}

static void read_policy(struct wire *w, struct tls_report_policy *p)
{
    p->good = wire_u64(w, UINT64_MAX);
    p->bad = wire_u64(w, UINT64_MAX);
    p->count = (size_t)wire_u64(w, TLS_REPORT_FAILURES);
    for (size_t i = 0; i < p->count && !w->bad; i++)
        read_failure(w, &p->failures[i]);
}

bool tls_counts_next(struct wire *w, struct tls_counts *c_r)
{
    if (w->bad || w->rest.len == 0)
        return false;
    *c_r = (struct tls_counts){0};
    struct slice name = wire_slice(w, sizeof(c_r->name));
    c_r->number = wire_u64(w, UINT64_MAX);
    c_r->begin = (int64_t)wire_u64(w, INT64_MAX);
    c_r->end = (int64_t)wire_u64(w, INT64_MAX);
    for (size_t i = 0; i < TLS_POLICY_TYPES; i++)
        read_policy(w, &c_r->policies[i]);
    if (name.len == 0 || !is_plain(name))
        w->bad = true;
    if (w->bad)
        return false;
    c_r->len = name.len;
    memcpy(c_r->name, name.at, name.len);
    return true;
}
