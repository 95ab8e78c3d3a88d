/* A server's challenges, one a line: what we answer is base64, and a server that does not know the
 * password can't prove that it does. */
#include <stdlib.h>

#include "auth/sasl_client.h"
#include "base/base64.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char storage[2 * SASL_SAID_MAX], decoded[SASL_SAID_MAX];
    static const char *const offers[] = {"SCRAM-SHA-256", "LOGIN", "OAUTHBEARER", "XOAUTH2"};
    struct slice rest = slice_of((const char *)data, size), line;
    size_t which = size ? data[0] % 4 : 0;
    const struct sasl_secret secret = {.name = SLICE("me"),
                                       .password = SLICE("secret"),
                                       .token = SLICE("secret"),
                                       .is_token = which >= 2};
    struct sasl_client client;
    struct buf out, back;
    const char *why;
    buf_init_fixed(&out, storage, sizeof(storage));
    require(sasl_client_begin(&client, &secret, sasl_client_take(slice_str(offers[which])), &out,
                              &why));
    rest = slice_from(rest, 1);
    for (int lines = 0; slice_line(&rest, &line); lines++) {
        buf_clear(&out);
        if (!sasl_client_respond(&client, line, &out, &why))
            break;
        require(lines < 3);
        buf_init_fixed(&back, decoded, sizeof(decoded));
        require(base64_read(&back, buf_slice(&out)));
    }
    require(which != 0 || !sasl_client_is_satisfied(&client));
    return 0;
}
