#include "auth/sasl.h"

#include "base/base64.h"
#include "check.h"

static struct sasl sasl;
static struct slice challenge;
static struct sasl_credentials who;
static const char fresh[SCRAM_RANDOM];

static enum sasl_next say(const char *response)
{
    struct slice s = slice_str(response);
    return sasl_step(&sasl, response ? &s : NULL, &challenge, &who);
}

static enum sasl_next say_decoded(const char *bytes, size_t len)
{
    char storage[2 * SASL_BYTES_MAX];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage) - 1);
    base64_write(&text, slice_of(bytes, len));
    storage[text.len] = '\0';
    return say(storage);
}

static void begin(const char *mechanism)
{
    assert_true(sasl_begin(&sasl, slice_str(mechanism), fresh));
}

static void plain_with_and_without_a_first_response(void **state)
{
    (void)state;
    begin("plain");
    assert_int_equal(say("AGFsaWNlAHNlY3JldA=="), SASL_CREDENTIALS);
    assert_slice(who.name, "alice");
    assert_slice(who.password, "secret");
    begin("PLAIN");
    assert_int_equal(say(NULL), SASL_CHALLENGE);
    assert_slice(challenge, "");
    assert_int_equal(say("YWxpY2UAYWxpY2UAc2VjcmV0"), SASL_CREDENTIALS); /* as herself */
    assert_slice(who.name, "alice");
}

static void login_in_two_steps_or_three(void **state)
{
    (void)state;
    begin("LOGIN");
    assert_int_equal(say(NULL), SASL_CHALLENGE);
    assert_slice(challenge, "VXNlcm5hbWU6");
    assert_int_equal(say("YWxpY2U="), SASL_CHALLENGE);
    assert_slice(challenge, "UGFzc3dvcmQ6");
    assert_int_equal(say("c2VjcmV0"), SASL_CREDENTIALS);
    assert_slice(who.name, "alice");
    assert_slice(who.password, "secret");
    begin("LOGIN");
    assert_int_equal(say("YWxpY2U="), SASL_CHALLENGE);
    assert_slice(challenge, "UGFzc3dvcmQ6");
    assert_int_equal(say("c2VjcmV0"), SASL_CREDENTIALS);
}

static void refuses_what_is_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } wrong[] = {
        {"", 0},
        {"alice", 5},
        {"\0alice", 6},
        {"\0alice\0", 7},           /* no password */
        {"\0\0secret", 8},          /* no name */
        {"bob\0alice\0secret", 16}, /* as somebody else */
        {"\0alice\0sec\0ret", 14},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        begin("PLAIN");
        assert_int_equal(say_decoded(wrong[i].bytes, wrong[i].len), SASL_MALFORMED);
    }
    begin("PLAIN");
    assert_int_equal(say("AGFsaWNl*HNlY3JldA=="), SASL_MALFORMED);
    begin("LOGIN");
    assert_int_equal(say("="), SASL_MALFORMED);
    assert_false(sasl_begin(&sasl, SLICE("CRAM-MD5"), fresh));
    assert_false(sasl_begin(&sasl, SLICE(""), fresh));
}

static void takes_no_more_than_it_has_room_for(void **state)
{
    (void)state;
    static char bytes[SASL_BYTES_MAX + 1];
    memset(bytes, 'x', sizeof(bytes));
    begin("LOGIN");
    assert_int_equal(say_decoded(bytes, SASL_BYTES_MAX - 3), SASL_CHALLENGE);
    assert_int_equal(say_decoded(bytes, 4), SASL_MALFORMED);
    begin("LOGIN");
    assert_int_equal(say_decoded(bytes, SASL_BYTES_MAX + 1), SASL_MALFORMED);
}

/* Says what a client that knows `password` says to the challenge. */
static enum sasl_next prove(const char *password, struct slice bare, struct slice first)
{
    char text[1024], proof[VERIFIER_KEY], bare_last[256];
    struct scram_keys keys;
    struct buf said, last;
    size_t nonce_len = slice_find(first, ',', 0) - 2;
    assert_true(scram_derive(slice_str(password), SLICE("salt"), 4096, &keys));
    buf_init_fixed(&last, bare_last, sizeof(bare_last));
    buf_addf(&last, "c=biws,r=%.*s", (int)nonce_len, first.at + 2);
    buf_init_fixed(&said, text, sizeof(text));
    buf_addf(&said, "%.*s,%.*s,%.*s", SLICE_ARG(bare), SLICE_ARG(first), (int)last.len, last.at);
    assert_true(scram_proof(&keys, buf_slice(&said), proof));
    buf_clear(&said);
    buf_addf(&said, "%.*s,p=", (int)last.len, last.at);
    base64_write(&said, slice_of(proof, sizeof(proof)));
    return say_decoded(text, said.len);
}

