#include "auth/reverse_path.h"

#include "crypto/hmac.h"

enum {
    HASH_BYTES = 5,
    HASH_CHARS = 8, /* forging one takes half a million million mails */
    STAMP_CHARS = 2,
    STAMPS = 1024,
    DAY_MS = 24 * 60 * 60 * 1000,
    SIGNED_MOST = 1024
};

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */

static const struct slice srs0 = SLICE_INIT("SRS0"), srs1 = SLICE_INIT("SRS1"),
                          verp = SLICE_INIT("+v=");

static unsigned today(int64_t now)
{
    return (unsigned)(now / DAY_MS % STAMPS);
}

static void write_stamp(char stamp_r[STAMP_CHARS], unsigned day)
{
    stamp_r[0] = digits[day >> 5];
    stamp_r[1] = digits[day & 31];
}

static bool read_stamp(struct slice text, unsigned *day_r)
{
    *day_r = 0;
    for (size_t i = 0; i < STAMP_CHARS && text.len == STAMP_CHARS; i++) {
        size_t value = slice_find(slice_str(digits), ascii_lower(text.at[i]), 0);
        if (value >= 32)
            return false;
        *day_r = *day_r << 5 | (unsigned)value;
    }
    return text.len == STAMP_CHARS;
}

/* Of parts that no other parts run together to. */
static bool make_hash(const struct reverse_paths *r, const struct slice parts[3],
                      char hash_r[HASH_CHARS])
{
    char storage[SIGNED_MOST], mac[SHA256_SIZE];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < parts[i].len; at++)
            buf_add_char(&text, ascii_lower(parts[i].at[at]));
        buf_add_char(&text, '\0');
    }
    if (text.failed || !hmac_sha256(r->secret, buf_slice(&text), mac))
        return false;
    uint64_t bits = 0;
    for (size_t i = 0; i < HASH_BYTES; i++)
        bits = bits << 8 | (unsigned char)mac[i];
    for (size_t i = HASH_CHARS; i-- > 0; bits >>= 5)
        hash_r[i] = digits[bits & 31];
    return true;
}

/* Takes the same time wherever the first difference is. */
static bool has_hash(const struct reverse_paths *r, const struct slice parts[3], struct slice hash)
{
    char right[HASH_CHARS];
    unsigned differs = 0;
    if (hash.len != HASH_CHARS || !make_hash(r, parts, right))
        return false;
    for (size_t i = 0; i < HASH_CHARS; i++)
        differs |= (unsigned)(ascii_lower(hash.at[i]) ^ right[i]);
    return differs == 0;
}

/* A local part that is an atom can be part of another one. An atom has no NUL (RFC 5321 4.1.2). */
static bool can_be_part(const struct address *a)
{
    return a->local.len > 0 && a->domain.len > 0 && a->local.at[0] != '"' &&
           a->domain.at[0] != '[' && slice_find(a->domain, '=', 0) == SLICE_NONE &&
           slice_find(a->text, '\0', 0) == SLICE_NONE;
}

/* `begin`HASH`middle`@`domain`; nothing where it would be too long (RFC 5321 4.5.3.1.1). */
static bool write_path(struct buf *out, const char hash[HASH_CHARS], const struct slice around[3])
{
    size_t local = around[0].len + HASH_CHARS + around[1].len;
    if (local > ADDRESS_LOCAL_MAX || local + 1 + around[2].len > ADDRESS_MAX)
        return false;
    buf_add(out, around[0]);
    buf_add(out, slice_of(hash, HASH_CHARS));
    buf_add(out, around[1]);
    buf_add_char(out, '@');
    buf_add(out, around[2]);
    return !out->failed;
}

/* The sender's address was rewritten already: this host stands before the first that did, and those
 * between are left out. */
static bool forward_again(const struct reverse_paths *r, const struct address *a, struct buf *out)
{
    char storage[ADDRESS_MAX], hash[HASH_CHARS];
    struct slice first = a->domain, rest = slice_from(a->local, srs0.len);
    struct buf middle;
    if (slice_istarts(a->local, srs1)) { /* SRS1=HASH=first=rest */
        struct slice old;
        rest = slice_from(rest, 1);
        if (!slice_split(&rest, '=', &old) || !slice_split(&rest, '=', &first) || rest.len == 0)
            return false;
    }
    buf_init_fixed(&middle, storage, sizeof(storage));
    buf_addf(&middle, "=%.*s=%.*s", SLICE_ARG(first), SLICE_ARG(rest));
    const struct slice parts[] = {srs1, first, rest};
    return !middle.failed && make_hash(r, parts, hash) &&
           write_path(out, hash,
                      (const struct slice[]){SLICE("SRS1="), buf_slice(&middle), r->forwards_at});
}

