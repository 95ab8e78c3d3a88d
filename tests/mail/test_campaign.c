#include "mail/campaign.h"

#include "check.h"

static struct slice names[] = {SLICE_INIT("X-Campaign"), SLICE_INIT("List-Id")};
static const struct conf_names fields = {names, 2};

static void check(const char *head, const char *expected)
{
    char storage[CAMPAIGN_MAX * 4];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    campaign_find(&out, slice_str(head), &fields);
    assert_slice(buf_slice(&out), expected);
}

static void the_first_field_that_is_there_names_it(void **state)
{
    (void)state;
    check("List-Id: News <news.example>\r\nx-campaign: spring\r\n\r\n", "spring");
    check("Subject: x\r\nList-Id: News of the\r\n week <news.example>\r\n\r\n", "news.example");
    check("X-Campaign:  \r\nList-Id: plain.example\r\n\r\n", "plain.example");
    check("X-Campaign: a\r\n b\r\n", "a b");
}

static void nothing_is_made_up(void **state)
{
    (void)state;
    check("Subject: x\r\n\r\nX-Campaign: in the body\r\n", "");
    check("", "");
    check("X-Campaign: <>\r\n\r\n", "<>");
}

static void what_could_harm_is_taken_out(void **state)
{
    (void)state;
    check("X-Campaign: a\tb\x1b[1m\r\n\r\n", "a?b?[1m");
}

static void a_long_name_is_cut(void **state)
{
    char head[4096];
    char storage[CAMPAIGN_MAX * 4];
    struct buf in, out;
    (void)state;
    buf_init_fixed(&in, head, sizeof(head));
    buf_init_fixed(&out, storage, sizeof(storage));
    buf_add_str(&in, "X-Campaign: ");
    for (int i = 0; i < 3000; i++)
        buf_add_char(&in, 'x');
    campaign_find(&out, buf_slice(&in), &fields);
    assert_int_equal(out.len, CAMPAIGN_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_field_that_is_there_names_it),
        cmocka_unit_test(nothing_is_made_up),
        cmocka_unit_test(what_could_harm_is_taken_out),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
