#include "auth/sasl.h"

#include "base/base64.h"

static const struct {
    struct slice name;
    enum sasl_mechanism mechanism;
} mechanisms[] = {
    {SLICE_INIT("EXTERNAL"), SASL_CERTIFICATE},
    {SLICE_INIT("SCRAM-SHA-256"), SASL_SCRAM},
    {SLICE_INIT("PLAIN"), SASL_PLAIN},
    {SLICE_INIT("LOGIN"), SASL_LOGIN},
};

struct slice sasl_names(bool has_verifiers, bool has_certificate)
{
    if (has_certificate)
        return has_verifiers ? SLICE("EXTERNAL SCRAM-SHA-256 PLAIN LOGIN")
                             : SLICE("EXTERNAL PLAIN LOGIN");
    return has_verifiers ? SLICE("SCRAM-SHA-256 PLAIN LOGIN") : SLICE("PLAIN LOGIN");
}

bool sasl_knows_credentials(struct slice mechanism)
{
    return slice_ieq(mechanism, SLICE("PLAIN")) || slice_ieq(mechanism, SLICE("LOGIN"));
}

bool sasl_begin(struct sasl *s, struct slice mechanism, const char random[SCRAM_RANDOM])
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        if (slice_ieq(mechanisms[i].name, mechanism)) {
            s->mechanism = mechanisms[i].mechanism;
            s->step = 0;
            s->first_len = 0;
            memcpy(s->random, random, sizeof(s->random));
            buf_init_fixed(&s->said, s->storage, sizeof(s->storage));
            return true;
        }
    return false;
}

static bool is_fit(struct slice text)
{
    return text.len > 0 && slice_find(text, '\0', 0) == SLICE_NONE;
}

/* `authorization NUL name NUL password`; to act as somebody else is not for anybody here. */
static enum sasl_next read_plain(const struct sasl *s, struct sasl_credentials *c)
{
    struct slice said = buf_slice(&s->said);
    size_t first = slice_find(said, '\0', 0);
    size_t second = first == SLICE_NONE ? SLICE_NONE : slice_find(said, '\0', first + 1);
    if (second == SLICE_NONE)
        return SASL_MALFORMED;
    struct slice as = slice_head(said, first);
    c->name = slice_from(slice_head(said, second), first + 1);
    c->password = slice_from(said, second + 1);
    bool is_own = as.len == 0 || slice_eq(as, c->name);
    return is_own && is_fit(c->name) && is_fit(c->password) ? SASL_CREDENTIALS : SASL_MALFORMED;
}

static enum sasl_next read_login(const struct sasl *s, struct sasl_credentials *c)
{
    struct slice said = buf_slice(&s->said);
    c->name = slice_head(said, s->first_len);
    c->password = slice_from(said, s->first_len);
    return is_fit(c->name) && is_fit(c->password) ? SASL_CREDENTIALS : SASL_MALFORMED;
}

static enum sasl_next step_plain(struct sasl *s, bool has_response, struct slice *challenge_r,
                                 struct sasl_credentials *c)
{
    *challenge_r = SLICE("");
    return has_response ? read_plain(s, c) : SASL_CHALLENGE;
}

/* A response with AUTH is the name. */
static enum sasl_next step_login(struct sasl *s, bool has_response, struct slice *challenge_r,
                                 struct sasl_credentials *c)
{
    if (!has_response) {
        *challenge_r = SLICE("VXNlcm5hbWU6"); /* Username: */
        return SASL_CHALLENGE;
    }
    if (s->step++ == 0) {
        s->first_len = s->said.len;
        *challenge_r = SLICE("UGFzc3dvcmQ6"); /* Password: */
        return SASL_CHALLENGE;
    }
    return read_login(s, c);
}

static enum sasl_next say(struct sasl *s, struct slice text, struct slice *challenge_r)
{
    struct buf out;
    buf_init_fixed(&out, s->challenge, sizeof(s->challenge));
    base64_write(&out, text);
    *challenge_r = buf_slice(&out);
    return out.failed ? SASL_MALFORMED : SASL_CHALLENGE;
}

/* The server's proof is a challenge, too, which the client answers with nothing (RFC 4954 4). */
static enum sasl_next read_proof(struct sasl *s, struct slice *challenge_r)
{
    char storage[SCRAM_TEXT_MAX];
    struct buf final;
    struct slice said = buf_slice(&s->said);
    buf_init_fixed(&final, storage, sizeof(storage));
    switch (scram_server_final(&s->scram, slice_head(said, s->first_len),
                               slice_from(said, s->first_len), &final)) {
    case SCRAM_DONE:
        return say(s, buf_slice(&final), challenge_r);
    case SCRAM_WRONG:
        return SASL_WRONG;
    default:
        return SASL_MALFORMED;
    }
}

static enum sasl_next step_scram(struct sasl *s, bool has_response, struct slice *challenge_r,
                                 struct sasl_credentials *c)
{
    struct slice said = buf_slice(&s->said);
    if (!has_response) {
        *challenge_r = SLICE("");
        return SASL_CHALLENGE;
    }
    *c = (struct sasl_credentials){slice_of(s->scram.name, s->scram.name_len), SLICE("")};
    switch (s->step++) {
    case 0:
        s->first_len = said.len;
        if (scram_server_first(&s->scram, said, slice_of(s->random, sizeof(s->random))) !=
            SCRAM_DONE)
            return SASL_MALFORMED;
        c->name.len = s->scram.name_len;
        return SASL_ACCOUNT;
    case 1:
        s->final_len = said.len;
        return read_proof(s, challenge_r);
    default:
        return said.len == s->final_len ? SASL_PROVEN : SASL_MALFORMED;
    }
}

enum sasl_next sasl_use_verifier(struct sasl *s, const struct verifier *v,
                                 struct slice *challenge_r)
{
    if (!scram_server_use(&s->scram, v))
        return SASL_MALFORMED;
    return say(s, slice_of(s->scram.first, s->scram.first_len), challenge_r);
}

static enum sasl_next step_external(const struct sasl *s, bool has_response,
                                    struct slice *challenge_r, struct sasl_credentials *c)
{
    *challenge_r = SLICE("");
    *c = (struct sasl_credentials){buf_slice(&s->said), SLICE("")};
    if (!has_response)
        return SASL_CHALLENGE;
    return c->name.len == 0 || is_fit(c->name) ? SASL_EXTERNAL : SASL_MALFORMED;
}

enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r)
{
    if (response && !base64_read(&s->said, *response))
        return SASL_MALFORMED;
    switch (s->mechanism) {
    case SASL_PLAIN:
        return step_plain(s, response != NULL, challenge_r, credentials_r);
    case SASL_CERTIFICATE:
        return step_external(s, response != NULL, challenge_r, credentials_r);
    case SASL_LOGIN:
        return step_login(s, response != NULL, challenge_r, credentials_r);
    default:
        return step_scram(s, response != NULL, challenge_r, credentials_r);
    }
}

void sasl_wipe(struct sasl *s)
{
    explicit_bzero(s->storage, sizeof(s->storage));
    explicit_bzero(&s->scram.verifier, sizeof(s->scram.verifier));
    s->said.len = 0;
}
