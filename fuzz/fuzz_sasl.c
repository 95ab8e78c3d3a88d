/* A login, its responses one a line: whatever comes, a name and a password are of what was said,
 * and nobody proves that he has the password of a name that is not there. */
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

static enum sasl_next pretend(struct sasl *s, struct slice name, struct slice *challenge_r)
{
    struct verifier v;
    require(scram_pretend(SLICE("secret"), name, &v));
    return sasl_use_verifier(s, &v, challenge_r);
}

/* A token goes into the body of a request, and a name into the log: neither holds what would end
 * them. */
static enum sasl_next refuse(struct sasl *s, const struct sasl_credentials *who,
                             struct slice *challenge_r)
{
    require(who->password.len > 0 && who->name.len <= SCRAM_NAME_MAX);
    for (size_t i = 0; i < who->password.len; i++)
        require(who->password.at[i] > ' ' && who->password.at[i] < 0x7f);
    require(slice_find(who->name, '\0', 0) == SLICE_NONE);
    return sasl_refuse_token(s, challenge_r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), line, challenge;
    struct sasl sasl;
    struct sasl_credentials who;
    enum sasl_next next = SASL_CHALLENGE;
    static const char random[SCRAM_RANDOM], binding[SCRAM_BINDING];
    static const struct slice mechanisms[] = {SLICE_INIT("LOGIN"),
                                              SLICE_INIT("PLAIN"),
                                              SLICE_INIT("SCRAM-SHA-256"),
                                              SLICE_INIT("EXTERNAL"),
                                              SLICE_INIT("OAUTHBEARER"),
                                              SLICE_INIT("XOAUTH2"),
                                              SLICE_INIT("SCRAM-SHA-256-PLUS")};
    const struct slice mechanism = mechanisms[size % 7];
    require(sasl_begin(&sasl, mechanism, random));
    if (size % 3 == 0)
        sasl_bind(&sasl, binding);
    if (size % 2 == 0)
        next = sasl_step(&sasl, NULL, &challenge, &who);
    for (int lines = 0; next == SASL_CHALLENGE && slice_line(&rest, &line); lines++) {
        check_base64(line);
        next = sasl_step(&sasl, &line, &challenge, &who);
        if (next == SASL_ACCOUNT)
            next = pretend(&sasl, who.name, &challenge);
        if (next == SASL_TOKEN)
            next = refuse(&sasl, &who, &challenge);
        require(lines < 3);
    }
    require(next != SASL_PROVEN && next != SASL_TOKEN);
    require(next != SASL_EXTERNAL || slice_eq(mechanism, SLICE("EXTERNAL")));
    require((next == SASL_CREDENTIALS) <= sasl_knows_credentials(mechanism));
    if (next == SASL_CREDENTIALS)
        require(who.name.len > 0 && who.password.len > 0 &&
                who.name.len + who.password.len <= SASL_BYTES_MAX);
    sasl_wipe(&sasl);
    return 0;
}
