#include "auth/scram.h"

#include "crypto/hmac.h"

static struct slice key_slice(const char key[VERIFIER_KEY])
{
    return slice_of(key, VERIFIER_KEY);
}

static bool digest(struct slice bytes, char digest_r[SHA256_SIZE])
{
    struct sha256 h;
    sha256_begin(&h);
    sha256_add(&h, bytes);
    return sha256_end(&h, digest_r);
}

bool scram_derive(struct slice password, struct slice salt, uint32_t iterations,
                  struct scram_keys *keys_r)
{
    struct verifier *v = &keys_r->verifier;
    char salted[SHA256_SIZE];
    *keys_r = (struct scram_keys){.verifier.iterations = iterations};
    if (salt.len == 0 || salt.len > sizeof(v->salt))
        return false;
    memcpy(v->salt, salt.at, salt.len);
    v->salt_len = salt.len;
    bool good = pbkdf2_sha256(password, salt, iterations, salted) &&
                hmac_sha256(key_slice(salted), SLICE("Client Key"), keys_r->client_key) &&
                digest(key_slice(keys_r->client_key), v->stored_key) &&
                hmac_sha256(key_slice(salted), SLICE("Server Key"), v->server_key);
    explicit_bzero(salted, sizeof(salted));
    return good;
}

/* Names are the same in capitals, so what is made of them must be, too. */
bool scram_pretend(struct slice secret, struct slice name, struct verifier *v_r)
{
    char seed[SHA256_SIZE], lower[SCRAM_NAME_MAX];
    name = slice_head(name, sizeof(lower));
    for (size_t i = 0; i < name.len; i++)
        lower[i] = ascii_lower(name.at[i]);
    *v_r = (struct verifier){.iterations = SCRAM_ITERATIONS, .salt_len = SCRAM_SALT};
    if (!hmac_sha256(secret, slice_of(lower, name.len), seed))
        return false;
    memcpy(v_r->salt, seed, SCRAM_SALT);
    return hmac_sha256(secret, key_slice(seed), v_r->stored_key) &&
           hmac_sha256(secret, key_slice(v_r->stored_key), v_r->server_key);
}

static void mix(char *into, const char *with)
{
    for (size_t i = 0; i < VERIFIER_KEY; i++)
        into[i] = (char)(into[i] ^ with[i]);
}

bool scram_proof(const struct scram_keys *keys, struct slice message, char proof_r[VERIFIER_KEY])
{
    if (!hmac_sha256(key_slice(keys->verifier.stored_key), message, proof_r))
        return false;
    mix(proof_r, keys->client_key);
    return true;
}

bool scram_proof_fits(const struct verifier *v, struct slice message,
                      const char proof[VERIFIER_KEY])
{
    char key[SHA256_SIZE], stored[SHA256_SIZE];
    if (!hmac_sha256(key_slice(v->stored_key), message, key))
        return false;
    mix(key, proof);
    bool fits = digest(key_slice(key), stored) && hmac_is_same(stored, v->stored_key);
    explicit_bzero(key, sizeof(key));
    return fits;
}

bool scram_signature(const struct verifier *v, struct slice message, char signature_r[VERIFIER_KEY])
{
    return hmac_sha256(key_slice(v->server_key), message, signature_r);
}

bool scram_take(struct slice *rest, char name, struct slice *value_r)
{
    if (rest->len < 2 || rest->at[0] != name || rest->at[1] != '=')
        return false;
    *rest = slice_from(*rest, 2);
    *value_r = SLICE("");
    return rest->len == 0 || slice_split(rest, ',', value_r);
}
