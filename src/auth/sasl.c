#include "auth/sasl.h"

#include "base/base64.h"

static const struct {
    struct slice name;
    enum sasl_mechanism mechanism;
} mechanisms[] = {
    {SLICE_INIT("PLAIN"), SASL_PLAIN},
    {SLICE_INIT("LOGIN"), SASL_LOGIN},
};

struct slice sasl_names(void)
{
    return SLICE("PLAIN LOGIN");
}

bool sasl_begin(struct sasl *s, struct slice mechanism)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        if (slice_ieq(mechanisms[i].name, mechanism)) {
            s->mechanism = mechanisms[i].mechanism;
            s->step = 0;
            s->name_len = 0;
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
    c->name = slice_head(said, s->name_len);
    c->password = slice_from(said, s->name_len);
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
        s->name_len = s->said.len;
        *challenge_r = SLICE("UGFzc3dvcmQ6"); /* Password: */
        return SASL_CHALLENGE;
    }
    return read_login(s, c);
}

enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r)
{
    if (response && !base64_read(&s->said, *response))
        return SASL_MALFORMED;
    if (s->mechanism == SASL_PLAIN)
        return step_plain(s, response != NULL, challenge_r, credentials_r);
    return step_login(s, response != NULL, challenge_r, credentials_r);
}

void sasl_wipe(struct sasl *s)
{
    explicit_bzero(s->storage, sizeof(s->storage));
    s->said.len = 0;
}
