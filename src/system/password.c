#include "system/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

bool password_is_usable(struct slice hash)
{
    return hash.len > 0 && hash.at[0] != '!' && hash.at[0] != '*';
}

static bool is_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    unsigned char differs = len != strlen(b);
    for (size_t i = 0; i < len && !(differs && i >= strlen(b)); i++)
        differs |= (unsigned char)(a[i] ^ b[i]);
    return differs == 0;
}

bool password_matches(const char *hash, const char *password)
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    if (!data)
        return false;
    const char *got = crypt_r(password, hash, data);
    /* crypt(3): a failure token begins with `*` and is never equal to the hash */
    bool is_right = got && got[0] != '*' && is_same(got, hash);
    explicit_bzero(data, sizeof(*data));
    free(data);
    return is_right;
}

bool password_hash(const char *password, struct buf *hash)
{
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data = calloc(1, sizeof(*data));
    const char *setting = data ? crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) : NULL;
    const char *got = setting ? crypt_r(password, setting, data) : NULL;
    bool good = got && got[0] != '*';
    if (good)
        buf_add_str(hash, got);
    if (data)
        explicit_bzero(data, sizeof(*data));
    free(data);
    return good && !hash->failed;
}
