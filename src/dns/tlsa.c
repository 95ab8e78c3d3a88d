#include "dns/tlsa.h"

enum { FIXED = 3, DATA_MAX = 4096 };

/* Bytes that each way of matching has; 0: any number. */
static const size_t sizes[] = {0, 32, 64};

bool tlsa_read(struct slice record, struct tlsa *t_r)
{
    if (record.len <= FIXED || record.len > FIXED + DATA_MAX)
        return false;
    const unsigned char *at = (const unsigned char *)record.at;
    *t_r = (struct tlsa){at[0], at[1], at[2], slice_from(record, FIXED)};
    bool is_known = (t_r->usage == TLSA_AUTHORITY || t_r->usage == TLSA_SERVER) &&
                    t_r->selector <= 1 && t_r->matching < sizeof(sizes) / sizeof(sizes[0]);
    return is_known && (sizes[t_r->matching] == 0 || sizes[t_r->matching] == t_r->data.len);
}

void tlsa_write_name(struct buf *out, struct slice host, uint16_t port)
{
    buf_addf(out, "_%u._tcp.%.*s", port, SLICE_ARG(host));
}
