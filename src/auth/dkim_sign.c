#include "auth/dkim_sign.h"

#include "base/base64.h"
#include "mail/header.h"

/* Which fields are signed (RFC 6376 5.4.1). `beyond`: named once more than they are there, so that
 * nobody can add another one (RFC 6376 5.4.2); not those that mailing lists and the like add. */
static const struct {
    const char *name;
    bool beyond;
} signed_fields[] = {
    {"From", true},
    {"To", true},
    {"Cc", true},
    {"Subject", true},
    {"Date", true},
    {"Message-ID", true},
    {"Reply-To", true},
    {"In-Reply-To", true},
    {"References", true},
    {"MIME-Version", true},
    {"Content-Type", true},
    {"Content-Transfer-Encoding", true},
    {"Sender", false},
    {"Content-ID", false},
    {"Content-Description", false},
    {"Content-Disposition", false},
    {"Resent-Date", false},
    {"Resent-From", false},
    {"Resent-To", false},
    {"Resent-Cc", false},
    {"List-Id", false},
    {"List-Help", false},
    {"List-Unsubscribe", false},
    {"List-Unsubscribe-Post", false},
    {"List-Subscribe", false},
    {"List-Post", false},
    {"List-Owner", false},
    {"List-Archive", false},
    {"Auto-Submitted", false},
    {"DKIM-Signature", false},
};
enum { FIELDS_FOR_DKIM = sizeof(signed_fields) / sizeof(signed_fields[0]) - 1 };

/* Of one name; an honest message has one of each but for Resent blocks. */
enum { FIELDS_MAX = 16, LINE_MAX_WIDTH = 76 };

static void hash_body(void *ctx, struct slice bytes)
{
    sha256_add(ctx, bytes);
}

void dkim_message_begin(struct dkim_message *m, const struct mem *mem)
{
    buf_init(&m->header, mem, DKIM_HEADER_MAX);
    m->searched = 0;
    m->is_in_body = false;
    dkim_body_begin(&m->body, hash_body, &m->hash);
    sha256_begin(&m->hash);
}

/* The empty line that ends the header: what follows it is body. */
static void look_for_end(struct dkim_message *m)
{
    struct slice all = buf_slice(&m->header);
    size_t end = slice_find_slice(all, SLICE("\r\n\r\n"), m->searched);
    m->searched = all.len > 3 ? all.len - 3 : 0;
    if (end == SLICE_NONE)
        return;
    m->is_in_body = true;
    dkim_body_add(&m->body, slice_from(all, end + 4));
    m->header.len = end + 2;
}

void dkim_message_add(struct dkim_message *m, struct slice in)
{
    if (m->is_in_body) {
        dkim_body_add(&m->body, in);
        return;
    }
    /* in pieces: only the header has to fit */
    for (struct slice part; in.len && !m->is_in_body && !m->header.failed;) {
        part = slice_head(in, 16 * 1024);
        in = slice_from(in, part.len);
        buf_add(&m->header, part);
        look_for_end(m);
    }
    if (m->is_in_body)
        dkim_body_add(&m->body, in);
}

static bool is_header(struct slice header)
{
    struct header_field field;
    size_t from = 0;
    while (header_next(&header, &field))
        from += slice_ieq(field.name, SLICE("From"));
    return header.len == 0 && from == 1;
}

bool dkim_message_end(struct dkim_message *m)
{
    dkim_body_end(&m->body);
    return sha256_end(&m->hash, m->body_hash) && !m->header.failed &&
           is_header(buf_slice(&m->header));
}

struct slice dkim_message_header(const struct dkim_message *m)
{
    return buf_slice(&m->header);
}

void dkim_message_free(struct dkim_message *m)
{
    sha256_drop(&m->hash);
    buf_free(&m->header);
}

/* The fields of one name, from the top; how many there are, though no more than FIELDS_MAX are
 * kept. */
static size_t find_fields(struct slice header, struct slice name, struct slice found[FIELDS_MAX])
{
    struct header_field field;
    size_t count = 0;
    while (header_next(&header, &field)) {
        if (!slice_ieq(field.name, name))
            continue;
        if (count < FIELDS_MAX)
            found[count] = field.whole;
        count++;
    }
    return count;
}

/* How often `name` stands among the names before `end`. */
static size_t count_before(struct slice names, const char *end, struct slice name)
{
    struct slice before = slice_of(names.at, (size_t)(end - names.at)), one;
    size_t count = 0;
    while (slice_split(&before, ':', &one))
        count += slice_ieq(slice_trim(one), name);
    return count;
}

static void hash_field(struct sha256 *hash, struct buf *line, struct slice field, const char *end,
                       bool is_simple)
{
    buf_clear(line);
    if (is_simple)
        buf_add(line, slice_iends(field, SLICE("\r\n")) ? slice_head(field, field.len - 2) : field);
    else
        dkim_relax_field(line, field);
    buf_add_str(line, end);
    sha256_add(hash, buf_slice(line));
}

