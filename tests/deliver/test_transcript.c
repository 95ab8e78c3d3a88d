#include "deliver/transcript.h"

#include "check.h"
#include "system/heap.h"

static struct transcript t;

static int set_up(void **state)
{
    (void)state;
    transcript_init(&t, &heap);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    transcript_free(&t);
    return 0;
}

static void sent(const char *bytes)
{
    transcript_sent(&t, slice_str(bytes));
}

static void received(const char *bytes)
{
    transcript_received(&t, slice_str(bytes));
}

static void shows_each_line_once_however_it_comes_in_pieces(void **state)
{
    (void)state;
    transcript_note(&t, "Connecting to ", SLICE("mx.y.example"));
    received("220 mx");
    received(".y.example\r");
    received("\n");
    sent("EHLO x.example\r\nMAIL FROM:<a@x.example>\r\nRC");
    sent("PT TO:<b@y.example>\r\n");
    received("250-mx\r\n250 PIPELINING\r\n250 ok\r\n550 5.1.1 User\033[2J unknown\r\n421 clo");
    assert_slice(transcript_text(&t), "=== Connecting to mx.y.example\n"
                                      "<-  220 mx.y.example\n"
                                      " -> EHLO x.example\n"
                                      " -> MAIL FROM:<a@x.example>\n"
                                      " -> RCPT TO:<b@y.example>\n"
                                      "<-  250-mx\n"
                                      "<-  250 PIPELINING\n"
                                      "<-  250 ok\n"
                                      "<** 550 5.1.1 User?[2J unknown\n"
                                      "<** 421 clo\n");
}

static void counts_the_content(void **state)
{
    (void)state;
    sent("DATA\r\n");
    received("354 go on\r\n");
    t.is_content = true;
    sent("Subject: secret\r\n\r\n");
    sent("secret\r\n.\r\n");
    received("554 no\r\n");
    sent("QUIT\r\n");
    assert_slice(transcript_text(&t), " -> DATA\n"
                                      "<-  354 go on\n"
                                      "=== Bytes of content sent: 30\n"
                                      "<** 554 no\n"
                                      " -> QUIT\n");
}

static void hides_what_logs_in(void **state)
{
    (void)state;
    sent("AUTH PLAIN AGFubgBzZWNyZXQ=\r\n");
    received("535 no\r\n");
    sent("auth LOGIN\r\n");
    received("334 VXNlcm5hbWU6\r\n");
    sent("YW5u\r\n");
    received("334 UGFzc3dvcmQ6\r\n");
    sent("c2VjcmV0\r\n");
    received("235 ok\r\n");
    sent("QUIT\r\n");
    assert_slice(transcript_text(&t), " -> AUTH PLAIN\n"
                                      " -> (hidden)\n"
                                      "<** 535 no\n"
                                      " -> auth LOGIN\n"
                                      "<-  334 VXNlcm5hbWU6\n"
                                      " -> (hidden)\n"
                                      "<-  334 UGFzc3dvcmQ6\n"
                                      " -> (hidden)\n"
                                      "<-  235 ok\n"
                                      " -> QUIT\n");
}

static void leaves_out_the_middle_of_a_long_session(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "RCPT TO:<user%d@y.example>\r\n", i);
        sent(line);
        received("250 ok\r\n");
    }
    struct slice text = transcript_text(&t);
    assert_in_range(text.len, TRANSCRIPT_MAX / 2, TRANSCRIPT_MAX);
    assert_true(slice_starts(text, SLICE(" -> RCPT TO:<user0@y.example>\n")));
    assert_true(slice_iends(text, SLICE("user4999@y.example>\n<-  250 ok\n")));
    size_t cut = slice_find_slice(text, SLICE("\n=== (some lines are left out here)\n"), 0);
    assert_true(cut != SLICE_NONE);
    assert_true(slice_find_slice(text, SLICE("left out here"), cut + 40) == SLICE_NONE);
    assert_false(t.text.failed);
}

static void cuts_an_endless_line(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        received("all work and no play ");
    received("\r\n250 ok\r\n");
    struct slice text = transcript_text(&t);
    assert_true(text.len < 2 * TRANSCRIPT_LINE_MAX);
    assert_true(slice_iends(text, SLICE("\n<-  250 ok\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_each_line_once_however_it_comes_in_pieces, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counts_the_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hides_what_logs_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_out_the_middle_of_a_long_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_an_endless_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
