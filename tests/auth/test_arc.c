#include "auth/arc.h"

#include "base/base64.h"
#include "check.h"
#include "system/heap.h"

#define HEADER                                                                                     \
    "From: Ann <ann@x.test>\r\nTo: bob@y.test\r\nSubject: Hi\r\nDKIM-Signature: v=1; d=x.test\r\n"
#define BODY "\r\nA  line. \r\n\r\n"

enum { MOST = 128 * 1024 };

static struct key *keys[2];
static char records[2][2048];

static int set_up(void **state)
{
    (void)state;
    static const char *const kinds[] = {"rsa", "ed25519"};
    for (size_t i = 0; i < 2; i++) {
        char bytes[1024];
        struct buf public_half, record;
        keys[i] = key_new(i ? KEY_ED25519 : KEY_RSA, KEY_RSA_BITS_LEAST);
        buf_init_fixed(&public_half, bytes, sizeof(bytes));
        buf_init_fixed(&record, records[i], sizeof(records[i]));
        if (!keys[i] || !key_write_public(keys[i], &public_half))
            return -1;
        buf_addf(&record, "v=DKIM1; k=%s; p=", kinds[i]);
        base64_write(&record, buf_slice(&public_half));
        buf_add_char(&record, '\0');
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    key_free(keys[0]);
    key_free(keys[1]);
    return 0;
}

/* Judges the chain of a whole message, whose keys are ours in turn. */
static enum arc_state judge(struct arc_chain *c, struct dkim_message *m, struct slice text)
{
    struct slice found[ARC_SETS_MAX + 1];
    dkim_message_begin(m, &heap);
    dkim_message_add(m, text);
    assert_true(dkim_message_end(m));
    arc_chain_read(c, dkim_message_header(m));
    size_t count = arc_chain_keys(c);
    for (size_t i = 0; i < count; i++) {
        char storage[300];
        struct buf name;
        size_t set = i ? i : c->count;
        buf_init_fixed(&name, storage, sizeof(storage));
        bool is_named = arc_chain_key_name(c, i, &name);
        bool is_ours =
            is_named && slice_eq(buf_slice(&name), set % 2 ? SLICE("s._domainkey.1.test")
                                                           : SLICE("s._domainkey.2.test"));
        found[i] = is_ours ? slice_str(records[1 - set % 2]) : SLICE("");
    }
    arc_chain_judge(c, m, m->body_hash, found);
    return c->state;
}

/* The message with another set in front of it, as the next host makes one. */
static bool seal(struct buf *text)
{
    char storage[ARC_FIELDS_MAX];
    struct arc_chain c;
    struct dkim_message m;
    struct buf out;
    (void)judge(&c, &m, buf_slice(text));
    const struct dkim_key key = {c.count % 2 ? SLICE("2.test") : SLICE("1.test"), SLICE("s"),
                                 keys[c.count % 2]};
    buf_init_fixed(&out, storage, sizeof(storage));
    bool done = arc_seal(&c, &m, &key, SLICE("mx.test"), 1795461300, &out);
    dkim_message_free(&m);
    if (!done)
        return false;
    char *kept = mem_take(&heap, text->len);
    size_t len = text->len;
    memcpy(kept, text->at, len);
    buf_clear(text);
    buf_add(text, buf_slice(&out));
    buf_add(text, slice_of(kept, len));
    mem_give(&heap, kept, len);
    return true;
}

static enum arc_state state_of(struct slice text, size_t *count_r)
{
    struct arc_chain c;
    struct dkim_message m;
    enum arc_state state = judge(&c, &m, text);
    *count_r = c.count;
    dkim_message_free(&m);
    return state;
}

static void each_host_carries_the_chain_on(void **state)
{
    (void)state;
    struct buf text;
    size_t count;
    buf_init(&text, &heap, MOST);
    buf_add_str(&text, HEADER BODY);
    assert_int_equal(state_of(buf_slice(&text), &count), ARC_NONE);
    for (size_t i = 1; i <= ARC_SETS_MAX; i++) {
        assert_true(seal(&text));
        assert_int_equal(state_of(buf_slice(&text), &count), ARC_PASS);
        assert_int_equal(count, i);
    }
    assert_false(seal(&text));
    buf_free(&text);
}

/* In the name of a field, which may be a new one then. */
static bool is_in_name(struct slice text, size_t at)
{
    size_t line = slice_rfind(slice_head(text, at + 1), '\n');
    struct slice rest = slice_from(text, line == SLICE_NONE ? 0 : line + 1);
    size_t colon = slice_find(rest, ':', 0);
    return colon != SLICE_NONE && rest.at + colon > text.at + at && !ascii_is_space(rest.at[0]);
}

/* Whatever byte of what is signed is another one, the chain does not hold. */
static void any_change_is_seen(void **state)
{
    (void)state;
    struct buf text;
    size_t count, found = 0;
    buf_init(&text, &heap, MOST);
    buf_add_str(&text, HEADER BODY);
    assert_true(seal(&text) && seal(&text));
    for (size_t i = 0; i < text.len; i += 3) {
        char kept = text.at[i];
        if (!ascii_is_alnum(kept) || is_in_name(buf_slice(&text), i))
            continue;
        text.at[i] = kept == 'x' ? 'y' : 'x';
        if (state_of(buf_slice(&text), &count) == ARC_PASS)
            fail_msg("a change at %zu is not seen: %.40s", i, text.at + i);
        text.at[i] = kept;
        found++;
    }
    assert_true(found > 100);
    buf_free(&text);
}

static void what_is_no_chain_fails(void **state)
{
    (void)state;
    static const char *const chains[] = {
        "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=1.test; s=s; b=\r\n",
        "ARC-Seal: i=0; cv=none\r\n",
        "ARC-Seal: i=51; cv=none\r\n",
        "ARC-Seal: cv=none\r\n",
        "ARC-Seal: i=1; i=1; cv=none\r\n",
        "ARC-Message-Signature: i=99999999999\r\n",
        "ARC-Authentication-Results: x\r\n",
    };
    for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
        struct buf text;
        struct arc_chain c;
        buf_init(&text, &heap, MOST);
        buf_addf(&text, "%s" HEADER BODY, chains[i]);
        arc_chain_read(&c, buf_slice(&text));
        assert_int_equal(c.state, ARC_FAIL);
        assert_int_equal(arc_chain_keys(&c), 0);
        assert_true(seal(&text));
        assert_true(slice_find_slice(buf_slice(&text), SLICE("cv=fail"), 0) != SLICE_NONE);
        assert_false(seal(&text)); /* RFC 8617 5.1: nothing on a failure */
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_carries_the_chain_on),
        cmocka_unit_test(any_change_is_seen),
        cmocka_unit_test(what_is_no_chain_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
