#include "auth/sasl_client.h"

#include "auth/sasl.h"
#include "base/base64.h"
#include "check.h"

static struct sasl_client client;
static struct sasl_secret secret;
static char storage[2 * SASL_SAID_MAX];
static struct buf out;
static const char *why;

static bool begin(const char *offered)
{
    buf_init_fixed(&out, storage, sizeof(storage));
    return sasl_client_begin(&client, &secret, sasl_client_take(slice_str(offered)), &out, &why);
}

static bool respond_base64(struct slice challenge)
{
    buf_init_fixed(&out, storage, sizeof(storage));
    return sasl_client_respond(&client, challenge, &out, &why);
}

static bool respond(const char *challenge)
{
    char text[1024];
    struct buf encoded;
    buf_init_fixed(&encoded, text, sizeof(text));
    base64_write(&encoded, slice_str(challenge));
    return respond_base64(buf_slice(&encoded));
}

static void use_password(const char *name, const char *password)
{
    secret = (struct sasl_secret){.name = slice_str(name), .password = slice_str(password)};
}

static void use_token(const char *name, const char *token)
{
    secret =
        (struct sasl_secret){.name = slice_str(name), .token = slice_str(token), .is_token = true};
}

static void the_best_that_both_know(void **state)
{
    static const struct {
        const char *offered;
        bool is_token;
        const char *said; /* NULL: none */
    } cases[] = {
        {"LOGIN PLAIN scram-sha-256 XOAUTH2", false,
         "SCRAM-SHA-256 biwsbj1tZSxyPUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="},
        {"LOGIN PLAIN SCRAM-SHA-1", false, "PLAIN AG1lAHg="},
        {"CRAM-MD5 LOGIN", false, "LOGIN"},
        {"CRAM-MD5 XOAUTH2 OAUTHBEARER", false, NULL},
        {"", false, NULL},
        /* n,a=me,^Aauth=Bearer x^A^A */
        {"XOAUTH2 OAUTHBEARER PLAIN", true, "OAUTHBEARER bixhPW1lLAFhdXRoPUJlYXJlciB4AQE="},
        {"XOAUTH2 PLAIN", true, "XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciB4AQE="},
        {"PLAIN LOGIN", true, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].is_token)
            use_token("me", "x");
        else
            use_password("me", "x");
        assert_int_equal(begin(cases[i].offered), cases[i].said != NULL);
        if (cases[i].said)
            assert_slice(buf_slice(&out), cases[i].said);
        else
            assert_non_null(why);
    }
}

static void login_asks_twice(void **state)
{
    (void)state;
    use_password("me", "x");
    assert_true(begin("LOGIN"));
    assert_true(respond_base64(SLICE("User name, please")));
    assert_slice(buf_slice(&out), "bWU=");
    assert_true(respond_base64(SLICE("UGFzc3dvcmQ6")));
    assert_slice(buf_slice(&out), "eA==");
    assert_false(respond_base64(SLICE("UGFzc3dvcmQ6")));
    assert_null(why);
}

static void plain_has_nothing_more_to_say(void **state)
{
    (void)state;
    use_password("me", "x");
    assert_true(begin("PLAIN"));
    assert_true(sasl_client_is_satisfied(&client));
    assert_false(respond(""));
    assert_null(why);
}

static void a_refused_token_is_answered_once(void **state)
{
    (void)state;
    use_token("me", "x");
    assert_true(begin("OAUTHBEARER"));
    assert_true(respond("{\"status\":\"invalid_token\"}"));
    assert_slice(buf_slice(&out), "AQ==");
    assert_false(respond("{\"status\":\"invalid_token\"}"));
    assert_true(begin("XOAUTH2"));
    assert_true(respond("{\"status\":\"401\"}"));
    assert_slice(buf_slice(&out), "");
    assert_false(respond("{\"status\":\"401\"}"));
}

static const char wire[SCRAM_BINDING] = "what both ends of the wire know.";
static const char other_wire[SCRAM_BINDING] = "what both ends of another know..";

/* Our own server's half, which test_scram.c holds against the RFC's example; its last word. */
static enum sasl_next meet_server(const char *mechanism, const char *server_wire)
{
    static const char fresh[SCRAM_RANDOM] = "abcdefghijklmnopq";
    struct scram_keys keys;
    struct sasl server;
    struct sasl_credentials who;
    struct slice challenge, said;
    assert_true(sasl_begin(&server, slice_str(mechanism), fresh));
    if (server_wire)
        sasl_bind(&server, server_wire);
    said = slice_from(buf_slice(&out), strlen(mechanism) + 1);
    enum sasl_next next = sasl_step(&server, &said, &challenge, &who);
    if (next != SASL_ACCOUNT)
        return next;
    assert_slice(who.name, "a,b=c");
    assert_true(scram_derive(SLICE("pencil"), SLICE("salt"), 4096, &keys));
    assert_int_equal(sasl_use_verifier(&server, &keys.verifier, &challenge), SASL_CHALLENGE);
    assert_true(respond_base64(challenge));
    said = buf_slice(&out);
    next = sasl_step(&server, &said, &challenge, &who);
    if (next != SASL_CHALLENGE)
        return next;
    assert_false(sasl_client_is_satisfied(&client));
    assert_true(respond_base64(challenge));
    assert_true(sasl_client_is_satisfied(&client));
    said = buf_slice(&out);
    assert_slice(said, "");
    next = sasl_step(&server, &said, &challenge, &who);
    assert_false(respond(""));
    return next;
}

