/* The server's half of SCRAM (RFC 5802 5 and 7). */
#include "auth/scram.h"
#include "base/base64.h"

enum { MESSAGES_MAX = 4096 };

bool scram_read_name(struct slice text, struct buf *name)
{
    for (size_t i = 0; i < text.len; i++) {
        struct slice rest = slice_from(text, i);
        bool is_comma = slice_starts(rest, SLICE("=2C"));
        if (rest.at[0] == '\0' ||
            (rest.at[0] == '=' && !is_comma && !slice_starts(rest, SLICE("=3D"))))
            return false;
        if (rest.at[0] == '=')
            i += 2;
        buf_add_char(name, rest.at[0] != '=' ? rest.at[0] : is_comma ? ',' : '=');
    }
    return name->len > 0 && !name->failed;
}

/* `n,,`, `y,,` or `p=tls-exporter,,`, perhaps with a=NAME: to act as somebody else is not for
 * anybody here. */
static bool take_header(struct scram_server *s, struct slice message, struct slice *flag_r,
                        struct slice *as_r, struct slice *bare_r)
{
    struct slice rest = message;
    *as_r = SLICE("");
    if (!slice_split(&rest, ',', flag_r))
        return false;
    bool is_bound = slice_eq(*flag_r, SLICE("p=tls-exporter"));
    if (is_bound != s->is_bound ||
        (!is_bound && !slice_eq(*flag_r, SLICE("n")) && !slice_eq(*flag_r, SLICE("y"))))
        return false;
    if (slice_starts(rest, SLICE(",")))
        rest = slice_from(rest, 1);
    else if (!scram_take(&rest, 'a', as_r) || rest.len == 0)
        return false;
    s->header_len = message.len - rest.len;
    *bare_r = rest;
    return true;
}

static bool is_nonce(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '!' || s.at[i] > '~')
            return false;
    return s.len > 0;
}

enum scram_result scram_server_first(struct scram_server *s, struct slice message,
                                     struct slice random)
{
    struct slice flag, as, rest, name, nonce;
    char as_name[SCRAM_NAME_MAX];
    struct buf out;
    if (!take_header(s, message, &flag, &as, &rest) || !scram_take(&rest, 'n', &name) ||
        !scram_take(&rest, 'r', &nonce) || !is_nonce(nonce))
        return SCRAM_MALFORMED;
    buf_init_fixed(&out, s->name, sizeof(s->name));
    if (!scram_read_name(name, &out))
        return SCRAM_MALFORMED;
    s->name_len = out.len;
    buf_init_fixed(&out, as_name, sizeof(as_name));
    if (as.len > 0 &&
        (!scram_read_name(as, &out) || !slice_eq(buf_slice(&out), slice_of(s->name, s->name_len))))
        return SCRAM_MALFORMED;
    buf_init_fixed(&out, s->nonce, sizeof(s->nonce));
    buf_add(&out, nonce);
    base64_write(&out, random);
    s->nonce_len = out.len;
    if (out.failed)
        return SCRAM_MALFORMED;
    return s->can_bind && slice_eq(flag, SLICE("y")) ? SCRAM_WRONG : SCRAM_DONE;
}

bool scram_server_use(struct scram_server *s, const struct verifier *v)
{
    struct buf out;
    s->verifier = *v;
    buf_init_fixed(&out, s->first, sizeof(s->first));
    buf_add_str(&out, "r=");
    buf_add(&out, slice_of(s->nonce, s->nonce_len));
    buf_add_str(&out, ",s=");
    base64_write(&out, slice_of(v->salt, v->salt_len));
    buf_add_str(&out, ",i=");
    buf_add_u64(&out, v->iterations);
    s->first_len = out.len;
    return !out.failed;
}

/* Base64 of `size` bytes exactly. */
static bool reads_as(struct slice text, char *at, size_t size)
{
    struct buf out;
    buf_init_fixed(&out, at, size);
    return base64_read(&out, text) && !out.failed && out.len == size;
}

/* What the client says again of its first message, with the binding behind it (RFC 5802 5.1). */
static bool binds_as_before(const struct scram_server *s, struct slice encoded, struct slice header)
{
    char storage[SCRAM_TEXT_MAX], said[SCRAM_TEXT_MAX];
    struct buf expected;
    buf_init_fixed(&expected, storage, sizeof(storage));
    buf_add(&expected, header);
    if (s->is_bound)
        buf_add(&expected, slice_of(s->binding, sizeof(s->binding)));
    return !expected.failed && reads_as(encoded, said, expected.len) &&
           slice_eq(slice_of(said, expected.len), buf_slice(&expected));
}

static bool write_signature(const struct scram_server *s, struct slice messages, struct buf *final)
{
    char signature[VERIFIER_KEY];
    if (!scram_signature(&s->verifier, messages, signature))
        return false;
    buf_add_str(final, "v=");
    base64_write(final, slice_of(signature, sizeof(signature)));
    return !final->failed;
}

enum scram_result scram_server_final(const struct scram_server *s, struct slice client_first,
                                     struct slice client_final, struct buf *final)
{
    char storage[MESSAGES_MAX], proof[VERIFIER_KEY];
    struct slice binding, nonce, encoded, rest = client_final;
    struct buf messages;
    size_t comma = slice_rfind(client_final, ',');
    if (comma == SLICE_NONE || !scram_take(&rest, 'c', &binding) || !scram_take(&rest, 'r', &nonce))
        return SCRAM_MALFORMED;
    rest = slice_from(client_final, comma + 1); /* the proof is last; extensions may stand before */
    if (!scram_take(&rest, 'p', &encoded) || !reads_as(encoded, proof, sizeof(proof)))
        return SCRAM_MALFORMED;
    buf_init_fixed(&messages, storage, sizeof(storage));
    buf_add(&messages, slice_from(client_first, s->header_len));
    buf_add_char(&messages, ',');
    buf_add(&messages, slice_of(s->first, s->first_len));
    buf_add_char(&messages, ',');
    buf_add(&messages, slice_head(client_final, comma));
    bool fits = !messages.failed && slice_eq(nonce, slice_of(s->nonce, s->nonce_len)) &&
                binds_as_before(s, binding, slice_head(client_first, s->header_len)) &&
                scram_proof_fits(&s->verifier, buf_slice(&messages), proof) &&
                write_signature(s, buf_slice(&messages), final);
    return fits ? SCRAM_DONE : SCRAM_WRONG;
}