bool reverse_path_forward(const struct reverse_paths *r, struct slice sender, int64_t now,
                          struct buf *out)
{
    char stamp[STAMP_CHARS], hash[HASH_CHARS], storage[ADDRESS_MAX];
    struct address a = address_split(sender);
    struct buf middle;
    if (r->secret.len == 0 || r->forwards_at.len == 0 || !can_be_part(&a))
        return false;
    bool is_rewritten = slice_istarts(a.local, srs0) || slice_istarts(a.local, srs1);
    if (is_rewritten && a.local.len > srs0.len && slice_find(SLICE("=+-"), a.local.at[4], 0) < 3)
        return forward_again(r, &a, out);
    write_stamp(stamp, today(now));
    buf_init_fixed(&middle, storage, sizeof(storage));
    buf_addf(&middle, "=%.2s=%.*s=%.*s", stamp, SLICE_ARG(a.domain), SLICE_ARG(a.local));
    const struct slice parts[] = {slice_of(stamp, STAMP_CHARS), a.domain, a.local};
    return !middle.failed && make_hash(r, parts, hash) &&
           write_path(out, hash,
                      (const struct slice[]){SLICE("SRS0="), buf_slice(&middle), r->forwards_at});
}

bool reverse_path_tracks(const struct reverse_paths *r, struct slice sender)
{
    struct address a = address_split(sender);
    for (size_t i = 0; r->secret.len && i < r->tracked_count; i++)
        if (slice_ieq(r->tracked[i], a.domain))
            return can_be_part(&a);
    return false;
}

bool reverse_path_track_asked(const struct reverse_paths *r, struct slice sender,
                              struct slice recipient, int64_t now, struct buf *out)
{
    char stamp[STAMP_CHARS], hash[HASH_CHARS], before[ADDRESS_MAX], behind[ADDRESS_MAX];
    struct address a = address_split(sender), to = address_split(recipient);
    struct buf begin, middle;
    if (r->secret.len == 0 || !can_be_part(&a) || !can_be_part(&to))
        return false;
    write_stamp(stamp, today(now));
    buf_init_fixed(&begin, before, sizeof(before));
    buf_addf(&begin, "%.*s%.*s", SLICE_ARG(a.local), SLICE_ARG(verp));
    buf_init_fixed(&middle, behind, sizeof(behind));
    buf_addf(&middle, "=%.2s=%.*s=%.*s", stamp, SLICE_ARG(to.local), SLICE_ARG(to.domain));
    const struct slice parts[] = {slice_of(stamp, STAMP_CHARS), sender, recipient};
    return !begin.failed && !middle.failed && make_hash(r, parts, hash) &&
           write_path(out, hash,
                      (const struct slice[]){buf_slice(&begin), buf_slice(&middle), a.domain});
}

bool reverse_path_track(const struct reverse_paths *r, struct slice sender, struct slice recipient,
                        int64_t now, struct buf *out)
{
    return reverse_path_tracks(r, sender) &&
           reverse_path_track_asked(r, sender, recipient, now, out);
}

bool reverse_path_delimit(struct slice delimiters, struct slice sender, struct slice recipient,
                          struct buf *out)
{
    struct address a = address_split(sender), to = address_split(recipient);
    size_t local = a.local.len + to.local.len + to.domain.len + 2;
    if (delimiters.len != 2 || !can_be_part(&a) || !can_be_part(&to) || local > ADDRESS_LOCAL_MAX ||
        local + 1 + a.domain.len > ADDRESS_MAX)
        return false;
    buf_addf(out, "%.*s%c%.*s%c%.*s@%.*s", SLICE_ARG(a.local), delimiters.at[0],
             SLICE_ARG(to.local), delimiters.at[1], SLICE_ARG(to.domain), SLICE_ARG(a.domain));
    return !out->failed;
}

