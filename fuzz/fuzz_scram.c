/* SCRAM with a stranger: a verifier's text, then the client's two messages, a line each. What is
 * proven was proven with the verifier's password, which no input knows. */
#include <stdlib.h>

#include "auth/scram.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_verifier(struct slice text)
{
    char storage[512];
    struct buf out;
    struct verifier v, again;
    if (!verifier_read(text, &v))
        return;
    buf_init_fixed(&out, storage, sizeof(storage));
    verifier_write(&out, &v);
    require(verifier_read(buf_slice(&out), &again));
    require(memcmp(&v, &again, sizeof(v)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), line = SLICE(""), first = SLICE("");
    struct scram_server server;
    struct verifier pretended;
    char storage[SCRAM_TEXT_MAX];
    struct buf final;
    (void)!slice_line(&rest, &line);
    check_verifier(line);
    (void)!slice_line(&rest, &first);
    if (scram_server_first(&server, first, SLICE("123456789012345678")) != SCRAM_DONE)
        return 0;
    require(server.name_len > 0 && server.name_len <= SCRAM_NAME_MAX);
    require(scram_pretend(SLICE("secret"), slice_of(server.name, server.name_len), &pretended));
    require(scram_server_use(&server, &pretended));
    buf_init_fixed(&final, storage, sizeof(storage));
    require(scram_server_final(&server, first, rest, &final) != SCRAM_DONE);
    return 0;
}
