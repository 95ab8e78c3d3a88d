#include "auth/dovecot_auth.h"
#include "base/mem.h"
#include "check.h"
#include "system/heap.h"

static struct dovecot_auth d;
static struct dovecot_event e;

/* All of it, a byte at a time; the event of its last byte. */
static enum dovecot_event_kind feed(const char *text)
{
    for (; *text; text++)
        assert_int_equal(dovecot_auth_take(&d, slice_of(text, 1), &e), 1);
    return e.kind;
}

static void open_one(void)
{
    dovecot_auth_init(&d, &heap);
}

static void open_ready(void)
{
    open_one();
    assert_int_equal(feed("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nDONE\n"), DOVECOT_READY);
}

static void assert_names(const char *expected)
{
    char storage[DOVECOT_NAMES_MAX];
    struct buf names;
    buf_init_fixed(&names, storage, sizeof(storage));
    dovecot_auth_names(&d, &names);
    assert_false(names.failed);
    assert_slice(buf_slice(&names), expected);
}

static void the_handshake_tells_the_mechanisms(void **state)
{
    (void)state;
    open_one();
    assert_int_equal(
        feed(
            "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tANONYMOUS\tanonymous\nMECH\tEXTERNAL\n"
            "MECH\tSCRAM-SHA-256-PLUS\nMECH\tlogin\tplaintext\nMECH\tSCRAM-SHA-256\tmutual-auth\n"),
        DOVECOT_NOTHING);
    assert_int_equal(feed("SPID\t1\nCUID\t7\nCOOKIE\tab\nNEWER\tx\n"), DOVECOT_NOTHING);
    assert_int_equal(feed("DONE\n"), DOVECOT_READY);
    assert_names("SCRAM-SHA-256 PLAIN LOGIN");
    assert_true(dovecot_auth_offers(&d, SLICE("plain")));
    assert_false(dovecot_auth_offers(&d, SLICE("CRAM-MD5")));
    assert_false(dovecot_auth_offers(&d, SLICE("EXTERNAL")));
    dovecot_auth_free(&d);
}

static void all_names_have_room(void **state)
{
    (void)state;
    open_one();
    feed("VERSION\t1\t2\nMECH\tPLAIN\nMECH\tLOGIN\nMECH\tSCRAM-SHA-256\nMECH\tSCRAM-SHA-"
         "1\nMECH\tDIGEST-MD5\n"
         "MECH\tCRAM-MD5\nMECH\tOAUTHBEARER\nMECH\tXOAUTH2\n");
    assert_names("SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 OAUTHBEARER XOAUTH2 PLAIN LOGIN");
    dovecot_auth_free(&d);
}

static void what_is_no_login_service_is_told(void **state)
{
    (void)state;
    static const char *const cases[] = {"220 mx.here.test ESMTP\r\n", "VERSION\t2\t0\n",
                                        "VERSION\n", "DONE\n", "\n"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_one();
        assert_int_equal(feed(cases[i]), DOVECOT_BROKEN);
        assert_true(e.text.len > 0);
        dovecot_auth_free(&d);
    }
}

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum dovecot_event_kind kind;
        uint32_t id;
        const char *text;
    } cases[] = {
        {"OK\t1\tuser=alice\n", DOVECOT_RIGHT, 1, "alice"},
        {"OK\t4294967295\tx=y\tuser=alice@here.test\tz\n", DOVECOT_RIGHT, 4294967295U,
         "alice@here.test"},
        {"CONT\t2\tYWJj\n", DOVECOT_CHALLENGE, 2, "YWJj"},
        {"CONT\t2\t\n", DOVECOT_CHALLENGE, 2, ""},
        {"CONT\t2\n", DOVECOT_CHALLENGE, 2, ""},
        {"FAIL\t3\tuser=bob\treason=no\n", DOVECOT_WRONG, 3, "bob"},
        {"FAIL\t3\n", DOVECOT_WRONG, 3, ""},
        {"FAIL\t3\tuser=bob\ttemp\n", DOVECOT_AWAY, 3, "bob"},
        {"FAIL\t3\tcode=temp_fail\n", DOVECOT_AWAY, 3, ""},
        {"FAIL\t3\tuser=bob\tpass_expired\n", DOVECOT_EXPIRED, 3, "bob"},
        {"FAIL\t3\tuser=bob\tcode=pass_expired\n", DOVECOT_EXPIRED, 3, "bob"},
        {"FAIL\t3\tuser=bob\tuser_disabled\n", DOVECOT_DISABLED, 3, "bob"},
        {"FAIL\t3\tuser=bob\tcode=user_disabled\n", DOVECOT_DISABLED, 3, "bob"},
        {"FAIL\t3\tuser=user_disabled\tcode=authz_fail\n", DOVECOT_WRONG, 3, "user_disabled"},
        {"OK\t3\tuser=bob\tnologin\n", DOVECOT_DISABLED, 3, "bob"},
        /* nobody can log in without a name, and nothing but base64 goes to the client */
        {"OK\t1\n", DOVECOT_AWAY, 1, NULL},
        {"OK\t1\tuser=\n", DOVECOT_AWAY, 1, NULL},
        {"OK\t1\tuser=a\001tb\n", DOVECOT_AWAY, 1, NULL},
        {"CONT\t2\t250 ok\r\n", DOVECOT_AWAY, 2, NULL},
        {"OK\tx\tuser=alice\n", DOVECOT_NOTHING, 0, NULL},
        {"OK\t0\tuser=alice\n", DOVECOT_NOTHING, 0, NULL},
        {"OK\n", DOVECOT_NOTHING, 0, NULL},
        {"MECH\tLOGIN\n", DOVECOT_NOTHING, 0, NULL},
        {"NOTFOUND\t1\n", DOVECOT_NOTHING, 0, NULL},
    };
    open_ready();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(feed(cases[i].line), cases[i].kind);
        if (cases[i].id)
            assert_int_equal(e.id, cases[i].id);
        if (cases[i].text)
            assert_slice(e.text, cases[i].text);
    }
    assert_names("PLAIN");
    dovecot_auth_free(&d);
}

