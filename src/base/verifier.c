#include "base/verifier.h"

#include "base/base64.h"

static const struct slice scheme = SLICE_INIT("SCRAM-SHA-256$");

bool verifier_is_meant(struct slice text)
{
    return slice_starts(text, scheme);
}

/* Returns how many bytes came out; 0: it is not base64, or too much. */
static size_t decode(struct slice text, char *at, size_t room)
{
    struct buf out;
    buf_init_fixed(&out, at, room);
    return base64_read(&out, text) && !out.failed ? out.len : 0;
}

bool verifier_read(struct slice text, struct verifier *v_r)
{
    struct slice rest = slice_from(text, scheme.len), iterations, salt, stored;
    *v_r = (struct verifier){0};
    if (!verifier_is_meant(text) || !slice_split(&rest, ':', &iterations) ||
        !slice_split(&rest, '$', &salt) || !slice_split(&rest, ':', &stored))
        return false;
    v_r->salt_len = decode(salt, v_r->salt, sizeof(v_r->salt));
    return slice_u32(iterations, &v_r->iterations) &&
           v_r->iterations >= VERIFIER_ITERATIONS_LEAST &&
           v_r->iterations <= VERIFIER_ITERATIONS_MOST && v_r->salt_len > 0 &&
           decode(stored, v_r->stored_key, VERIFIER_KEY) == VERIFIER_KEY &&
           decode(rest, v_r->server_key, VERIFIER_KEY) == VERIFIER_KEY;
}

void verifier_write(struct buf *out, const struct verifier *v)
{
    buf_add(out, scheme);
    buf_add_u64(out, v->iterations);
    buf_add_char(out, ':');
    base64_write(out, slice_of(v->salt, v->salt_len));
    buf_add_char(out, '$');
    base64_write(out, slice_of(v->stored_key, VERIFIER_KEY));
    buf_add_char(out, ':');
    base64_write(out, slice_of(v->server_key, VERIFIER_KEY));
}