static enum reverse_path_kind judge(const struct reverse_paths *r, const struct slice parts[3],
                                    struct slice hash, int64_t now, enum reverse_path_kind good)
{
    unsigned day = 0;
    if (!read_stamp(parts[0], &day) || !has_hash(r, parts, hash))
        return REVERSE_PATH_FORGED;
    unsigned days = (today(now) + STAMPS - day) % STAMPS;
    return days > (uint64_t)(r->age / DAY_MS) ? REVERSE_PATH_OLD : good;
}

/* SRS0=HASH=TT=domain=local */
static enum reverse_path_kind read_first(const struct reverse_paths *r, struct slice rest,
                                         int64_t now, struct buf *out)
{
    struct slice hash, stamp, domain;
    if (!slice_split(&rest, '=', &hash) || !slice_split(&rest, '=', &stamp) ||
        !slice_split(&rest, '=', &domain) || rest.len == 0)
        return REVERSE_PATH_FORGED;
    buf_addf(out, "%.*s@%.*s", SLICE_ARG(rest), SLICE_ARG(domain));
    return judge(r, (const struct slice[]){stamp, domain, rest}, hash, now, REVERSE_PATH_FORWARDED);
}

/* SRS1=HASH=first=rest: that host judges how old it is. */
static enum reverse_path_kind read_again(const struct reverse_paths *r, struct slice rest,
                                         struct buf *out)
{
    struct slice hash, first;
    if (!slice_split(&rest, '=', &hash) || !slice_split(&rest, '=', &first) || rest.len == 0)
        return REVERSE_PATH_FORGED;
    buf_addf(out, "SRS0%.*s@%.*s", SLICE_ARG(rest), SLICE_ARG(first));
    return has_hash(r, (const struct slice[]){srs1, first, rest}, hash) ? REVERSE_PATH_FORWARDED
                                                                        : REVERSE_PATH_FORGED;
}

/* sender+v=HASH=TT=local=domain; the domain is the last part, since a local part may have a `=`. */
static enum reverse_path_kind read_tracked(const struct reverse_paths *r, const struct address *a,
                                           size_t mark, int64_t now, struct buf *out)
{
    char sender[ADDRESS_MAX + ADDRESS_LOCAL_MAX];
    struct buf from;
    struct slice rest = slice_from(a->local, mark + verp.len), hash, stamp;
    size_t before = out->len;
    if (!slice_split(&rest, '=', &hash) || !slice_split(&rest, '=', &stamp))
        return REVERSE_PATH_FORGED;
    size_t last = slice_rfind(rest, '=');
    if (last == SLICE_NONE)
        return REVERSE_PATH_FORGED;
    buf_init_fixed(&from, sender, sizeof(sender));
    buf_addf(&from, "%.*s@%.*s", SLICE_ARG(slice_head(a->local, mark)), SLICE_ARG(a->domain));
    buf_addf(out, "%.*s@%.*s", SLICE_ARG(slice_head(rest, last)),
             SLICE_ARG(slice_from(rest, last + 1)));
    return judge(
        r, (const struct slice[]){stamp, buf_slice(&from), slice_from(buf_slice(out), before)},
        hash, now, REVERSE_PATH_TRACKED);
}

enum reverse_path_kind reverse_path_read(const struct reverse_paths *r, struct slice address,
                                         int64_t now, struct buf *out)
{
    struct address a = address_split(address);
    if (r->secret.len == 0 || a.local.len > ADDRESS_LOCAL_MAX || a.domain.len > ADDRESS_DOMAIN_MAX)
        return REVERSE_PATH_NONE;
    if (r->forwards_at.len && slice_ieq(a.domain, r->forwards_at)) {
        if (slice_istarts(a.local, SLICE("SRS0=")))
            return read_first(r, slice_from(a.local, srs0.len + 1), now, out);
        if (slice_istarts(a.local, SLICE("SRS1=")))
            return read_again(r, slice_from(a.local, srs1.len + 1), out);
    }
    size_t mark = slice_ifind_slice(a.local, verp, 0);
    if (mark == SLICE_NONE)
        return REVERSE_PATH_NONE;
    size_t before = out->len;
    enum reverse_path_kind kind = read_tracked(r, &a, mark, now, out);
    if (kind != REVERSE_PATH_FORGED || reverse_path_tracks(r, address))
        return kind;
    out->len = before; /* somebody's own detail behind a plus, where nothing is always tracked */
    return REVERSE_PATH_NONE;
}