static void nothing_is_answered_before_it_is_ready(void **state)
{
    (void)state;
    open_one();
    assert_int_equal(feed("VERSION\t1\t2\nOK\t1\tuser=alice\n"), DOVECOT_NOTHING);
    dovecot_auth_free(&d);
}

static void a_line_has_its_limit(void **state)
{
    (void)state;
    char line[DOVECOT_LINE_MAX];
    memset(line, 'x', sizeof(line));
    memcpy(line, "OK\t1\tx=", 7);
    open_ready();
    line[sizeof(line) - 1] = '\n'; /* 8192 bytes with its end */
    assert_int_equal(dovecot_auth_take(&d, slice_of(line, sizeof(line)), &e), sizeof(line));
    assert_int_equal(e.kind, DOVECOT_AWAY);
    line[sizeof(line) - 1] = 'x';
    assert_int_equal(dovecot_auth_take(&d, slice_of(line, sizeof(line)), &e), sizeof(line));
    assert_int_equal(e.kind, DOVECOT_BROKEN);
    dovecot_auth_free(&d);
}

static void several_lines_are_taken_one_by_one(void **state)
{
    (void)state;
    struct slice in = SLICE("OK\t1\tuser=a\nFAIL\t2\tuser=b\n");
    open_ready();
    size_t used = dovecot_auth_take(&d, in, &e);
    assert_int_equal(used, 12);
    assert_int_equal(e.kind, DOVECOT_RIGHT);
    assert_int_equal(dovecot_auth_take(&d, slice_from(in, used), &e), in.len - used);
    assert_int_equal(e.kind, DOVECOT_WRONG);
    dovecot_auth_free(&d);
}

static void what_is_said(void **state)
{
    (void)state;
    char storage[1024];
    struct buf out;
    struct slice response = SLICE("AGEAYg==");
    struct dovecot_question q = {SLICE("PLAIN"), SLICE("192.0.2.1"), &response};
    buf_init_fixed(&out, storage, sizeof(storage));
    dovecot_auth_greet(&out, 77);
    assert_true(dovecot_auth_ask(&out, 5, &q));
    q.response = NULL;
    assert_true(dovecot_auth_ask(&out, 6, &q));
    assert_true(dovecot_auth_respond(&out, 6, SLICE("")));
    dovecot_auth_cancel(&out, 6);
    assert_slice(buf_slice(&out),
                 "VERSION\t1\t1\nCPID\t77\n"
                 "AUTH\t5\tPLAIN\tservice=smtp\tnologin\tsecured\trip=192.0.2.1\tresp=AGEAYg==\n"
                 "AUTH\t6\tPLAIN\tservice=smtp\tnologin\tsecured\trip=192.0.2.1\n"
                 "CONT\t6\t\nCANCEL\t6\n");
}

static void a_client_gets_nothing_else_into_a_line(void **state)
{
    (void)state;
    static const char *const cases[] = {"YWJj\tmaster=root", "YWJj\nAUTH\t9\tPLAIN", "YWJ", "=",
                                        " "};
    char storage[2 * DOVECOT_LINE_MAX], large[DOVECOT_RESPONSE_MAX + 4];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice response = slice_str(cases[i]);
        const struct dovecot_question q = {SLICE("PLAIN"), SLICE("192.0.2.1"), &response};
        assert_false(dovecot_auth_ask(&out, 1, &q));
        assert_false(dovecot_auth_respond(&out, 1, response));
    }
    memset(large, 'A', sizeof(large));
    assert_false(dovecot_auth_respond(&out, 1, slice_of(large, sizeof(large))));
    assert_int_equal(out.len, 0);
    assert_true(dovecot_auth_respond(&out, 1, slice_of(large, DOVECOT_RESPONSE_MAX)));
    assert_true(out.len < DOVECOT_LINE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_handshake_tells_the_mechanisms),
        cmocka_unit_test(all_names_have_room),
        cmocka_unit_test(what_is_no_login_service_is_told),
        cmocka_unit_test(answers),
        cmocka_unit_test(nothing_is_answered_before_it_is_ready),
        cmocka_unit_test(a_line_has_its_limit),
        cmocka_unit_test(several_lines_are_taken_one_by_one),
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(a_client_gets_nothing_else_into_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
