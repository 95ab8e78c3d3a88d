#include "auth/scram.h"

#include "base/base64.h"
#include "check.h"

/* The example of RFC 7677 3: user, pencil. */
#define CLIENT_FIRST     "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE            "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST     "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define CLIENT_LAST_BARE "c=biws,r=" NONCE
#define PROOF            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static struct scram_server server;
static struct scram_keys keys;
static char storage[1024];
static struct buf out;

static struct slice unread(const char *text)
{
    buf_init_fixed(&out, storage, sizeof(storage));
    assert_true(base64_read(&out, slice_str(text)));
    return buf_slice(&out);
}

static enum scram_result first(const char *message)
{
    server = (struct scram_server){0};
    return scram_server_first(&server, slice_str(message), SLICE("123456789012345678"));
}

/* The server's half up to its first message, with the nonce of the example. */
static void begin_example(void)
{
    assert_true(scram_derive(SLICE("pencil"), unread("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, &keys));
    assert_int_equal(first(CLIENT_FIRST), SCRAM_DONE);
    memcpy(server.nonce, NONCE, sizeof(NONCE) - 1);
    server.nonce_len = sizeof(NONCE) - 1;
    assert_true(scram_server_use(&server, &keys.verifier));
}

static enum scram_result last(const char *message)
{
    buf_init_fixed(&out, storage, sizeof(storage));
    return scram_server_final(&server, SLICE(CLIENT_FIRST), slice_str(message), &out);
}

static void the_example_of_rfc_7677(void **state)
{
    (void)state;
    begin_example();
    assert_slice(slice_of(server.name, server.name_len), "user");
    assert_slice(slice_of(server.first, server.first_len), SERVER_FIRST);
    assert_int_equal(last(CLIENT_LAST_BARE ",p=" PROOF), SCRAM_DONE);
    assert_slice(buf_slice(&out), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

static void the_proof_of_the_example(void **state)
{
    char proof[VERIFIER_KEY];
    (void)state;
    begin_example();
    assert_true(scram_proof(
        &keys, SLICE("n=user,r=rOprNGfwEbeRWgbNEkqO," SERVER_FIRST "," CLIENT_LAST_BARE), proof));
    buf_init_fixed(&out, storage, sizeof(storage));
    base64_write(&out, slice_of(proof, sizeof(proof)));
    assert_slice(buf_slice(&out), PROOF);
}

static void a_last_message_that_proves_nothing(void **state)
{
    static const struct {
        const char *message;
        enum scram_result result;
    } cases[] = {
        {CLIENT_LAST_BARE ",p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_WRONG},
        {"c=eSws,r=" NONCE ",p=" PROOF, SCRAM_WRONG}, /* y,, instead of n,, */
        {"c=biws,r=" NONCE "x,p=" PROOF, SCRAM_WRONG},
        {"c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" PROOF, SCRAM_WRONG},
        {CLIENT_LAST_BARE, SCRAM_MALFORMED},
        {CLIENT_LAST_BARE ",p=", SCRAM_MALFORMED},
        {CLIENT_LAST_BARE ",p=dHzb", SCRAM_MALFORMED},
        {CLIENT_LAST_BARE ",p=*", SCRAM_MALFORMED},
        {"r=" NONCE ",c=biws,p=" PROOF, SCRAM_MALFORMED},
        {"", SCRAM_MALFORMED},
        {"p=" PROOF, SCRAM_MALFORMED},
    };
    (void)state;
    begin_example();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (last(cases[i].message) != cases[i].result)
            fail_msg("case %zu: %s", i, cases[i].message);
}

static void what_a_first_message_may_be(void **state)
{
    static const struct {
        const char *message;
        const char *name; /* NULL: malformed */
    } cases[] = {
        {"y,,n=alice,r=abc", "alice"},
        {"n,a=alice,n=alice,r=abc", "alice"},
        {"n,,n=a=2Cb=3Dc,r=abc", "a,b=c"},
        {"n,,n=alice,r=abc,x=later", "alice"},
        {"n,a=bob,n=alice,r=abc", NULL},
        {"p=tls-exporter,,n=alice,r=abc", NULL},
        {"n,,n=a=2cb,r=abc", NULL},
        {"n,,n=a=,r=abc", NULL},
        {"n,,n=,r=abc", NULL},
        {"n,,n=alice,r=", NULL},
        {"n,,n=alice,r=a c", NULL},
        {"n,,n=alice", NULL},
        {"n,,m=new,n=alice,r=abc", NULL},
        {"n,n=alice,r=abc", NULL},
        {"n,a=alice", NULL},
        {"n,", NULL},
        {"n", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum scram_result expected = cases[i].name ? SCRAM_DONE : SCRAM_MALFORMED;
        if (first(cases[i].message) != expected)
            fail_msg("case %zu: %s", i, cases[i].message);
        if (cases[i].name)
            assert_slice(slice_of(server.name, server.name_len), cases[i].name);
    }
    static char long_nonce[SCRAM_NONCE_MAX + 32] = "n,,n=alice,r=";
    memset(long_nonce + 13, 'x', SCRAM_NONCE_MAX);
    assert_int_equal(first(long_nonce), SCRAM_MALFORMED);
}

static void an_unknown_name_always_looks_the_same(void **state)
{
    struct verifier one, again, other, elsewhere;
    (void)state;
    assert_true(scram_pretend(SLICE("secret"), SLICE("nobody"), &one));
    assert_true(scram_pretend(SLICE("secret"), SLICE("NoBody"), &again));
    assert_true(scram_pretend(SLICE("secret"), SLICE("nobody2"), &other));
    assert_true(scram_pretend(SLICE("Secret"), SLICE("nobody"), &elsewhere));
    assert_memory_equal(&one, &again, sizeof(one));
    assert_memory_not_equal(one.salt, other.salt, SCRAM_SALT);
    assert_memory_not_equal(one.salt, elsewhere.salt, SCRAM_SALT);
    assert_int_equal(one.iterations, SCRAM_ITERATIONS);
    assert_int_equal(one.salt_len, SCRAM_SALT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_7677),
        cmocka_unit_test(the_proof_of_the_example),
        cmocka_unit_test(a_last_message_that_proves_nothing),
        cmocka_unit_test(what_a_first_message_may_be),
        cmocka_unit_test(an_unknown_name_always_looks_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
