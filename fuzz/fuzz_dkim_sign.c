/* A message to sign, whole and cut in two: the same of both, and never more than it may take. */
#include <stdlib.h>

#include "auth/dkim_sign.h"
#include "mail/author.h"
#include "system/heap.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool read_message(struct dkim_message *m, struct slice in, size_t cut)
{
    dkim_message_begin(m, &heap);
    dkim_message_add(m, slice_head(in, cut));
    dkim_message_add(m, slice_from(in, cut));
    return dkim_message_end(m);
}

static void check_author(struct slice from)
{
    char storage[400];
    struct slice domain;
    if (author_domain(from, storage, sizeof(storage), &domain))
        require(domain.len > 0 && slice_find(domain, '@', 0) == SLICE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct dkim_message whole, parts;
    char one[SHA256_SIZE], other[SHA256_SIZE];
    bool good = read_message(&whole, in, size);
    require(read_message(&parts, in, size ? data[0] % size : 0) == good);
    require(slice_eq(dkim_message_header(&whole), dkim_message_header(&parts)));
    require(memcmp(whole.body_hash, parts.body_hash, SHA256_SIZE) == 0);
    if (good && dkim_header_hash(dkim_message_header(&whole), SLICE("From:From:To:Subject:X"),
                                 SLICE("DKIM-Signature: b="), false, &heap, one))
        require(dkim_header_hash(dkim_message_header(&parts), SLICE("From : From:To:Subject:X"),
                                 SLICE("dkim-signature:b="), false, &heap, other) &&
                memcmp(one, other, SHA256_SIZE) == 0);
    check_author(in);
    dkim_message_free(&whole);
    dkim_message_free(&parts);
    return 0;
}