/* Up to the server's first message, with the verifier of the password `pencil`. */
static void begin_scram(char first[SCRAM_TEXT_MAX], size_t *len_r)
{
    struct scram_keys keys;
    struct buf text;
    assert_true(scram_derive(SLICE("pencil"), SLICE("salt"), 4096, &keys));
    begin("scram-sha-256");
    assert_int_equal(say_decoded("n,,n=alice,r=abc", 16), SASL_ACCOUNT);
    assert_slice(who.name, "alice");
    assert_int_equal(sasl_use_verifier(&sasl, &keys.verifier, &challenge), SASL_CHALLENGE);
    buf_init_fixed(&text, first, SCRAM_TEXT_MAX);
    assert_true(base64_read(&text, challenge));
    *len_r = text.len;
}

static void scram_is_proven_or_wrong(void **state)
{
    char first[SCRAM_TEXT_MAX];
    size_t len;
    (void)state;
    begin_scram(first, &len);
    assert_int_equal(prove("pencil", SLICE("n=alice,r=abc"), slice_of(first, len)), SASL_CHALLENGE);
    assert_true(slice_starts(challenge, SLICE("dj0"))); /* v= */
    assert_int_equal(say(""), SASL_PROVEN);
    assert_slice(who.name, "alice");
    begin_scram(first, &len);
    assert_int_equal(prove("pencil", SLICE("n=alice,r=abc"), slice_of(first, len)), SASL_CHALLENGE);
    assert_int_equal(say("eA=="), SASL_MALFORMED);
    begin_scram(first, &len);
    assert_int_equal(prove("pen", SLICE("n=alice,r=abc"), slice_of(first, len)), SASL_WRONG);
    assert_slice(who.name, "alice");
    begin("SCRAM-SHA-256");
    assert_int_equal(say(NULL), SASL_CHALLENGE);
    assert_slice(challenge, "");
    assert_int_equal(say_decoded("n,,n=alice,r=abc", 16), SASL_ACCOUNT);
}

static void external_names_nobody_or_somebody(void **state)
{
    (void)state;
    begin("external");
    assert_int_equal(say(NULL), SASL_CHALLENGE);
    assert_slice(challenge, "");
    assert_int_equal(say(""), SASL_EXTERNAL);
    assert_slice(who.name, "");
    begin("EXTERNAL");
    assert_int_equal(say_decoded("alice", 5), SASL_EXTERNAL);
    assert_slice(who.name, "alice");
    begin("EXTERNAL");
    assert_int_equal(say_decoded("al\0ice", 6), SASL_MALFORMED);
}

static void offers_what_there_is_and_the_best_first(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        struct sasl_offer offer;
        const char *names;
    } cases[] = {
        {"",
         {.certificate = true, .verifiers = true, .passwords = true},
         "EXTERNAL SCRAM-SHA-256 PLAIN LOGIN"},
        {"", {.certificate = true, .passwords = true}, "EXTERNAL PLAIN LOGIN"},
        {"", {.verifiers = true, .passwords = true}, "SCRAM-SHA-256 PLAIN LOGIN"},
        {"", {.passwords = true}, "PLAIN LOGIN"},
        {"", {.tokens = true}, "OAUTHBEARER XOAUTH2"},
        {"", {0}, ""},
        {"CRAM-MD5 OAUTHBEARER PLAIN", {.tokens = true}, "CRAM-MD5 OAUTHBEARER PLAIN XOAUTH2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char storage[SASL_NAMES_MAX];
        struct buf names;
        buf_init_fixed(&names, storage, sizeof(storage));
        buf_add_str(&names, cases[i].before);
        sasl_names(&cases[i].offer, &names);
        assert_slice(buf_slice(&names), cases[i].names);
    }
}

#define BEARER(text) "n," text ",\001host=mx.test\001port=587\001auth=Bearer ab.c-_~+/12==\001\001"

