#include "system/config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "system/heap.h"

#define BASE                                                                                       \
    "hostname = \"mx.example.org\"\n"                                                              \
    "listen mx { address = \"0.0.0.0:25\" }\n"

static struct config *parse(const char *text)
{
    struct config_problems p;
    config_problems_init(&p);
    struct config *c = config_parse(slice_str(text), "f", &p);
    for (size_t i = 0; i < p.count; i++)
        print_error("%u: %.*s\n", p.at[i].line, SLICE_ARG(p.at[i].text));
    config_problems_free(&p);
    assert_non_null(c);
    return c;
}

static void fills_in_what_is_not_said(void **state)
{
    (void)state;
    struct config *c = parse(BASE);
    assert_slice(c->hostname, "mx.example.org");
    assert_int_equal(c->listen_count, 1);
    assert_int_equal(c->listens[0].kind, CONFIG_LISTEN_MX);
    assert_int_equal(c->listens[0].addresses.at[0].port, 25);
    assert_int_equal(c->domain_count, 0);
    assert_int_equal(c->relay.networks.count, 2);
    assert_int_equal(c->relay.smarthost.host.len, 0);
    assert_int_equal(c->relay.port, 25);
    assert_int_equal(c->limits.message_size, 25 << 20);
    assert_int_equal(c->queue.lifetime, 5LL * 24 * 3600 * 1000);
    assert_int_equal(c->log.level, LOG_LEVEL_INFO);
    assert_int_equal(c->web.address.ip.family, IP_NONE);
    assert_slice(c->spool.path, "/var/spool/candor");
    config_free(&c);
    assert_null(c);
}

static void reads_every_kind_of_value(void **state)
{
    (void)state;
    struct config *c = parse(
        "hostname = mx.example.org # unquoted\n"
        "listen submission-2 { address = { \"127.0.0.1:587\", # two of them\n \"[::1]:587\" } }\n"
        "listen other { address = 127.0.0.1:2525 }\n"
        "domain Example.org { mailboxes = '/m' maildir = \"/home/%u\" }\n"
        "relay { networks = { 10.0.0.0/8 } smarthost = \"[2001:db8::1]:26\" port = 2526 }\n"
        "// a comment\n/* and\n another */ limits { message-size = \"1 GiB\" hops = 30 }\n"
        "queue { retry-first = \"1500 ms\" lifetime = 2d }\n"
        "resolver { nameserver = { \"127.0.0.1@5300\", \"::1\" } }\n"
        "log { to = \"/var/log/x\" level = debug format = json }\n"
        "web { address = \"127.0.0.1:8025\" }\n");
    assert_int_equal(c->listen_count, 2);
    assert_int_equal(c->listens[0].kind, CONFIG_LISTEN_SUBMISSION);
    assert_int_equal(c->listens[0].addresses.count, 2);
    assert_int_equal(c->listens[0].addresses.at[1].ip.family, IP_V6);
    assert_int_equal(c->listens[1].kind, CONFIG_LISTEN_ANY);
    assert_ptr_equal(config_domain(c, SLICE("eXample.ORG")), &c->domains[0]);
    assert_null(config_domain(c, SLICE("example.com")));
    assert_int_equal(c->relay.networks.count, 1);
    assert_slice(c->relay.smarthost.host, "2001:db8::1");
    assert_int_equal(c->relay.smarthost.port, 26);
    assert_int_equal(c->limits.message_size, 1 << 30);
    assert_int_equal(c->queue.retry_first, 1500);
    assert_int_equal(c->queue.lifetime, 2 * 24 * 3600 * 1000);
    assert_int_equal(c->resolver.nameservers.at[0].port, 5300);
    assert_int_equal(c->resolver.nameservers.at[1].port, 53);
    assert_int_equal(c->log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(c->log.format, CONFIG_LOG_JSON);
    config_free(&c);
}

static void an_empty_list_is_not_the_default(void **state)
{
    (void)state;
    struct config *c = parse(BASE "relay { networks = {} }");
    assert_int_equal(c->relay.networks.count, 0);
    config_free(&c);
}

static bool is_told(const struct config_problems *p, unsigned line, const char *words)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].line == line &&
            slice_find_slice(p->at[i].text, slice_str(words), 0) != SLICE_NONE)
            return true;
    return false;
}

