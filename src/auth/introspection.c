#include "auth/introspection.h"

#include "base/base64.h"
#include "base/json_read.h"
#include "crypto/sha256.h"

enum { MEMBER_MAX = 64, NAME_MAX_LEN = 255, CREDENTIALS_MAX = 4096 };

/* RFC 6749 B */
static void add_encoded(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '*')
            buf_add_char(out, c);
        else
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void introspection_write_form(struct buf *out, struct slice token)
{
    buf_add_str(out, "token=");
    add_encoded(out, token);
    buf_add_str(out, "&token_type_hint=access_token");
}

void introspection_write_authorization(struct buf *out, struct slice user, struct slice password)
{
    char storage[CREDENTIALS_MAX];
    struct buf both;
    buf_init_fixed(&both, storage, sizeof(storage));
    add_encoded(&both, user);
    buf_add_char(&both, ':');
    add_encoded(&both, password);
    out->failed |= both.failed;
    buf_add_str(out, "Basic ");
    base64_write(out, buf_slice(&both));
    explicit_bzero(storage, sizeof(storage));
}

_Static_assert((int)INTROSPECTION_DIGEST == (int)SHA256_SIZE, "it is one of SHA-256");
bool introspection_digest(struct slice token, char digest_r[INTROSPECTION_DIGEST])
{
    struct sha256 h;
    sha256_begin(&h);
    sha256_add(&h, token);
    return sha256_end(&h, digest_r);
}

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
            return false;
    return s.len > 0 && s.len <= NAME_MAX_LEN;
}

/* Seconds, perhaps with a fraction; INT64_MAX: not said. */
static int64_t read_time(struct slice json, struct arena *arena)
{
    struct slice text = json_read_member_text(json, "exp", arena);
    uint64_t seconds;
    text = slice_head(text, slice_find(text, '.', 0));
    return slice_u64(text, &seconds) && seconds < INT64_MAX ? (int64_t)seconds : INT64_MAX;
}

static enum introspection_verdict useless(struct introspected *r, const char *why)
{
    r->why = why;
    return INTROSPECTION_USELESS;
}

enum introspection_verdict introspection_read(struct slice json,
                                              const struct introspection_terms *terms,
                                              struct arena *arena, struct introspected *r)
{
    char member[MEMBER_MAX];
    struct slice active;
    *r = (struct introspected){.name = SLICE(""), .expires = INT64_MAX};
    json = slice_trim(json);
    if (!slice_starts(json, SLICE("{")) || json_read_end(json) != json.len ||
        !json_read_member(json, "active", &active))
        return useless(r, "the answer is no JSON of RFC 7662: it has no member \"active\"");
    if (slice_eq(active, SLICE("false")))
        return INTROSPECTION_INACTIVE;
    if (!slice_eq(active, SLICE("true")) || !slice_cstr(terms->name, member, sizeof(member)))
        return useless(r, "its member \"active\" is neither true nor false");
    r->expires = read_time(json, arena);
    if (r->expires <= terms->now ||
        (terms->scope.len > 0 &&
         !slice_has_word(json_read_member_text(json, "scope", arena), terms->scope)))
        return INTROSPECTION_INACTIVE;
    r->name = json_read_member_text(json, member, arena);
    return is_name(r->name) ? INTROSPECTION_ACTIVE
                            : useless(r, "the answer does not name the account; `tokens-name` says "
                                         "which member does");
}
