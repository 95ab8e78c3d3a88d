/* Addresses, networks, endpoints: what is read is written so that it reads as the same; a network
 * holds its own address. */
#include "base/ip.h"

static void check_ip(struct slice in)
{
    char text[IP_TEXT];
    struct buf b;
    struct ip ip, again;
    if (!ip_parse(in, &ip))
        return;
    buf_init_fixed(&b, text, sizeof(text) - 1);
    ip_write(&b, ip);
    if (b.failed || !ip_parse(buf_slice(&b), &again) || !ip_eq(ip, again))
        __builtin_trap();
}

static void check_cidr(struct slice in)
{
    char text[IP_TEXT + 4];
    struct buf b;
    struct cidr net, again;
    const char *what = NULL;
    if (!cidr_parse(in, &net, &what)) {
        if (!what)
            __builtin_trap();
        return;
    }
    buf_init_fixed(&b, text, sizeof(text));
    cidr_write(&b, net);
    if (b.failed || !cidr_parse(buf_slice(&b), &again, &what) || !ip_eq(net.ip, again.ip) ||
        net.prefix != again.prefix || !cidr_contains(net, net.ip))
        __builtin_trap();
}

static void check_endpoint(struct slice in)
{
    char text[ENDPOINT_TEXT];
    struct buf b;
    struct endpoint endpoint, again;
    const char *what = NULL;
    if (!endpoint_parse(in, &endpoint, &what)) {
        if (!what)
            __builtin_trap();
        return;
    }
    buf_init_fixed(&b, text, sizeof(text) - 1);
    endpoint_write(&b, endpoint);
    if (b.failed || !endpoint_parse(buf_slice(&b), &again, &what) || !endpoint_eq(endpoint, again))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    check_ip(in);
    check_cidr(in);
    check_endpoint(in);
    return 0;
}
