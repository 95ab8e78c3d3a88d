/* Any address: it is read without harm, and none that was not made here is believed. What is made
 * of it for a sender is read as that sender again. */
#include "auth/reverse_path.h"

#define DAY (INT64_C(24) * 60 * 60 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct slice tracked[] = {SLICE_INIT("b.test")};
    const struct reverse_paths r = {.secret = SLICE("0123456789abcdef"),
                                    .forwards_at = SLICE("a.test"),
                                    .tracked = tracked,
                                    .tracked_count = 1,
                                    .age = 10 * DAY};
    char first[ADDRESS_MAX + 1], second[1024];
    struct buf made, back;
    struct slice in = slice_of((const char *)data, size);
    if (size > 1000)
        return 0;
    buf_init_fixed(&back, second, sizeof(second));
    enum reverse_path_kind kind = reverse_path_read(&r, in, 100 * DAY, &back);
    if (kind == REVERSE_PATH_FORWARDED || kind == REVERSE_PATH_TRACKED)
        __builtin_trap();
    buf_clear(&back);
    buf_init_fixed(&made, first, sizeof(first));
    if (!reverse_path_forward(&r, in, 100 * DAY, &made))
        return 0;
    if (reverse_path_read(&r, buf_slice(&made), 101 * DAY, &back) != REVERSE_PATH_FORWARDED)
        __builtin_trap();
    if (slice_starts(buf_slice(&made), SLICE("SRS0=")) && !slice_eq(buf_slice(&back), in))
        __builtin_trap();
    return 0;
}
