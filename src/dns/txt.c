#include "dns/txt.h"

bool dns_txt_read(struct slice record, struct buf *out)
{
    while (record.len) {
        size_t len = (unsigned char)record.at[0];
        if (len > record.len - 1)
            return false;
        buf_add(out, slice_of(record.at + 1, len));
        record = slice_from(record, 1 + len);
    }
    return !out->failed;
}
