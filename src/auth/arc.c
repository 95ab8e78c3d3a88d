#include "auth/arc.h"

#include "auth/dkim_tags.h"
#include "mail/header.h"

enum { FIELD_MOST = 64 * 1024 };

static struct slice value_of(struct slice field)
{
    return slice_from(field, slice_find(field, ':', 0) + 1);
}

const char *arc_state_name(enum arc_state s)
{
    static const char *const names[] = {
        [ARC_NONE] = "none", [ARC_PASS] = "pass", [ARC_FAIL] = "fail"};
    return names[s];
}

/* ---- the chain as it stands ---- */

static struct slice *place_of(struct arc_set *set, struct slice name)
{
    if (slice_ieq(name, SLICE("ARC-Authentication-Results")))
        return &set->results;
    if (slice_ieq(name, SLICE("ARC-Message-Signature")))
        return &set->signature;
    return slice_ieq(name, SLICE("ARC-Seal")) ? &set->seal : NULL;
}

static void take_field(struct arc_chain *c, const struct header_field *field)
{
    struct arc_set none;
    struct slice text;
    uint32_t instance = 0;
    if (!place_of(&none, field->name))
        return;
    if (!dkim_tag(field->body, "i", &text) || !slice_u32(text, &instance) || instance == 0 ||
        instance > ARC_SETS_MAX) {
        c->state = ARC_FAIL;
        return;
    }
    struct slice *place = place_of(&c->sets[instance - 1], field->name);
    if (place->len)
        c->state = ARC_FAIL;
    *place = field->whole;
    if (instance > c->count)
        c->count = instance;
}

/* Which state a seal claims for what was there before it. */
static bool has_claim(const struct arc_set *set, const char *state)
{
    struct slice value;
    return dkim_tag(value_of(set->seal), "cv", &value) && slice_ieq(value, slice_str(state));
}

void arc_chain_read(struct arc_chain *c, struct slice header)
{
    struct header_field field;
    memset(c, 0, sizeof(*c));
    while (header_next(&header, &field))
        take_field(c, &field);
    for (size_t i = 0; i < c->count; i++) {
        const struct arc_set *set = &c->sets[i];
        if (!set->results.len || !set->signature.len || !set->seal.len ||
            !has_claim(set, i ? "pass" : "none"))
            c->state = ARC_FAIL;
    }
    c->is_over = c->count && has_claim(&c->sets[c->count - 1], "fail");
    if (c->count && c->state == ARC_NONE)
        c->state = ARC_PASS;
}

/* ---- judging it ---- */

size_t arc_chain_keys(const struct arc_chain *c)
{
    return c->state == ARC_PASS ? c->count + 1 : 0;
}

/* The newest signature of the message, then the seals. */
static struct slice signature_of(const struct arc_chain *c, size_t k)
{
    return k ? c->sets[k - 1].seal : c->sets[c->count - 1].signature;
}

bool arc_chain_key_name(const struct arc_chain *c, size_t k, struct buf *out)
{
    return dkim_tag_key_name(value_of(signature_of(c, k)), out);
}

/* `c=header/body`; simple is what is left out (RFC 6376 3.5). */
static void forms_of(const struct arc_chain *c, struct slice *header_r, struct slice *body_r)
{
    struct slice value = {"", 0};
    *header_r = *body_r = SLICE("simple");
    if (!dkim_tag(value_of(signature_of(c, 0)), "c", &value))
        return;
    size_t slash = slice_find(value, '/', 0);
    *header_r = slice_head(value, slash);
    if (slash != SLICE_NONE)
        *body_r = slice_from(value, slash + 1);
}

bool arc_chain_has_simple_body(const struct arc_chain *c)
{
    struct slice header, body;
    if (c->state != ARC_PASS)
        return false;
    forms_of(c, &header, &body);
    return slice_ieq(body, SLICE("simple"));
}

static bool message_is_signed(const struct arc_chain *c, const struct dkim_message *m,
                              const char body_hash[SHA256_SIZE], struct slice record)
{
    char digest[SHA256_SIZE], storage[2 * SHA256_SIZE];
    struct slice field = signature_of(c, 0), tags = value_of(field), names, value, form, body;
    struct buf unsigned_field, hash;
    buf_init_fixed(&hash, storage, sizeof(storage));
    if (dkim_tag(tags, "l", &value) || !dkim_tag(tags, "h", &names) ||
        !dkim_tag(tags, "bh", &value) || !dkim_tag_bytes(value, &hash) ||
        !slice_eq(buf_slice(&hash), slice_of(body_hash, SHA256_SIZE)))
        return false;
    forms_of(c, &form, &body);
    buf_init(&unsigned_field, m->header.mem, FIELD_MOST);
    dkim_tag_unsign(field, &unsigned_field);
    bool good = !unsigned_field.failed &&
                dkim_header_hash(dkim_message_header(m), names, buf_slice(&unsigned_field),
                                 slice_ieq(form, SLICE("simple")), m->header.mem, digest) &&
                dkim_tag_signed(tags, record, digest);
    buf_free(&unsigned_field);
    return good;
}