static const struct {
    const char *name, *text;
    size_t count;
    struct {
        unsigned line;
        const char *words;
    } want[4];
} wrongs[] = {
    {"nothing at all", "", 1, {{0, "`hostname` is missing"}}},
    {"no listener", "hostname = a.b", 1, {{0, "no section `listen`"}}},
    {"a misspelt key", "hostnme = a.b\n" BASE, 1, {{1, "did you mean `hostname`"}}},
    {"a misspelt section", BASE "relai { port = 1 }", 1, {{3, "did you mean `relay`"}}},
    {"keys not offered, on one line",
     "hostname = a.b listen mx {\naddress = \"1.2.3.4:25\" require-dane = true require-auth = true "
     "}",
     2,
     {{2, "`require-dane`"}, {2, "`require-auth`"}}},
    {"a key in the wrong section",
     BASE "smarthost = \"a.b:25\"",
     1,
     {{3, "into the section relay"}}},
    {"a key of the top in a section",
     BASE "relay {\n hostname = a.b }",
     1,
     {{4, "outside of any"}}},
    {"an unknown section with all in it",
     BASE "foo \"x\" { bar = { 1, \"}\" } baz { } }\nhops = 1",
     2,
     {{3, "`foo`"}, {4, "into the section limits"}}},
    {"several at once, in order",
     BASE "relay { port = x }\nlimits { hops = 1\n recipients = -1 }",
     3,
     {{3, "port = \"x\""}, {4, "from 25 to 1000"}, {5, "no number"}}},
    {"a value with a space",
     BASE "limits { data-timeout = 5 m }",
     2,
     {{3, "needs quotes"}, {3, "no time"}}},
    {"a time without unit", BASE "queue { lifetime = 5 }", 1, {{3, "\"5 d\""}}},
    {"a size out of range", BASE "limits { message-size = 1K }", 1, {{3, "64 KiB to 4 GiB"}}},
    {"a size that overflows", BASE "spool { reserve = 99999999999999999G }", 1, {{3, "no size"}}},
    {"no port", BASE "web { address = \"127.0.0.1\" }", 1, {{3, "127.0.0.1:25"}}},
    {"a network with host bits",
     BASE "relay { networks = \"10.1.0.0/8\" }",
     1,
     {{3, "behind the prefix"}}},
    {"a bad choice", BASE "log { level = loud }", 1, {{3, "error warning info debug"}}},
    {"a bad sink", BASE "log { to = file }", 1, {{0, "right is stderr, syslog"}}},
    {"a relative path", BASE "spool { path = spool }", 1, {{3, "begins with /"}}},
    {"a control socket that is too long for the kernel",
     BASE
     "control { path = \"/1234567890123456789012345678901234567890123456789012345678901234567890"
     "12345678901234567890123456789012345678\" }",
     1,
     {{3, "107 bytes"}}},
    {"a key twice", BASE "hostname = c.d", 1, {{3, "on line 1 already"}}},
    {"a list twice",
     BASE "relay { networks = ::1 }\nrelay { networks = ::1 }",
     1,
     {{4, "on line 3"}}},
    {"two listeners at one place",
     BASE "web { address = 0.0.0.0:25 }",
     1,
     {{3, "line 2 listens there"}}},
    {"two sections of one name",
     BASE "listen mx { address = 1.1.1.1:1 }",
     1,
     {{3, "duplicate title"}}},
    {"two domains but for case",
     BASE "domain a.b { mailboxes = /m } domain A.b { mailboxes = /m }",
     1,
     {{0, "twice"}}},
    {"no title", BASE "listen { address = \"1.2.3.4:1\" }", 1, {{3, "listen mx {"}}},
    {"a domain that is none", BASE "domain a..b { mailboxes = /m }", 1, {{3, "a..b"}}},
    {"what a section must have", BASE "domain a.b {\n}\n", 1, {{4, "`mailboxes`"}}},
    {"an open quote", BASE "user = \"x\nlog { level = info }", 1, {{3, "not closed on this line"}}},
    {"an open comment", BASE "/* x\n\n", 1, {{3, "never ends"}}},
    {"an open section", BASE "log { level = info\n", 1, {{3, "never closed"}}},
    {"a brace too many", BASE "}\n", 1, {{3, "no section open"}}},
    {"an equal sign before a section", BASE "log = { level = info }", 1, {{3, "without ="}}},
    {"a semicolon", BASE "user = x;\n", 1, {{3, "leave it out"}}},
    {"parentheses", BASE "include(\"/etc/passwd\")\n", 2, {{3, "a ( has no place"}}},
    {"a function's bar", BASE "listen|address = 1\n", 1, {{3, "a | has no place"}}},
    {"an environment variable", BASE "user = ${HOME}\n", 1, {{3, "environment"}}},
    {"one in quotes", BASE "user = \"a${HOME}\"\n", 1, {{3, "environment"}}},
    {"a control character", BASE "user = \"\x01\"\n", 1, {{3, "0x01"}}},
    {"an escape that makes one", BASE "user = \"\\e[1m\"\n", 1, {{3, "control characters"}}},
    {"the first wait longer than all",
     BASE "queue { retry-first = 2h retry-most = 1h }",
     1,
     {{0, "retry-first"}}},
};

