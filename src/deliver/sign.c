#include "deliver/sign.h"

#include "dns/idn.h"
#include "mail/address.h"
#include "mail/author.h"
#include "mail/header.h"
#include "system/heap.h"

/* One past the dot: a label less; empty at the top. */
static struct slice parent_of(struct slice name)
{
    size_t dot = slice_find(name, '.', 0);
    return dot == SLICE_NONE ? SLICE("") : slice_from(name, dot + 1);
}

const struct sign_domain *sign_find(const struct sign_domains *domains, struct slice author)
{
    for (struct slice name = author; name.len; name = parent_of(name))
        for (size_t i = 0; i < domains->count; i++)
            if (slice_ieq(domains->at[i].name, name))
                return &domains->at[i];
    return NULL;
}

static bool read_content(struct delivery *d, struct dkim_message *m)
{
    uint64_t offset = 0;
    struct slice bytes;
    enum err_code code;
    while ((code = d->spool->ops->read(d->content, offset, &bytes)) == ERR_OK) {
        dkim_message_add(m, bytes);
        offset += bytes.len;
    }
    return code == ERR_NOT_FOUND;
}

/* The domain that signs for the message; NULL: none. */
static const struct sign_domain *domain_of(const struct sign_domains *domains,
                                           const struct dkim_message *m)
{
    char storage[ADDRESS_MAX + ADDRESS_DOMAIN_MAX];
    struct slice from, author;
    bool has_author = header_find(dkim_message_header(m), SLICE("From"), &from) &&
                      author_domain(from, storage, sizeof(storage), &author);
    struct buf name;
    char ascii[ADDRESS_DOMAIN_MAX];
    buf_init_fixed(&name, ascii, sizeof(ascii));
    return has_author && idn_add_domain(&name, author) ? sign_find(domains, buf_slice(&name))
                                                       : NULL;
}

static const char *sign(struct delivery *d, const struct dkim_message *m,
                        const struct sign_domains *domains, int64_t now)
{
    const struct sign_domain *domain = domain_of(domains, m);
    struct buf out;
    if (!domain)
        return "there is no section `dkim` for its author's domain";
    char *storage = arena_array(&d->arena, domain->count, DKIM_SIGNATURE_MAX);
    if (!storage)
        return "out of memory";
    buf_init_fixed(&out, storage, domain->count * DKIM_SIGNATURE_MAX);
    for (size_t i = 0; i < domain->count; i++)
        if (!dkim_message_sign(m, &domain->keys[i], now / 1000, &out))
            return "memory ended, or a header field is repeated beyond reason";
    d->signature = buf_slice(&out);
    return NULL;
}

const char *delivery_sign(struct delivery *d, const struct sign_domains *domains, int64_t now)
{
    struct dkim_message m;
    dkim_message_begin(&m, &heap);
    bool is_read = read_content(d, &m), is_message = dkim_message_end(&m);
    const char *why = "the content can't be read";
    if (is_read)
        why = is_message ? sign(d, &m, domains, now) : "its header is not one that can be signed";
    dkim_message_free(&m);
    return why;
}
