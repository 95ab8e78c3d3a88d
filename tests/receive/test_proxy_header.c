#include "receive/proxy_header.h"

#include <string.h>

#include "base/crc32c.h"
#include "check.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4        "\xc0\0\2\x07\xc0\0\2\x19\x30\x39\0\x19"
#define V6                                                                                         \
    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x19\x30\x39\0\x19"
#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct sample {
    struct slice in;
    const char *client; /* NULL: not told */
};

static const struct sample right[] = {
    {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 12345 25\r\n"), "192.0.2.7"},
    {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 0 65535\r\n"), "192.0.2.7"},
    {BYTES("PROXY TCP6 2001:db8::7 2001:db8::19 12345 25\r\n"), "2001:db8::7"},
    {BYTES("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 25\r\n"), "192.0.2.7"},
    {BYTES("PROXY UNKNOWN\r\n"), NULL},
    {BYTES("PROXY UNKNOWN whatever it is 1 2\r\n"), NULL},
    {BYTES(SIGNATURE "\x21\x11\0\x0c" V4), "192.0.2.7"},
    {BYTES(SIGNATURE "\x21\x21\0\x24" V6), "2001:db8::7"},
    {BYTES(SIGNATURE "\x21\x11\0\x14" V4 "\x04\0\0\xee\0\2ok"), "192.0.2.7"},
    {BYTES(SIGNATURE "\x20\0\0\0"), NULL},
    {BYTES(SIGNATURE "\x20\xff\0\3abc"), NULL}, /* of LOCAL the rest does not count */
    {BYTES(SIGNATURE "\x21\0\0\0"), NULL},
};

static void check_client(const struct proxy_header *h, const char *client)
{
    struct ip want;
    if (!client) {
        assert_int_equal(h->client.family, IP_NONE);
        return;
    }
    assert_true(ip_parse(slice_str(client), &want));
    assert_true(ip_eq(h->client, want));
}

static void reads_what_proxies_send_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
        char bytes[300];
        struct proxy_header h;
        size_t len = right[i].in.len;
        struct buf b;
        buf_init_fixed(&b, bytes, sizeof(bytes));
        buf_add(&b, right[i].in);
        buf_add_str(&b, "EHLO");
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(proxy_header_read(slice_of(bytes, cut), &h), PROXY_MORE);
        for (size_t more = 0; more <= 4; more++) {
            assert_int_equal(proxy_header_read(slice_of(bytes, len + more), &h), PROXY_DONE);
            assert_int_equal(h.len, len);
            check_client(&h, right[i].client);
        }
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct slice in;
        const char *what;
    } wrong[] = {
        {BYTES("EHLO client.test\r\n"), "there is none"},
        {BYTES("PROXIMITY"), "there is none"},
        {BYTES("\r\nQUIT\r\n"), "there is none"},
        {BYTES("PROXY TCP5 192.0.2.7 192.0.2.25 1 25\r\n"), "neither TCP4"},
        {BYTES("PROXY UNKNOWNS\r\n"), "neither TCP4"},
        {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 1 25\n"), "LF alone"},
        {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 1\r\n"), "two addresses and two ports"},
        {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 1 25 9\r\n"), "addresses"},
        {BYTES("PROXY TCP4 2001:db8::7 2001:db8::19 1 25\r\n"), "addresses"},
        {BYTES("PROXY TCP6 192.0.2.7 192.0.2.25 1 25\r\n"), "addresses"},
        {BYTES("PROXY TCP4 192.0.2.700 192.0.2.25 1 25\r\n"), "addresses"},
        {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 65536 25\r\n"), "ports"},
        {BYTES("PROXY TCP4 192.0.2.7 192.0.2.25 1 -5\r\n"), "ports"},
        {BYTES(SIGNATURE "\x11\x11\0\x0c" V4), "version or command"},
        {BYTES(SIGNATURE "\x22\x11\0\x0c" V4), "version or command"},
        {BYTES(SIGNATURE "\x21\x12\0\x0c" V4), "stream"},
        {BYTES(SIGNATURE "\x21\x41\0\x0c" V4), "stream"},
        {BYTES(SIGNATURE "\x21\x11\0\x0b" V4), "too short"},
        {BYTES(SIGNATURE "\x21\x21\0\x0c" V4), "too short"},
        {BYTES(SIGNATURE "\x21\x11\0\x0e" V4 "\1\0"), "cut off"},
        {BYTES(SIGNATURE "\x21\x11\0\x10" V4 "\1\0\2x"), "cut off"},
        {BYTES(SIGNATURE "\x21\x11\0\x13" V4 "\3\0\4abcd"), "checksum"},
        {BYTES(SIGNATURE "\x21\x11\0\x12" V4 "\3\0\3abc"), "checksum"},
        {BYTES(SIGNATURE "\x21\x11\x10\0" V4), "longer than 4096"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct proxy_header h;
        assert_int_equal(proxy_header_read(wrong[i].in, &h), PROXY_BAD);
        if (!strstr(h.what, wrong[i].what))
            fail_msg("case %zu: %s", i, h.what);
    }
}

static void ends_a_line_without_an_end(void **state)
{
    (void)state;
    char line[120];
    struct proxy_header h;
    struct buf b;
    buf_init_fixed(&b, line, sizeof(line));
    buf_add_str(&b, "PROXY UNKNOWN ");
    while (b.len < sizeof(line))
        buf_add_char(&b, 'x');
    assert_int_equal(proxy_header_read(slice_of(line, 106), &h), PROXY_MORE);
    assert_int_equal(proxy_header_read(slice_of(line, 107), &h), PROXY_BAD);
    line[106] = '\r';
    line[107] = '\n';
    assert_int_equal(proxy_header_read(slice_of(line, 108), &h), PROXY_BAD);
    line[105] = '\r';
    line[106] = '\n';
    assert_int_equal(proxy_header_read(slice_of(line, 107), &h), PROXY_DONE);
}

static void checks_the_sum_over_all_bytes(void **state)
{
    (void)state;
    char header[] = SIGNATURE "\x21\x11\0\x18" V4 "\3\0\4\0\0\0\0"
                              "\x04\0\2xy";
    size_t len = sizeof(header) - 1;
    struct proxy_header h;
    uint32_t sum = crc32c(0, slice_of(header, len));
    for (int i = 0; i < 4; i++)
        header[31 + i] = (char)(sum >> (24 - 8 * i));
    assert_int_equal(proxy_header_read(slice_of(header, len), &h), PROXY_DONE);
    /* each bit of address, port, sum and further text is covered */
    for (size_t bit = 16 * 8; bit < len * 8; bit++) {
        header[bit / 8] ^= (char)(1 << bit % 8);
        bool is_in_head =
            bit / 8 == 28 || bit / 8 == 29; /* of the sum's own field: another field then */
        if (!is_in_head)
            assert_int_equal(proxy_header_read(slice_of(header, len), &h), PROXY_BAD);
        header[bit / 8] ^= (char)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_proxies_send_however_it_is_cut),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(ends_a_line_without_an_end),
        cmocka_unit_test(checks_the_sum_over_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