static void tells_what_is_wrong_where_and_what_is_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct config_problems p;
        config_problems_init(&p);
        struct config *c = config_parse(slice_str(wrongs[i].text), "f", &p);
        bool fine = !c && p.count == wrongs[i].count;
        for (int k = 0; k < 4 && wrongs[i].want[k].words; k++)
            fine = fine && is_told(&p, wrongs[i].want[k].line, wrongs[i].want[k].words);
        for (size_t k = 0; !fine && k < p.count; k++)
            print_error("%u: %.*s\n", p.at[k].line, SLICE_ARG(p.at[k].text));
        if (!fine)
            fail_msg("%s", wrongs[i].name);
        config_problems_free(&p);
    }
}

static void an_open_quote_leaves_nothing_behind(void **state)
{
    (void)state;
    struct config_problems p;
    config_problems_init(&p);
    assert_null(config_parse(SLICE("hostname = \"x"), "f", &p));
    config_problems_free(&p);
    struct config *c = parse(BASE);
    config_free(&c);
}

static void its_defaults_are_a_right_configuration(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, &heap, 1 << 20);
    config_write_defaults(&text);
    buf_add_char(&text, '\0');
    struct config *said = parse(text.at), *unsaid = parse(BASE);
    assert_int_equal(said->queue.retry_most, unsaid->queue.retry_most);
    assert_int_equal(said->limits.connections, unsaid->limits.connections);
    assert_int_equal(said->relay.networks.count, unsaid->relay.networks.count);
    config_free(&said);
    config_free(&unsaid);
    buf_free(&text);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_mailbox(const struct config *c, const char *domain, const char *local,
                           const char *path)
{
    const struct config_mailbox *m =
        config_mailbox(config_domain(c, slice_str(domain)), slice_str(local));
    if (!path) {
        assert_null(m);
        return;
    }
    assert_non_null(m);
    assert_slice(m->path, path);
}

