#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "system/pam.h"

/* A service of its own in a folder of its own. */
static char folder[64], service[96], program[96];

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void write_service(const char *auth, const char *account)
{
    char text[512];
    (void)snprintf(text, sizeof(text), "auth required %s\naccount required %s\n", auth, account);
    write_file(service, text, 0644);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/pam-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(service, sizeof(service), "%s/candor", folder);
    (void)snprintf(program, sizeof(program), "%s/program", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(service);
    (void)unlink(program);
    return rmdir(folder);
}

static enum pam_verdict ask(const char *name, const char *password)
{
    const char *why = NULL;
    struct pam_helper *h = pam_helper_start(service, &why);
    assert_non_null(h);
    enum pam_verdict verdict = pam_helper_ask(h, name, password, "192.0.2.1");
    assert_int_equal(pam_helper_ask(h, name, password, "192.0.2.1"), verdict); /* it goes on */
    pam_helper_stop(h);
    return verdict;
}

static void what_modules_say(void **state)
{
    (void)state;
    write_service("pam_permit.so", "pam_permit.so");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_RIGHT);
    write_service("pam_deny.so", "pam_permit.so");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_WRONG);
    write_service("pam_permit.so", "pam_deny.so");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_WRONG);
    write_service("pam_no_such_module.so", "pam_permit.so");
    assert_int_equal(ask("alice", "secret"), PAM_IS_AWAY);
    write_service("pam_debug.so auth=authinfo_unavail", "pam_permit.so");
    assert_int_equal(ask("alice", "secret"), PAM_IS_AWAY);
    /* of the account, once the password was right */
    write_service("pam_permit.so", "pam_debug.so acct=new_authtok_reqd");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_EXPIRED);
    write_service("pam_permit.so", "pam_debug.so acct=acct_expired");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_DISABLED);
    write_service("pam_debug.so auth=acct_expired", "pam_permit.so");
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_WRONG);
    (void)unlink(service);
    assert_int_equal(ask("alice", "secret"), PAM_IS_AWAY);
}

/* A module whose program ends the helper: its parent's parent. */
static void a_helper_that_ends_is_started_anew(void **state)
{
    (void)state;
    char module[256];
    const char *why = NULL;
    write_file(program,
               "#!/bin/sh\nread -r _ _ _ parent _ < /proc/$PPID/stat\n"
               "[ \"$PAM_USER\" = harmless ] || kill -KILL \"$parent\"\n",
               0755);
    (void)snprintf(module, sizeof(module), "pam_exec.so quiet %s", program);
    write_service(module, "pam_permit.so");
    struct pam_helper *h = pam_helper_start(service, &why);
    assert_non_null(h);
    assert_int_equal(pam_helper_ask(h, "harmless", "x", "192.0.2.1"), PAM_SAYS_RIGHT);
    for (int i = 0; i < 2; i++) {
        enum pam_verdict verdict = pam_helper_ask(h, "harmful", "x", "192.0.2.1");
        do /* away: the helper took it up, and then was dead */
            verdict = pam_helper_ask(h, "harmless", "x", "192.0.2.1");
        while (verdict == PAM_IS_RESTARTING || verdict == PAM_IS_AWAY);
        assert_int_equal(verdict, PAM_SAYS_RIGHT);
    }
    pam_helper_stop(h);
}

/* A program as the judge: it is given the name, the password and the client. */
static void name_password_and_client_come_to_the_module(void **state)
{
    (void)state;
    char module[256];
    write_file(program,
               "#!/bin/sh\nread -r password\n"
               "[ \"$PAM_USER/$password/$PAM_RHOST\" = \"alice/se cret/192.0.2.1\" ]\n",
               0755);
    (void)snprintf(module, sizeof(module), "pam_exec.so quiet expose_authtok %s", program);
    write_service(module, "pam_permit.so");
    assert_int_equal(ask("alice", "se cret"), PAM_SAYS_RIGHT);
    assert_int_equal(ask("alice", "secret"), PAM_SAYS_WRONG);
    assert_int_equal(ask("bob", "se cret"), PAM_SAYS_WRONG);
}

static void what_is_too_long_is_wrong(void **state)
{
    (void)state;
    char text[600];
    write_service("pam_permit.so", "pam_permit.so");
    memset(text, 'x', sizeof(text));
    text[511] = '\0';
    assert_int_equal(ask("alice", text), PAM_SAYS_RIGHT);
    text[511] = 'x';
    text[512] = '\0';
    assert_int_equal(ask("alice", text), PAM_SAYS_WRONG);
    text[255] = '\0';
    assert_int_equal(ask(text, "secret"), PAM_SAYS_RIGHT);
    text[255] = 'x';
    text[256] = '\0';
    assert_int_equal(ask(text, "secret"), PAM_SAYS_WRONG);
}

/* An intruder in the process that asks may send anything. */
static void only_three_whole_strings_are_a_question(void **state)
{
    static const struct slice others[] = {
        SLICE_INIT(""), SLICE_INIT("alice"), SLICE_INIT("alice\0secret\0"),
        SLICE_INIT("alice\0secret\0client"), SLICE_INIT("alice\0secret\0client\0more")};
    struct pam_question q;
    (void)state;
    assert_true(pam_question_read(SLICE("alice\0se cret\0\0"), &q));
    assert_string_equal(q.name, "alice");
    assert_string_equal(q.password, "se cret");
    assert_string_equal(q.client, "");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(pam_question_read(others[i], &q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_modules_say, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(name_password_and_client_come_to_the_module, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_helper_that_ends_is_started_anew, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_wrong, make_folder, remove_folder),
        cmocka_unit_test(only_three_whole_strings_are_a_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
