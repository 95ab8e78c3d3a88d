#include "deliver/maildir_agent.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "system/pass.h"

static void requests_are_read_strictly(void **state)
{
    static const char *const wrong[] = {
        "",
        "1",
        "1 name",
        "1 name ",
        "1 name relative/path",
        "x name /a/b",
        "-1 name /a/b",
        "99999999999999999999 name /a/b",
        "1 ../name /a/b",
        "1 .name /a/b",
        "1 na/me /a/b",
    };
    static struct maildir_request r;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(maildir_request_read(slice_str(wrong[i]), &r));
    assert_false(maildir_request_read(SLICE("1 name /a\0b"), &r));
    assert_true(maildir_request_read(SLICE("12 1.M2P3.host /home/a b/Maildir"), &r));
    assert_int_equal(r.bytes, 12);
    assert_string_equal(r.file, "1.M2P3.host");
    assert_string_equal(r.path, "/home/a b/Maildir");
}

static void too_long_is_refused(void **state)
{
    static char text[MAILDIR_REQUEST_MAX + 8000], name[MAILDIR_FILE_MAX + 10];
    static struct maildir_request r;
    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    (void)snprintf(text, sizeof(text), "1 %s /a", name);
    assert_false(maildir_request_read(slice_str(text), &r));
    memset(text, 'p', sizeof(text) - 1);
    text[snprintf(text, 9, "1 name /")] = 'p';
    assert_false(maildir_request_read(slice_str(text), &r));
}

static int agent_end;
static struct maildir_answer to_say;
static char heard[MAILDIR_REQUEST_MAX], content_heard[100];

/* An agent that obeys once; without an answer when the result is none. */
static void *obey_once(void *ctx)
{
    size_t len;
    int content, answer;
    if (!maildir_next(agent_end, heard, &len, &content, &answer))
        return NULL;
    heard[len] = '\0';
    ssize_t got = pread(content, content_heard, sizeof(content_heard) - 1, 0);
    content_heard[got > 0 ? got : 0] = '\0';
    if (to_say.result <= MAILDIR_FAILED)
        maildir_answer_send(answer, &to_say);
    close(content);
    close(answer);
    return ctx;
}

static struct maildir_answer ask(int channel)
{
    pthread_t agent;
    int fd = memfd_create("content", MFD_CLOEXEC);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(pthread_create(&agent, NULL, obey_once, NULL), 0);
    struct maildir_answer a = maildir_ask(channel, SLICE("/a/b"), SLICE("name"), 5, fd);
    pthread_join(agent, NULL);
    close(fd);
    return a;
}

static void asks_and_is_answered(void **state)
{
    static const struct maildir_answer answers[] = {
        {.result = MAILDIR_STORED},
        {.result = MAILDIR_FULL},
        {.result = MAILDIR_TOO_LARGE, .most = 1ull << 40},
        {.result = MAILDIR_FAILED, .error = ENOSPC}};
    int ends[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    agent_end = ends[0];
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        to_say = answers[i];
        struct maildir_answer a = ask(ends[1]);
        assert_int_equal(a.result, answers[i].result);
        assert_int_equal(a.most, answers[i].most);
        assert_int_equal(a.error, answers[i].error);
        assert_string_equal(heard, "5 name /a/b");
        assert_string_equal(content_heard, "hello");
    }
    to_say.result = (enum maildir_result)99; /* says nothing, as one that dies over it */
    struct maildir_answer a = ask(ends[1]);
    assert_int_equal(a.result, MAILDIR_FAILED);
    assert_int_equal(a.error, EPIPE);
    close(ends[0]);
    a = maildir_ask(ends[1], SLICE("/a"), SLICE("n"), 1, ends[1]);
    assert_int_equal(a.result, MAILDIR_FAILED);
    close(ends[1]);
}

static void a_request_without_files_is_passed_over(void **state)
{
    int ends[2], content, answer;
    size_t len;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(pass_send(ends[1], SLICE("1 n /a"), NULL, 0, 0));
    assert_true(pass_send(ends[1], SLICE("1 n /a"), ends, 1, 0));
    const int both[] = {ends[0], ends[1]};
    assert_true(pass_send(ends[1], SLICE("2 n /b"), both, 2, 0));
    assert_true(maildir_next(ends[0], heard, &len, &content, &answer));
    assert_memory_equal(heard, "2 n /b", len);
    close(content);
    close(answer);
    close(ends[1]);
    assert_false(maildir_next(ends[0], heard, &len, &content, &answer));
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read_strictly),
        cmocka_unit_test(too_long_is_refused),
        cmocka_unit_test(asks_and_is_answered),
        cmocka_unit_test(a_request_without_files_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
