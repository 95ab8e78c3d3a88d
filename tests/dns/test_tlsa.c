#include "dns/tlsa.h"

#include "check.h"

#define BYTES_32 "0123456789abcdef0123456789abcdef"

static void reads_what_mail_can_use(void **state)
{
    static const struct {
        struct slice record;
        bool good;
    } t[] = {
        {SLICE_INIT("\3\1\1" BYTES_32), true},
        {SLICE_INIT("\2\0\2" BYTES_32 BYTES_32), true},
        {SLICE_INIT("\3\0\0x"), true},
        {SLICE_INIT("\0\1\1" BYTES_32), false},
        {SLICE_INIT("\1\1\1" BYTES_32), false},
        {SLICE_INIT("\4\1\1" BYTES_32), false},
        {SLICE_INIT("\3\2\1" BYTES_32), false},
        {SLICE_INIT("\3\1\3" BYTES_32), false},
        {SLICE_INIT("\3\1\1" BYTES_32 "x"), false},
        {SLICE_INIT("\3\1\2" BYTES_32), false},
        {SLICE_INIT("\3\1\0"), false},
        {SLICE_INIT("\3\1"), false},
        {SLICE_INIT(""), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        struct tlsa r;
        assert_int_equal(tlsa_read(t[i].record, &r), t[i].good);
        if (t[i].good) {
            assert_int_equal(r.usage, t[i].record.at[0]);
            assert_int_equal(r.data.len, t[i].record.len - 3);
        }
    }
}

static void asks_below_port_and_host(void **state)
{
    char storage[100];
    struct buf out;
    (void)state;
    buf_init_fixed(&out, storage, sizeof(storage));
    tlsa_write_name(&out, SLICE("mx.example.org"), 25);
    assert_slice(buf_slice(&out), "_25._tcp.mx.example.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_mail_can_use),
        cmocka_unit_test(asks_below_port_and_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
