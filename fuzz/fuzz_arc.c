/* A message with any chain of ARC sets: it is read and judged without harm, holds for no key that
 * signed nothing, and what is added can be read again. What stands in front of a NUL is the key's
 * record; without one it is a record that is right. */
#include "auth/arc.h"
#include "system/heap.h"

static struct key *own_key(void)
{
    static struct key *key;
    if (!key)
        key = key_new(KEY_ED25519, 0);
    return key;
}

static void add_set(const struct arc_chain *c, const struct dkim_message *m)
{
    static char storage[ARC_FIELDS_MAX];
    struct arc_chain next;
    struct buf out;
    const struct dkim_key key = {SLICE("x.test"), SLICE("s"), own_key()};
    buf_init_fixed(&out, storage, sizeof(storage));
    if (!arc_seal(c, m, &key, SLICE("mx.x.test"), 1, &out))
        return;
    arc_chain_read(&next, buf_slice(&out));
    if (next.count != c->count + 1 || !next.sets[c->count].seal.len)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice record =
        SLICE("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    struct slice records[ARC_SETS_MAX + 1], message = slice_of((const char *)data, size);
    struct arc_chain c;
    struct dkim_message m;
    if (size > 65536)
        return 0;
    if (slice_find(message, '\0', 0) != SLICE_NONE)
        (void)slice_split(&message, '\0', &record);
    dkim_message_begin(&m, &heap);
    dkim_message_add(&m, message);
    if (dkim_message_end(&m)) {
        arc_chain_read(&c, dkim_message_header(&m));
        for (size_t i = 0; i < arc_chain_keys(&c); i++) {
            char storage[400];
            struct buf name;
            buf_init_fixed(&name, storage, sizeof(storage));
            (void)!arc_chain_key_name(&c, i, &name);
            records[i] = record;
        }
        (void)arc_chain_has_simple_body(&c);
        arc_chain_judge(&c, &m, m.body_hash, records);
        if (c.state == ARC_PASS)
            __builtin_trap();
        add_set(&c, &m);
    }
    dkim_message_free(&m);
    return 0;
}
