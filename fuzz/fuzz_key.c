/* Keys: a private one of any text is read with all that it needs, or there is a reason; a public
 * one of any bytes signs nothing that it has not signed. The first byte chooses the kind. */
#include "crypto/public_key.h"
#include "system/heap.h"

static const char digest[SHA256_SIZE] = "a digest that somebody may sign";

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_private(struct slice pem)
{
    const char *why = NULL;
    struct key *k = key_read(pem, &why);
    struct buf public, signature;
    require((k == NULL) == (why != NULL));
    if (!k)
        return;
    buf_init(&public, &heap, 1 << 16);
    buf_init(&signature, &heap, 1 << 16);
    if (key_write_public(k, &public) && key_sign(k, digest, &signature))
        (void)public_key_signed(key_type(k), buf_slice(&public), digest, buf_slice(&signature));
    buf_free(&public);
    buf_free(&signature);
    key_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char nothing[256];
    if (size == 0)
        return 0;
    struct slice in = slice_of((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0)
        check_private(in);
    else
        (void)public_key_signed(data[0] % 3 == 1 ? KEY_RSA : KEY_ED25519, in, digest,
                                slice_of(nothing, data[0]));
    return 0;
}
