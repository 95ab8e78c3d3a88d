#include "auth/sasl_client.h"

#include "base/base64.h"

struct mechanism {
    struct slice name;
    bool is_token;
    bool proves; /* the server has to prove that it knows us */
    bool binds;  /* to the TLS connection */
    /* NULL: the server begins. */
    void (*first)(struct sasl_client *s, struct buf *said);
    /* Writes the answer; false as sasl_client_respond. NULL: nothing more is asked. */
    bool (*next)(struct sasl_client *s, struct slice challenge, struct buf *said,
                 const char **why_r);
};

/* In SCRAM's and OAUTHBEARER's names a comma is =2C, an equals sign =3D (RFC 5801 4). */
static void add_name(struct buf *said, struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == ',')
            buf_add_str(said, "=2C");
        else if (name.at[i] == '=')
            buf_add_str(said, "=3D");
        else
            buf_add_char(said, name.at[i]);
    }
}

/* `y` says that we could have bound it, but that the server does not offer it: where that was taken
 * out of its words on the way, the server knows (RFC 5802 6). */
static struct slice header_of(const struct sasl_client *s)
{
    if (s->binds)
        return SLICE("p=tls-exporter,,");
    return s->secret->can_bind ? SLICE("y,,") : SLICE("n,,");
}

static void first_scram(struct sasl_client *s, struct buf *said)
{
    struct buf bare;
    buf_init_fixed(&bare, s->bare, sizeof(s->bare));
    buf_add_str(&bare, "n=");
    add_name(&bare, s->secret->name);
    buf_add_str(&bare, ",r=");
    base64_write(&bare, slice_of(s->secret->random, sizeof(s->secret->random)));
    s->bare_len = bare.len;
    said->failed |= bare.failed;
    buf_add(said, header_of(s));
    buf_add(said, buf_slice(&bare));
}

/* The server's first message: the nonce begins with ours, and the work is within bounds. */
static bool read_first(const struct sasl_client *s, struct slice first, struct slice *nonce_r,
                       struct buf *salt, uint32_t *iterations_r, const char **why_r)
{
    struct slice rest = first, encoded, count;
    struct slice own = slice_of(s->bare, s->bare_len);
    own = slice_from(own, slice_rfind(own, ',') + 3); /* behind ,r= */
    *why_r = "what the other side answered to SCRAM-SHA-256 is not of RFC 5802";
    if (!scram_take(&rest, 'r', nonce_r) || !scram_take(&rest, 's', &encoded) ||
        !scram_take(&rest, 'i', &count) || !slice_starts(*nonce_r, own) ||
        nonce_r->len == own.len || !base64_read(salt, encoded) || salt->failed ||
        !slice_u32(count, iterations_r))
        return false;
    *why_r = "the other side asks for fewer than 4096 iterations of SCRAM-SHA-256 (RFC 7677 4), or "
             "for more than 200000";
    return *iterations_r >= VERIFIER_ITERATIONS_LEAST && *iterations_r <= SASL_ITERATIONS_MOST;
}

/* The header once more, with the binding behind it. */
static void add_binding(const struct sasl_client *s, struct buf *said)
{
    char storage[2 * SCRAM_BINDING];
    struct buf binding;
    buf_init_fixed(&binding, storage, sizeof(storage));
    buf_add(&binding, header_of(s));
    if (s->binds)
        buf_add(&binding, slice_of(s->secret->binding, SCRAM_BINDING));
    base64_write(said, buf_slice(&binding));
}

static bool prove(struct sasl_client *s, struct slice first, struct slice nonce, struct slice salt,
                  uint32_t iterations, struct buf *said)
{
    char storage[3 * SASL_TOKEN_MAX / 2], proof[VERIFIER_KEY];
    struct scram_keys keys;
    struct buf messages;
    buf_init_fixed(&messages, storage, sizeof(storage));
    buf_add_str(said, "c=");
    add_binding(s, said);
    buf_add_str(said, ",r=");
    buf_add(said, nonce);
    buf_add(&messages, slice_of(s->bare, s->bare_len));
    buf_add_char(&messages, ',');
    buf_add(&messages, first);
    buf_add_char(&messages, ',');
    buf_add(&messages, buf_slice(said));
    bool good = !messages.failed && scram_derive(s->secret->password, salt, iterations, &keys) &&
                scram_proof(&keys, buf_slice(&messages), proof) &&
                scram_signature(&keys.verifier, buf_slice(&messages), s->signature);
    explicit_bzero(&keys, sizeof(keys));
    buf_add_str(said, ",p=");
    base64_write(said, slice_of(proof, sizeof(proof)));
    return good;
}

static bool check_signature(struct sasl_client *s, struct slice last, const char **why_r)
{
    char storage[VERIFIER_KEY];
    struct slice encoded;
    struct buf signature;
    buf_init_fixed(&signature, storage, sizeof(storage));
    *why_r = "the other side did not prove that it knows the password (RFC 5802 3)";
    s->is_satisfied = scram_take(&last, 'v', &encoded) && base64_read(&signature, encoded) &&
                      slice_eq(buf_slice(&signature), slice_of(s->signature, VERIFIER_KEY));
    return s->is_satisfied;
}

static bool next_scram(struct sasl_client *s, struct slice challenge, struct buf *said,
                       const char **why_r)
{
    char storage[VERIFIER_SALT_MAX];
    struct slice nonce;
    struct buf salt;
    uint32_t iterations;
    buf_init_fixed(&salt, storage, sizeof(storage));
    switch (s->step) {
    case 0:
        if (!read_first(s, challenge, &nonce, &salt, &iterations, why_r))
            return false;
        *why_r = "there is no memory left for SCRAM-SHA-256";
        return prove(s, challenge, nonce, buf_slice(&salt), iterations, said);
    case 1:
        return check_signature(s, challenge, why_r);
    default:
        return false;
    }
}