static void a_token_has_a_name_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *mechanism, *said, *name;
    } cases[] = {
        {"OAUTHBEARER", BEARER("a=alice@here.test"), "alice@here.test"},
        {"OAUTHBEARER", BEARER("a=a=2Cb=3Dc"), "a,b=c"},
        {"OAUTHBEARER", BEARER(""), ""},
        {"oauthbearer", "y,,\001auth=bearer ab.c-_~+/12==\001\001", ""},
        {"XOAUTH2", "user=alice@here.test\001auth=Bearer ab.c-_~+/12==\001\001", "alice@here.test"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].mechanism);
        assert_int_equal(say(NULL), SASL_CHALLENGE);
        assert_slice(challenge, "");
        assert_int_equal(say_decoded(cases[i].said, strlen(cases[i].said)), SASL_TOKEN);
        assert_slice(who.name, cases[i].name);
        assert_slice(who.password, "ab.c-_~+/12==");
    }
}

static void a_token_that_is_none(void **state)
{
    (void)state;
    static const char *const bearers[] = {"",
                                          "n,,",
                                          "n,,\001\001",
                                          "n,,\001auth=Bearer x\001",
                                          "n,,auth=Bearer x\001\001",
                                          "p=tls-exporter,,\001auth=Bearer x\001\001",
                                          "n,a=alice\001auth=Bearer x\001\001",
                                          "n,a=al=ice,\001auth=Bearer x\001\001",
                                          "n,a=,\001auth=Bearer x\001\001",
                                          "n,,\001auth=Basic x\001\001",
                                          "n,,\001auth=Bearer \001\001",
                                          "n,,\001auth=Bearer ==\001\001",
                                          "n,,\001auth=Bearer x y\001\001",
                                          "n,,\001auth=Bearer x\r\nHost: y\001\001",
                                          "n,,\001auth=Bearer x\001auth=Bearer y\001\001",
                                          "alice"};
    for (size_t i = 0; i < sizeof(bearers) / sizeof(bearers[0]); i++) {
        begin("OAUTHBEARER");
        assert_int_equal(say_decoded(bearers[i], strlen(bearers[i])), SASL_MALFORMED);
    }
    begin("XOAUTH2");
    assert_int_equal(say_decoded("user=a\0b\001auth=Bearer x\001\001", 24), SASL_MALFORMED);
    begin("XOAUTH2");
    assert_int_equal(say_decoded("user=a\001\001", 8), SASL_MALFORMED);
}

/* RFC 7628 3.2.3: the failure is a challenge, and comes to its end whatever is answered. */
static void a_refused_token_is_told_why(void **state)
{
    (void)state;
    static const char *const answers[] = {"AQ==", "", "not base64"};
    const char *said = BEARER("a=alice");
    for (size_t i = 0; i < 3; i++) {
        begin("OAUTHBEARER");
        assert_int_equal(say_decoded(said, strlen(said)), SASL_TOKEN);
        assert_int_equal(sasl_refuse_token(&sasl, &challenge), SASL_CHALLENGE);
        assert_slice(challenge, "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=");
        assert_int_equal(say(answers[i]), SASL_WRONG);
        assert_slice(who.name, "alice");
    }
    begin("XOAUTH2");
    assert_int_equal(say("dXNlcj1hbGljZQFhdXRoPUJlYXJlciB4AQE="), SASL_TOKEN);
    assert_int_equal(sasl_refuse_token(&sasl, &challenge), SASL_CHALLENGE);
    assert_slice(challenge, "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=");
    assert_int_equal(say(""), SASL_WRONG);
}

static void wipes_the_password(void **state)
{
    (void)state;
    begin("PLAIN");
    assert_int_equal(say("AGFsaWNlAHNlY3JldA=="), SASL_CREDENTIALS);
    sasl_wipe(&sasl);
    for (size_t i = 0; i < sizeof(sasl.storage); i++)
        assert_int_equal(sasl.storage[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_with_and_without_a_first_response),
        cmocka_unit_test(login_in_two_steps_or_three),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(takes_no_more_than_it_has_room_for),
        cmocka_unit_test(scram_is_proven_or_wrong),
        cmocka_unit_test(external_names_nobody_or_somebody),
        cmocka_unit_test(offers_what_there_is_and_the_best_first),
        cmocka_unit_test(a_token_has_a_name_or_none),
        cmocka_unit_test(a_token_that_is_none),
        cmocka_unit_test(a_refused_token_is_told_why),
        cmocka_unit_test(wipes_the_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
