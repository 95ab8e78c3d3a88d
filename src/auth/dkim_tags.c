#include "auth/dkim_tags.h"

#include "base/base64.h"
#include "crypto/public_key.h"
#include "mail/address.h"

enum { BYTES_MOST = 4096 };

static bool split_tag(struct slice *rest, struct slice *name_r, struct slice *value_r)
{
    struct slice tag;
    if (!slice_split(rest, ';', &tag))
        return false;
    size_t equals = slice_find(tag, '=', 0);
    *name_r = slice_trim(slice_head(tag, equals));
    *value_r = slice_trim(equals == SLICE_NONE ? SLICE("") : slice_from(tag, equals + 1));
    return true;
}

bool dkim_tag(struct slice list, const char *name, struct slice *value_r)
{
    struct slice one, value;
    size_t count = 0;
    while (split_tag(&list, &one, &value))
        if (slice_eq(one, slice_str(name))) {
            *value_r = value;
            count++;
        }
    return count == 1;
}

bool dkim_tag_bytes(struct slice value, struct buf *out)
{
    char storage[2 * BYTES_MOST];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    for (struct slice word; slice_word(&value, &word);)
        buf_add(&text, word);
    return !text.failed && base64_read(out, buf_slice(&text)) && !out->failed;
}

void dkim_tag_unsign(struct slice field, struct buf *out)
{
    size_t colon = slice_find(field, ':', 0);
    if (slice_iends(field, SLICE("\r\n")))
        field.len -= 2;
    if (colon == SLICE_NONE)
        return;
    buf_add(out, slice_head(field, colon + 1));
    struct slice rest = slice_from(field, colon + 1), tag;
    for (bool is_first = true; slice_split(&rest, ';', &tag); is_first = false) {
        size_t equals = slice_find(tag, '=', 0);
        bool is_b =
            equals != SLICE_NONE && slice_eq(slice_trim(slice_head(tag, equals)), SLICE("b"));
        buf_add_str(out, is_first ? "" : ";");
        buf_add(out, is_b ? slice_head(tag, equals + 1) : tag);
    }
    if (field.at[field.len - 1] == ';')
        buf_add_char(out, ';');
}

bool dkim_tag_key_name(struct slice list, struct buf *out)
{
    struct slice domain, selector;
    if (!dkim_tag(list, "d", &domain) || !dkim_tag(list, "s", &selector) ||
        !domain_is_valid(domain) || !domain_is_valid(selector))
        return false;
    buf_addf(out, "%.*s._domainkey.%.*s", SLICE_ARG(selector), SLICE_ARG(domain));
    return !out->failed && out->len <= ADDRESS_DOMAIN_MAX;
}

/* RFC 6376 3.6.1. */
static bool read_record(struct slice record, enum key_type type, struct buf *key)
{
    struct slice value;
    if (dkim_tag(record, "v", &value) && !slice_eq(value, SLICE("DKIM1")))
        return false;
    struct slice kind = SLICE("rsa");
    (void)!dkim_tag(record, "k", &kind);
    return slice_ieq(kind, type == KEY_RSA ? SLICE("rsa") : SLICE("ed25519")) &&
           dkim_tag(record, "p", &value) && value.len > 0 && dkim_tag_bytes(value, key);
}

bool dkim_tag_signed(struct slice list, struct slice record, const char digest[SHA256_SIZE])
{
    char key_bytes[BYTES_MOST], signature_bytes[BYTES_MOST];
    struct slice algorithm, value;
    struct buf key, signature;
    buf_init_fixed(&key, key_bytes, sizeof(key_bytes));
    buf_init_fixed(&signature, signature_bytes, sizeof(signature_bytes));
    if (!dkim_tag(list, "a", &algorithm) || !dkim_tag(list, "b", &value))
        return false;
    bool is_rsa = slice_ieq(algorithm, SLICE("rsa-sha256"));
    if (!is_rsa && !slice_ieq(algorithm, SLICE("ed25519-sha256")))
        return false;
    enum key_type type = is_rsa ? KEY_RSA : KEY_ED25519;
    return read_record(record, type, &key) && dkim_tag_bytes(value, &signature) &&
           public_key_signed(type, buf_slice(&key), digest, buf_slice(&signature));
}