static void hash_field(struct sha256 *hash, struct buf *line, struct slice field, const char *end)
{
    buf_clear(line);
    dkim_relax_field(line, field);
    buf_add_str(line, end);
    sha256_add(hash, buf_slice(line));
}

/* What a seal signs (RFC 8617 5.1.1): the sets from `first` to its own, and itself without its b=.
 */
static bool hash_sets(const struct arc_set *first, size_t count, struct slice seal,
                      const struct mem *mem, char digest_r[SHA256_SIZE])
{
    struct sha256 hash;
    struct buf line;
    buf_init(&line, mem, FIELD_MOST);
    sha256_begin(&hash);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        hash_field(&hash, &line, first[i].results, "\r\n");
        good = good && !line.failed;
        hash_field(&hash, &line, first[i].signature, "\r\n");
        good = good && !line.failed;
        if (i + 1 < count)
            hash_field(&hash, &line, first[i].seal, "\r\n");
        good = good && !line.failed;
    }
    hash_field(&hash, &line, seal, "");
    good = good && !line.failed;
    buf_free(&line);
    return sha256_end(&hash, digest_r) && good;
}

static bool is_sealed(const struct arc_chain *c, size_t count, const struct mem *mem,
                      struct slice record)
{
    char digest[SHA256_SIZE];
    struct slice seal = c->sets[count - 1].seal;
    struct buf unsigned_seal;
    buf_init(&unsigned_seal, mem, FIELD_MOST);
    dkim_tag_unsign(seal, &unsigned_seal);
    bool good = !unsigned_seal.failed &&
                hash_sets(c->sets, count, buf_slice(&unsigned_seal), mem, digest) &&
                dkim_tag_signed(value_of(seal), record, digest);
    buf_free(&unsigned_seal);
    return good;
}

void arc_chain_judge(struct arc_chain *c, const struct dkim_message *m,
                     const char body_hash[SHA256_SIZE], const struct slice *records)
{
    if (c->state != ARC_PASS)
        return;
    if (!message_is_signed(c, m, body_hash, records[0]))
        c->state = ARC_FAIL;
    for (size_t count = c->count; count > 0 && c->state == ARC_PASS; count--)
        if (!is_sealed(c, count, m->header.mem, records[count]))
            c->state = ARC_FAIL;
}

/* ---- the next set ---- */

static bool write_seal(struct arc_set *set, const struct arc_chain *c, const struct mem *mem,
                       const struct dkim_key *key, int64_t now, struct buf *out)
{
    char digest[SHA256_SIZE];
    struct arc_set sets[ARC_SETS_MAX];
    size_t from = out->len;
    buf_addf(out, "ARC-Seal: i=%zu; a=%s; t=", c->count + 1,
             key_type(key->key) == KEY_RSA ? "rsa-sha256" : "ed25519-sha256");
    buf_add_u64(out, now > 0 ? (uint64_t)now : 0);
    buf_addf(out, "; cv=%s;\r\n\td=%.*s; s=%.*s;\r\n\tb=", arc_state_name(c->state),
             SLICE_ARG(key->domain), SLICE_ARG(key->selector));
    memcpy(sets, c->sets, c->count * sizeof(*sets));
    sets[c->count] = *set;
    /* a failed chain is not sealed with the rest, which nobody can be sure of (RFC 8617 5.1.2) */
    const struct arc_set *first = c->state == ARC_FAIL ? &sets[c->count] : sets;
    size_t count = c->state == ARC_FAIL ? 1 : c->count + 1;
    return !out->failed && hash_sets(first, count, slice_from(buf_slice(out), from), mem, digest) &&
           dkim_write_signature(out, key->key, digest);
}

bool arc_seal(const struct arc_chain *c, const struct dkim_message *m, const struct dkim_key *key,
              struct slice hostname, int64_t now, struct buf *out)
{
    char signature[DKIM_SIGNATURE_MAX], results[512], begin[64];
    struct buf first, second;
    if (c->is_over || c->count == ARC_SETS_MAX)
        return false;
    buf_init_fixed(&second, signature, sizeof(signature));
    buf_init_fixed(&first, results, sizeof(results));
    buf_addf(&first, "ARC-Authentication-Results: i=%zu; %.*s;\r\n\tarc=%s\r\n", c->count + 1,
             SLICE_ARG(hostname), arc_state_name(c->state));
    struct buf name;
    buf_init_fixed(&name, begin, sizeof(begin) - 1);
    buf_addf(&name, "ARC-Message-Signature: i=%zu", c->count + 1);
    begin[name.len] = '\0';
    if (first.failed || !dkim_message_sign_as(m, key, begin, true, now, &second))
        return false;
    struct arc_set set = {.results = buf_slice(&first), .signature = buf_slice(&second)};
    bool is_sealed_now = write_seal(&set, c, m->header.mem, key, now, out);
    buf_add(out, set.signature);
    buf_add(out, set.results);
    return is_sealed_now && !out->failed;
}