bool dkim_header_hash(struct slice header, struct slice names, struct slice signature,
                      bool is_simple, const struct mem *mem, char digest_r[SHA256_SIZE])
{
    struct slice found[FIELDS_MAX], rest = names, name;
    struct sha256 hash;
    struct buf line;
    bool good = true;
    buf_init(&line, mem, DKIM_HEADER_MAX + 16);
    sha256_begin(&hash);
    while (good && slice_split(&rest, ':', &name)) {
        size_t taken = count_before(names, name.at, slice_trim(name));
        size_t count = find_fields(header, slice_trim(name), found);
        good = count <= FIELDS_MAX;
        if (good && taken < count)
            hash_field(&hash, &line, found[count - 1 - taken], "\r\n", is_simple);
        good = good && !line.failed;
    }
    hash_field(&hash, &line, signature, "", is_simple);
    good = good && !line.failed;
    buf_free(&line);
    return sha256_end(&hash, digest_r) && good;
}

/* The names of the fields to sign, with colons between them. */
static bool write_names(struct buf *out, struct slice header, size_t fields)
{
    struct slice found[FIELDS_MAX];
    bool is_first = true;
    for (size_t i = 0; i < fields; i++) {
        size_t count = find_fields(header, slice_str(signed_fields[i].name), found);
        if (count > FIELDS_MAX)
            return false;
        for (size_t k = 0; k < count + signed_fields[i].beyond; k++, is_first = false) {
            buf_add_str(out, is_first ? "" : ":");
            buf_add_str(out, signed_fields[i].name);
        }
    }
    return !out->failed;
}

/* `text` in lines: folded behind the last `separator` that fits, or anywhere when it is NUL. */
static void write_folded(struct buf *out, struct slice text, size_t column, char separator)
{
    while (column + text.len > LINE_MAX_WIDTH) {
        size_t room = LINE_MAX_WIDTH - column;
        size_t cut = separator ? slice_rfind(slice_head(text, room), separator) + 1 : room;
        if (cut == 0)
            break;
        buf_add(out, slice_head(text, cut));
        buf_add_str(out, "\r\n\t");
        text = slice_from(text, cut);
        column = 8;
    }
    buf_add(out, text);
}

static void write_field(struct buf *out, const struct dkim_message *m, const struct dkim_key *key,
                        const char *begin, struct slice names, int64_t now)
{
    buf_addf(out, "%s; a=%s; c=relaxed/relaxed;\r\n\td=%.*s; s=%.*s;\r\n\tt=", begin,
             key_type(key->key) == KEY_RSA ? "rsa-sha256" : "ed25519-sha256",
             SLICE_ARG(key->domain), SLICE_ARG(key->selector));
    buf_add_u64(out, now > 0 ? (uint64_t)now : 0);
    buf_add_str(out, "; bh=");
    base64_write(out, slice_of(m->body_hash, sizeof(m->body_hash)));
    buf_add_str(out, ";\r\n\th=");
    write_folded(out, names, 10, ':');
    buf_add_str(out, ";\r\n\tb=");
}

bool dkim_write_signature(struct buf *out, const struct key *key, const char digest[SHA256_SIZE])
{
    char bytes[KEY_RSA_BITS_MOST / 8], text[2 * KEY_RSA_BITS_MOST / 8];
    struct buf signature, base64;
    buf_init_fixed(&signature, bytes, sizeof(bytes));
    buf_init_fixed(&base64, text, sizeof(text));
    if (!key_sign(key, digest, &signature))
        return false;
    base64_write(&base64, buf_slice(&signature));
    write_folded(out, buf_slice(&base64), 10, '\0');
    buf_add_str(out, "\r\n");
    return !out->failed && !base64.failed;
}

bool dkim_message_sign_as(const struct dkim_message *m, const struct dkim_key *key,
                          const char *begin, bool covers_dkim, int64_t now, struct buf *out)
{
    char storage[4096], digest[SHA256_SIZE];
    struct slice header = buf_slice(&m->header);
    size_t from = out->len;
    struct buf names;
    buf_init_fixed(&names, storage, sizeof(storage));
    if (!write_names(&names, header, FIELDS_FOR_DKIM + covers_dkim))
        return false;
    write_field(out, m, key, begin, buf_slice(&names), now);
    return !out->failed &&
           dkim_header_hash(header, buf_slice(&names), slice_from(buf_slice(out), from), false,
                            m->header.mem, digest) &&
           dkim_write_signature(out, key->key, digest);
}

bool dkim_message_sign(const struct dkim_message *m, const struct dkim_key *key, int64_t now,
                       struct buf *out)
{
    return dkim_message_sign_as(m, key, "DKIM-Signature: v=1", false, now, out);
}
