#include "mail/trace.h"

#include "mail/date.h"

void trace_write(struct buf *out, const struct envelope *e, struct slice hostname, struct slice id)
{
    bool is_v6 = slice_find(e->client, ':', 0) != SLICE_NONE;
    buf_add_str(out, "Received: ");
    if (e->client.len) { /* a message of our own came from nowhere */
        buf_add_str(out, "from ");
        buf_add(out, slice_head(e->helo, 255));
        buf_add_str(out, is_v6 ? " ([IPv6:" : " ([");
        buf_add(out, slice_head(e->client, 64));
        buf_add_str(out, "])\r\n\t");
    }
    buf_add_str(out, "by ");
    buf_add(out, slice_head(hostname, 255));
    buf_add_str(out, e->protocol.len ? " (Candor) with " : " (Candor)");
    buf_add(out, slice_head(e->protocol, 32));
    buf_add_str(out, " id ");
    buf_add(out, id);
    buf_add_str(out, ";\r\n\t");
    date_write_5322(out, e->received_at, 0);
    buf_add_str(out, "\r\n");
}

void trace_write_return_path(struct buf *out, const struct envelope *e)
{
    buf_add_str(out, "Return-Path: <");
    buf_add(out, slice_head(e->sender, 512));
    buf_add_str(out, ">\r\n");
}