static void first_plain(struct sasl_client *s, struct buf *said)
{
    buf_add_char(said, '\0');
    buf_add(said, s->secret->name);
    buf_add_char(said, '\0');
    buf_add(said, s->secret->password);
}

/* It asks for the name, then for the password, in words that differ from server to server. */
static bool next_login(struct sasl_client *s, struct slice challenge, struct buf *said,
                       const char **why_r)
{
    (void)challenge;
    (void)why_r;
    buf_add(said, s->step == 0 ? s->secret->name : s->secret->password);
    return s->step < 2;
}

static void first_bearer(struct sasl_client *s, struct buf *said)
{
    buf_add_str(said, "n,a=");
    add_name(said, s->secret->name);
    buf_add_str(said, ",\001auth=Bearer ");
    buf_add(said, s->secret->token);
    buf_add_str(said, "\001\001");
}

/* The challenge says why it was refused; this asks for the refusal itself (RFC 7628 3.2.3). */
static bool next_bearer(struct sasl_client *s, struct slice challenge, struct buf *said,
                        const char **why_r)
{
    (void)challenge;
    (void)why_r;
    buf_add_char(said, '\001');
    return s->step == 0;
}

static void first_xoauth2(struct sasl_client *s, struct buf *said)
{
    buf_add_str(said, "user=");
    buf_add(said, s->secret->name);
    buf_add_str(said, "\001auth=Bearer ");
    buf_add(said, s->secret->token);
    buf_add_str(said, "\001\001");
}

/* As OAUTHBEARER, with nothing in the answer. */
static bool next_xoauth2(struct sasl_client *s, struct slice challenge, struct buf *said,
                         const char **why_r)
{
    (void)challenge;
    (void)said;
    (void)why_r;
    return s->step == 0;
}

/* The best first. */
static const struct mechanism mechanisms[] = {
    {SLICE_INIT("SCRAM-SHA-256-PLUS"), false, true, true, first_scram, next_scram},
    {SLICE_INIT("SCRAM-SHA-256"), false, true, false, first_scram, next_scram},
    {SLICE_INIT("PLAIN"), false, false, false, first_plain, NULL},
    {SLICE_INIT("LOGIN"), false, false, false, NULL, next_login},
    {SLICE_INIT("OAUTHBEARER"), true, false, false, first_bearer, next_bearer},
    {SLICE_INIT("XOAUTH2"), true, false, false, first_xoauth2, next_xoauth2},
};

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

unsigned sasl_client_take(struct slice words)
{
    struct slice word;
    unsigned known = 0;
    while (slice_word(&words, &word))
        for (unsigned i = 0; i < MECHANISMS; i++)
            if (slice_ieq(word, mechanisms[i].name))
                known |= 1U << i;
    return known;
}

/* False: none. */
static bool choose(struct sasl_client *s, unsigned offered)
{
    for (unsigned i = 0; i < MECHANISMS; i++)
        if ((offered & (1U << i)) && mechanisms[i].is_token == s->secret->is_token &&
            (!mechanisms[i].binds || s->secret->can_bind) &&
            slice_istarts(mechanisms[i].name, s->secret->mechanism)) {
            s->mechanism = i;
            s->binds = mechanisms[i].binds;
            return true;
        }
    return false;
}

bool sasl_client_begin(struct sasl_client *s, const struct sasl_secret *secret, unsigned offered,
                       struct buf *out, const char **why_r)
{
    char storage[SASL_SAID_MAX];
    struct buf said;
    *s = (struct sasl_client){.secret = secret};
    buf_init_fixed(&said, storage, sizeof(storage));
    *why_r = secret->mechanism.len > 0
                 ? "the other side does not offer the login that smarthost-mechanism names"
             : secret->is_token
                 ? "the other side offers no login with a token: neither OAUTHBEARER nor XOAUTH2"
                 : "the other side offers no login by SCRAM-SHA-256, PLAIN or LOGIN";
    if (!choose(s, offered))
        return false;
    const struct mechanism *m = &mechanisms[s->mechanism];
    if (m->first)
        m->first(s, &said);
    *why_r = "the name and the secret of the login are too long";
    if (!said.failed) {
        buf_add(out, m->name);
        buf_add_str(out, m->first ? " " : "");
        base64_write(out, buf_slice(&said));
    }
    explicit_bzero(storage, sizeof(storage));
    return !said.failed;
}

bool sasl_client_respond(struct sasl_client *s, struct slice challenge, struct buf *out,
                         const char **why_r)
{
    char storage[SASL_SAID_MAX], read[SASL_SAID_MAX];
    const struct mechanism *m = &mechanisms[s->mechanism];
    struct buf said, asked;
    *why_r = NULL;
    buf_init_fixed(&said, storage, sizeof(storage));
    buf_init_fixed(&asked, read, sizeof(read));
    /* LOGIN's questions are said in any form */
    bool is_base64 = base64_read(&asked, challenge) || !m->proves;
    bool good = is_base64 && m->next && m->next(s, buf_slice(&asked), &said, why_r) && !said.failed;
    s->step++;
    if (good)
        base64_write(out, buf_slice(&said));
    explicit_bzero(storage, sizeof(storage));
    return good;
}

bool sasl_client_is_satisfied(const struct sasl_client *s)
{
    return s->is_satisfied || !mechanisms[s->mechanism].proves;
}
