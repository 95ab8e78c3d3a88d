#include "auth/sasl.h"

#include "base/base64.h"

static const struct {
    struct slice name;
    enum sasl_mechanism mechanism;
} mechanisms[] = {
    {SLICE_INIT("EXTERNAL"), SASL_CERTIFICATE}, {SLICE_INIT("SCRAM-SHA-256-PLUS"), SASL_SCRAM_PLUS},
    {SLICE_INIT("SCRAM-SHA-256"), SASL_SCRAM},  {SLICE_INIT("PLAIN"), SASL_PLAIN},
    {SLICE_INIT("LOGIN"), SASL_LOGIN},          {SLICE_INIT("OAUTHBEARER"), SASL_BEARER},
    {SLICE_INIT("XOAUTH2"), SASL_XOAUTH2},
};

static bool is_offered(const struct sasl_offer *o, enum sasl_mechanism mechanism)
{
    switch (mechanism) {
    case SASL_CERTIFICATE:
        return o->certificate;
    case SASL_SCRAM_PLUS:
        return o->verifiers && o->binding;
    case SASL_SCRAM:
        return o->verifiers;
    case SASL_PLAIN:
    case SASL_LOGIN:
        return o->passwords;
    default:
        return o->tokens;
    }
}

void sasl_names(const struct sasl_offer *o, struct buf *out)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (!is_offered(o, mechanisms[i].mechanism) ||
            slice_has_word(buf_slice(out), mechanisms[i].name))
            continue;
        buf_add_str(out, out->len > 0 ? " " : "");
        buf_add(out, mechanisms[i].name);
    }
}

bool sasl_knows_credentials(struct slice mechanism)
{
    return slice_ieq(mechanism, SLICE("PLAIN")) || slice_ieq(mechanism, SLICE("LOGIN"));
}

bool sasl_knows_tokens(struct slice mechanism)
{
    return slice_ieq(mechanism, SLICE("OAUTHBEARER")) || slice_ieq(mechanism, SLICE("XOAUTH2"));
}

bool sasl_begin(struct sasl *s, struct slice mechanism, const char random[SCRAM_RANDOM])
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        if (slice_ieq(mechanisms[i].name, mechanism)) {
            s->mechanism = mechanisms[i].mechanism;
            s->step = 0;
            s->is_refused = false;
            s->scram.can_bind = false;
            s->scram.is_bound = s->mechanism == SASL_SCRAM_PLUS;
            s->first_len = 0;
            memcpy(s->random, random, sizeof(s->random));
            buf_init_fixed(&s->said, s->storage, sizeof(s->storage));
            return true;
        }
    return false;
}

void sasl_bind(struct sasl *s, const char binding[SCRAM_BINDING])
{
    s->scram.can_bind = true;
    memcpy(s->scram.binding, binding, sizeof(s->scram.binding));
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
        switch (scram_server_first(&s->scram, said, slice_of(s->random, sizeof(s->random)))) {
        case SCRAM_DONE:
            c->name.len = s->scram.name_len;
            return SASL_ACCOUNT;
        case SCRAM_WRONG:
            c->name.len = s->scram.name_len;
            return SASL_WRONG;
        default:
            return SASL_MALFORMED;
        }
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

/* ---- tokens ---- */

/* RFC 6750 2.1 */
static bool is_token(struct slice s)
{
    size_t end = s.len;
    while (end > 0 && s.at[end - 1] == '=')
        end--;
    for (size_t i = 0; i < end; i++)
        if (!ascii_is_alnum(s.at[i]) && slice_find(SLICE("-._~+/"), s.at[i], 0) == SLICE_NONE)
            return false;
    return end > 0;
}

/* `auth=Bearer TOKEN`, and `user=NAME` of XOAUTH2, each ended by byte 1, as is all of them; other
 * keys (host, port) are not looked at. */
static bool read_pairs(struct slice rest, struct slice *user_r, struct slice *token_r)
{
    static const struct slice scheme = SLICE_INIT("Bearer ");
    struct slice pair;
    *token_r = SLICE("");
    if (rest.len < 2 || rest.at[rest.len - 1] != '\001' || rest.at[rest.len - 2] != '\001')
        return false;
    while (slice_split(&rest, '\001', &pair)) {
        if (slice_starts(pair, SLICE("user=")))
            *user_r = slice_from(pair, 5);
        if (!slice_starts(pair, SLICE("auth=")))
            continue;
        if (token_r->len > 0 || !slice_istarts(slice_from(pair, 5), scheme))
            return false;
        *token_r = slice_from(pair, 5 + scheme.len);
    }
    return is_token(*token_r);
}

/* `n,a=NAME,` and the pairs (RFC 7628 3.1); the name is to be what the token says. */
static bool read_bearer(struct sasl *s, struct sasl_credentials *c)
{
    struct slice rest = buf_slice(&s->said), flag, as = SLICE(""), user;
    struct buf name;
    buf_init_fixed(&name, s->scram.name, sizeof(s->scram.name));
    if (!slice_split(&rest, ',', &flag) ||
        !(slice_eq(flag, SLICE("n")) || slice_eq(flag, SLICE("y"))) ||
        (!slice_starts(rest, SLICE(",")) &&
         (!scram_take(&rest, 'a', &as) || !scram_read_name(as, &name))))
        return false;
    if (as.len == 0)
        rest = slice_from(rest, 1);
    c->name = buf_slice(&name);
    return slice_starts(rest, SLICE("\001")) && read_pairs(rest, &user, &c->password);
}

static bool read_xoauth2(const struct sasl *s, struct sasl_credentials *c)
{
    return read_pairs(buf_slice(&s->said), &c->name, &c->password) &&
           slice_find(c->name, '\0', 0) == SLICE_NONE && c->name.len <= SCRAM_NAME_MAX;
}

static enum sasl_next step_token(struct sasl *s, bool has_response, struct slice *challenge_r,
                                 struct sasl_credentials *c)
{
    *challenge_r = SLICE("");
    *c = (struct sasl_credentials){SLICE(""), SLICE("")};
    if (!has_response)
        return SASL_CHALLENGE;
    bool good = s->mechanism == SASL_BEARER ? read_bearer(s, c) : read_xoauth2(s, c);
    return good ? SASL_TOKEN : SASL_MALFORMED;
}

enum sasl_next sasl_refuse_token(struct sasl *s, struct slice *challenge_r)
{
    s->is_refused = true;
    return say(s,
               s->mechanism == SASL_BEARER ? SLICE("{\"status\":\"invalid_token\"}")
                                           : SLICE("{\"status\":\"401\",\"schemes\":\"bearer\"}"),
               challenge_r);
}

/* Whatever the client answers to that: whose login it was is said once more. */
static enum sasl_next end_refused(struct sasl *s, struct sasl_credentials *c)
{
    struct slice ignored;
    (void)step_token(s, true, &ignored, c);
    return SASL_WRONG;
}

enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r)
{
    if (s->is_refused)
        return end_refused(s, credentials_r);
    if (response && !base64_read(&s->said, *response))
        return SASL_MALFORMED;
    switch (s->mechanism) {
    case SASL_PLAIN:
        return step_plain(s, response != NULL, challenge_r, credentials_r);
    case SASL_CERTIFICATE:
        return step_external(s, response != NULL, challenge_r, credentials_r);
    case SASL_LOGIN:
        return step_login(s, response != NULL, challenge_r, credentials_r);
    case SASL_BEARER:
    case SASL_XOAUTH2:
        return step_token(s, response != NULL, challenge_r, credentials_r);
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