static void scram_with_a_server(void **state)
{
    (void)state;
    use_password("a,b=c", "pencil");
    assert_true(begin("SCRAM-SHA-256"));
    assert_int_equal(meet_server("SCRAM-SHA-256", NULL), SASL_PROVEN);
}

/* RFC 5802 6: between two who can bind it, it is bound; whoever stands between has another wire at
 * each end, and can't make them do without. */
static void scram_bound_to_the_connection(void **state)
{
    (void)state;
    use_password("a,b=c", "pencil");
    assert_true(begin("SCRAM-SHA-256-PLUS SCRAM-SHA-256")); /* not known: not bound */
    assert_true(slice_starts(buf_slice(&out), SLICE("SCRAM-SHA-256 ")));
    secret.can_bind = true;
    memcpy(secret.binding, wire, sizeof(wire));
    assert_true(begin("SCRAM-SHA-256 SCRAM-SHA-256-PLUS PLAIN"));
    assert_int_equal(meet_server("SCRAM-SHA-256-PLUS", wire), SASL_PROVEN);
    assert_true(begin("SCRAM-SHA-256-PLUS"));
    assert_int_equal(meet_server("SCRAM-SHA-256-PLUS", other_wire), SASL_WRONG);
    assert_true(begin("SCRAM-SHA-256")); /* -PLUS taken out on the way */
    assert_int_equal(meet_server("SCRAM-SHA-256", wire), SASL_WRONG);
    assert_true(begin("SCRAM-SHA-256")); /* it was never there */
    assert_int_equal(meet_server("SCRAM-SHA-256", NULL), SASL_PROVEN);
}

#define NONCE "AAAAAAAAAAAAAAAAAAAAAAAA"

static void what_a_server_must_not_say(void **state)
{
    static const char *const wrong[] = {
        "",
        "r=" NONCE ",s=c2FsdA==,i=4096", /* nothing of its own in the nonce */
        "r=BAAAAAAA" NONCE ",s=c2FsdA==,i=4096",
        "r=" NONCE "x,s=,i=4096",
        "r=" NONCE "x,s=*,i=4096",
        "r=" NONCE "x,s=c2FsdA==,i=4095",
        "r=" NONCE "x,s=c2FsdA==,i=200001",
        "r=" NONCE "x,s=c2FsdA==,i=-1",
        "r=" NONCE "x,s=c2FsdA==",
        "m=new,r=" NONCE "x,s=c2FsdA==,i=4096",
    };
    (void)state;
    use_password("me", "x");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_true(begin("SCRAM-SHA-256"));
        if (respond(wrong[i]))
            fail_msg("case %zu: %s", i, wrong[i]);
        assert_non_null(why);
    }
    assert_true(begin("SCRAM-SHA-256"));
    assert_false(respond_base64(SLICE("*")));
    assert_true(begin("SCRAM-SHA-256"));
    assert_true(respond("r=" NONCE "x,s=c2FsdA==,i=4096"));
    assert_false(respond("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    assert_non_null(strstr(why, "did not prove"));
    assert_false(sasl_client_is_satisfied(&client));
}

static void what_is_too_long(void **state)
{
    static char text[SASL_SAID_MAX + 1];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    use_token("me", text);
    assert_false(begin("XOAUTH2"));
    assert_non_null(strstr(why, "too long"));
    use_password(text, "x");
    assert_false(begin("SCRAM-SHA-256"));
    assert_false(begin("PLAIN"));
}

static void the_only_one_that_is_wanted(void **state)
{
    static const struct {
        const char *wanted, *offered;
        bool is_token;
        const char *begins; /* NULL: none */
    } cases[] = {
        {"PLAIN", "LOGIN PLAIN SCRAM-SHA-256", false, "PLAIN "},
        {"LOGIN", "LOGIN PLAIN SCRAM-SHA-256", false, "LOGIN"},
        {"LOGIN", "PLAIN SCRAM-SHA-256", false, NULL},
        {"SCRAM-SHA-256", "LOGIN PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS", false,
         "SCRAM-SHA-256-PLUS "},
        {"SCRAM-SHA-256", "LOGIN PLAIN", false, NULL},
        {"XOAUTH2", "OAUTHBEARER XOAUTH2", true, "XOAUTH2 "},
        {"PLAIN", "PLAIN XOAUTH2", true, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].is_token)
            use_token("me", "x");
        else
            use_password("me", "x");
        secret.mechanism = slice_str(cases[i].wanted);
        secret.can_bind = true;
        assert_int_equal(begin(cases[i].offered), cases[i].begins != NULL);
        if (cases[i].begins)
            assert_true(slice_starts(buf_slice(&out), slice_str(cases[i].begins)));
        else
            assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_only_one_that_is_wanted),
        cmocka_unit_test(the_best_that_both_know),
        cmocka_unit_test(login_asks_twice),
        cmocka_unit_test(plain_has_nothing_more_to_say),
        cmocka_unit_test(a_refused_token_is_answered_once),
        cmocka_unit_test(scram_with_a_server),
        cmocka_unit_test(scram_bound_to_the_connection),
        cmocka_unit_test(what_a_server_must_not_say),
        cmocka_unit_test(what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
