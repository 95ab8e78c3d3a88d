/* A login, its responses one a line: whatever comes, a name and a password are of what was said. */
#include <stdlib.h>

#include "auth/sasl.h"
#include "base/base64.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What base64 says is said the same way back. */
static void check_base64(struct slice text)
{
    char bytes[4096], again[8192];
    struct buf out, back;
    buf_init_fixed(&out, bytes, sizeof(bytes));
    buf_init_fixed(&back, again, sizeof(again));
    if (!base64_read(&out, text))
        return;
    base64_write(&back, buf_slice(&out));
    require(slice_eq(buf_slice(&back), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), line, challenge;
    struct sasl sasl;
    struct sasl_credentials who;
    enum sasl_next next = SASL_CHALLENGE;
    bool is_plain = size % 2;
    require(sasl_begin(&sasl, is_plain ? SLICE("PLAIN") : SLICE("LOGIN")));
    if (size % 3 == 0)
        next = sasl_step(&sasl, NULL, &challenge, &who);
    for (int lines = 0; next == SASL_CHALLENGE && slice_line(&rest, &line); lines++) {
        check_base64(line);
        next = sasl_step(&sasl, &line, &challenge, &who);
        require(lines < 3);
    }
    if (next == SASL_CREDENTIALS)
        require(who.name.len > 0 && who.password.len > 0 &&
                who.name.len + who.password.len <= SASL_BYTES_MAX);
    sasl_wipe(&sasl);
    return 0;
}