static void knows_the_mailboxes_of_files_and_folders(void **state)
{
    (void)state;
    char folder[] = "/tmp/candor-test-XXXXXX", text[1000];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("boxes", 0700) | mkdir("boxes/carol", 0700), 0);
    write_file("list", "# who\nAlice\n  bob /home/bob/Mail dir # a comment\n\na#b\n");
    (void)snprintf(text, sizeof(text),
                   BASE "domain a.b { mailboxes = %s/list maildir = \"/m/%%d/%%u\" }\n"
                        "domain c.d { mailboxes = %s/boxes/ }\n",
                   folder, folder);
    write_file("conf", text);
    struct config_problems p;
    config_problems_init(&p);
    struct config *c = config_read("conf", &p);
    assert_non_null(c);
    assert_mailbox(c, "a.b", "aLICE", "/m/a.b/alice");
    assert_mailbox(c, "a.b", "bob", "/home/bob/Mail dir");
    assert_mailbox(c, "a.b", "a#b", "/m/a.b/a#b");
    assert_mailbox(c, "a.b", "who", NULL);
    assert_mailbox(c, "a.b", "Postmaster", "/m/a.b/postmaster");
    (void)snprintf(text, sizeof(text), "%s/boxes/carol", folder);
    assert_mailbox(c, "c.d", "carol", text);
    (void)snprintf(text, sizeof(text), "%s/boxes/postmaster", folder);
    assert_mailbox(c, "c.d", "postmaster", text);
    config_free(&c);

    write_file("list", "../x\nalice\n\nALICE\nbob relative\n");
    assert_null(config_read("conf", &p));
    assert_int_equal(p.count, 3);
    assert_true(is_told(&p, 1, "no local part") && is_told(&p, 4, "already") &&
                is_told(&p, 5, "begin with /"));
    config_problems_free(&p);

    assert_int_equal(unlink("list"), 0);
    config_problems_init(&p);
    assert_null(config_read("conf", &p));
    assert_true(is_told(&p, 3, "no such file"));
    config_problems_free(&p);
    assert_int_equal(unlink("conf") | rmdir("boxes/carol") | rmdir("boxes") | chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void signs_with_each_selector(void **state)
{
    char path[100];
    struct buf out;
    (void)state;
    struct config *c = parse(BASE "dkim \"Example.org\" { selector = { rsa1, ed1.x } }\n"
                                  "dkim other.test { selector = s key = \"/k/%%/%s-%d\" }\n");
    assert_int_equal(c->dkim_count, 2);
    assert_int_equal(c->dkims[0].selectors.count, 2);
    assert_slice(c->dkims[0].selectors.at[1], "ed1.x");
    buf_init_fixed(&out, path, sizeof(path));
    config_dkim_path(&c->dkims[0], c->dkims[0].selectors.at[0], &out);
    assert_slice(buf_slice(&out), "/etc/candor/dkim/Example.org/rsa1.pem");
    buf_clear(&out);
    config_dkim_path(&c->dkims[1], c->dkims[1].selectors.at[0], &out);
    assert_slice(buf_slice(&out), "/k/%%/s-other.test");
    config_free(&c);
}

static void knows_where_lmtp_leads(void **state)
{
    (void)state;
    static const struct {
        const char *lmtp;
        bool is_right;
    } cases[] = {
        {"/run/dovecot/lmtp", true},
        {"127.0.0.1:24", true},
        {"[::1]:24", true},
        {"boxes.test:24", true},
        {"boxes.test", false},
        {"boxes.test:0", false},
        {":24", false},
        {"/", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[400];
        struct config_problems p;
        (void)snprintf(text, sizeof(text),
                       BASE "domain a.test { mailboxes = \"/x\" deliver = lmtp lmtp = \"%s\" }\n",
                       cases[i].lmtp);
        config_problems_init(&p);
        struct config *c = config_parse(slice_str(text), "f", &p);
        if ((c != NULL) != cases[i].is_right)
            fail_msg("lmtp = %s", cases[i].lmtp);
        config_free(&c);
        config_problems_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_where_lmtp_leads),
        cmocka_unit_test(signs_with_each_selector),
        cmocka_unit_test(fills_in_what_is_not_said),
        cmocka_unit_test(reads_every_kind_of_value),
        cmocka_unit_test(an_empty_list_is_not_the_default),
        cmocka_unit_test(tells_what_is_wrong_where_and_what_is_right),
        cmocka_unit_test(an_open_quote_leaves_nothing_behind),
        cmocka_unit_test(its_defaults_are_a_right_configuration),
        cmocka_unit_test(knows_the_mailboxes_of_files_and_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
