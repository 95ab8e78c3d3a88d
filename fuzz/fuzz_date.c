/* Dates: what is read is written, in both forms, so that it reads as the same time. */
#include "mail/date.h"

static void check_3339(struct slice in)
{
    char text[64];
    struct buf b;
    int64_t ms, again;
    if (!date_parse_3339(in, &ms))
        return;
    buf_init_fixed(&b, text, sizeof(text));
    date_write_3339(&b, ms, 0);
    if (b.failed || !date_parse_3339(buf_slice(&b), &again))
        __builtin_trap();
    if (ms > INT64_C(-62000000000000) && ms < INT64_C(253000000000000) && ms != again)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t ms, again;
    int zone, zone_again;
    struct err err = {0};
    check_3339(slice_of((const char *)data, size));
    if (!date_parse(slice_of((const char *)data, size), &ms, &zone, &err)) {
        if (!err.what || err.at > size)
            __builtin_trap();
        return 0;
    }
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    date_write_3339(&b, ms, zone);
    if (b.failed)
        __builtin_trap();
    buf_clear(&b);
    date_write_5322(&b, ms, zone);
    if (b.failed || !date_parse(buf_slice(&b), &again, &zone_again, &err) || zone != zone_again)
        __builtin_trap();
    /* at the edges of the calendar the nearest writable time is written */
    if (ms > INT64_C(-62000000000000) && ms < INT64_C(253000000000000) && ms != again)
        __builtin_trap();
    return 0;
}
