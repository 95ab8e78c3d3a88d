#include "auth/reverse_path.h"

#include "check.h"

#define NOW INT64_C(1795461300000)
#define DAY (INT64_C(24) * 60 * 60 * 1000)

static const struct slice tracked[] = {SLICE_INIT("news.test")};
static const struct reverse_paths paths = {.secret = SLICE_INIT("a secret"),
                                           .forwards_at = SLICE_INIT("fwd.test"),
                                           .tracked = tracked,
                                           .tracked_count = 1,
                                           .age = 10 * DAY};

struct text {
    char storage[600];
    struct buf out;
};

static struct slice forwarded(struct text *t, const struct reverse_paths *r, const char *sender)
{
    buf_init_fixed(&t->out, t->storage, sizeof(t->storage));
    assert_true(reverse_path_forward(r, slice_str(sender), NOW, &t->out));
    return buf_slice(&t->out);
}

static enum reverse_path_kind read_at(struct text *t, const struct reverse_paths *r,
                                      struct slice address, int64_t now)
{
    buf_init_fixed(&t->out, t->storage, sizeof(t->storage));
    return reverse_path_read(r, address, now, &t->out);
}

static void a_forwarded_sender_is_found_again(void **state)
{
    (void)state;
    static const char *const senders[] = {"ann@there.test", "a=b=c@x.test",
                                          "Ann.Lee+tag@THERE.test", "srs0@there.test",
                                          "j\xc3\xb6rg@x.test"};
    for (size_t i = 0; i < sizeof(senders) / sizeof(*senders); i++) {
        struct text made, back;
        struct slice path = forwarded(&made, &paths, senders[i]);
        assert_true(slice_starts(path, SLICE("SRS0=")));
        assert_true(slice_iends(path, SLICE("@fwd.test")));
        assert_int_equal(read_at(&back, &paths, path, NOW), REVERSE_PATH_FORWARDED);
        assert_slice(buf_slice(&back.out), senders[i]);
        assert_int_equal(read_at(&back, &paths, path, NOW + 10 * DAY), REVERSE_PATH_FORWARDED);
        assert_int_equal(read_at(&back, &paths, path, NOW + 11 * DAY), REVERSE_PATH_OLD);
        assert_int_equal(read_at(&back, &paths, path, NOW - DAY), REVERSE_PATH_OLD);
    }
}

/* For one message, at a domain where mail is not tracked otherwise. */
static void what_was_asked_for_is_known_again(void **state)
{
    (void)state;
    struct text made, back;
    buf_init_fixed(&made.out, made.storage, sizeof(made.storage));
    assert_true(reverse_path_track_asked(&paths, SLICE("list@once.test"), SLICE("bob@there.test"),
                                         NOW, &made.out));
    struct slice path = buf_slice(&made.out);
    assert_int_equal(read_at(&back, &paths, path, NOW), REVERSE_PATH_TRACKED);
    assert_slice(buf_slice(&back.out), "bob@there.test");
    assert_int_equal(read_at(&back, &paths, path, NOW + 11 * DAY), REVERSE_PATH_OLD);
    char *whom = strstr(made.storage, "=bob=");
    assert_non_null(whom);
    whom[1] = 'r';
    assert_int_equal(read_at(&back, &paths, path, NOW), REVERSE_PATH_NONE);
    assert_slice(buf_slice(&back.out), "");
    struct reverse_paths none = {0};
    assert_false(reverse_path_track_asked(&none, SLICE("list@once.test"), SLICE("bob@there.test"),
                                          NOW, &made.out));
}

static void delimiters_are_those_that_were_named(void **state)
{
    (void)state;
    static const struct {
        const char *delimiters, *sender, *recipient, *path;
    } cases[] = {
        {"+=", "list@once.test", "bob@there.test", "list+bob=there.test@once.test"},
        {"-=", "list@once.test", "bob@there.test", "list-bob=there.test@once.test"},
        {"==", "list@once.test", "a=b@there.test", "list=a=b=there.test@once.test"},
        {"+", "list@once.test", "bob@there.test", NULL},
        {"+=", "\"a b\"@once.test", "bob@there.test", NULL},
        {"+=", "list@once.test", "bob@[192.0.2.1]", NULL},
        {"+=", "list@once.test",
         "a.very.long.local.part.of.an.address@with.a.very.long.domain.behind.it.example", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct text t;
        buf_init_fixed(&t.out, t.storage, sizeof(t.storage));
        bool is_made =
            reverse_path_delimit(slice_str(cases[i].delimiters), slice_str(cases[i].sender),
                                 slice_str(cases[i].recipient), &t.out);
        assert_int_equal(is_made, cases[i].path != NULL);
        assert_slice(buf_slice(&t.out), cases[i].path ? cases[i].path : "");
    }
}

static void hosts_on_the_way_may_change_the_case(void **state)
{
    (void)state;
    struct text made, back;
    struct slice path = forwarded(&made, &paths, "ann@there.test");
    for (size_t i = 0; i < path.len; i++)
        if (made.storage[i] >= 'a' && made.storage[i] <= 'z')
            made.storage[i] = (char)(made.storage[i] - 'a' + 'A');
    assert_int_equal(read_at(&back, &paths, path, NOW), REVERSE_PATH_FORWARDED);
}

static void any_other_letter_is_a_forgery(void **state)
{
    (void)state;
    struct text made, tracking, back;
    struct slice path = forwarded(&made, &paths, "ann@there.test");
    buf_init_fixed(&tracking.out, tracking.storage, sizeof(tracking.storage));
    assert_true(reverse_path_track(&paths, SLICE("list@news.test"), SLICE("bob@there.test"), NOW,
                                   &tracking.out));
    struct text *both[] = {&made, &tracking};
    for (size_t k = 0; k < 2; k++) {
        size_t at = slice_rfind(buf_slice(&both[k]->out), '@');
        for (size_t i = k ? 7 : 5; i < at; i++) {
            char kept = both[k]->storage[i];
            both[k]->storage[i] = kept == 'x' ? 'y' : 'x';
            assert_int_equal(read_at(&back, &paths, buf_slice(&both[k]->out), NOW),
                             REVERSE_PATH_FORGED);
            both[k]->storage[i] = kept;
        }
    }
    struct reverse_paths other = paths;
    other.secret = SLICE("another secret");
    assert_int_equal(read_at(&back, &other, path, NOW), REVERSE_PATH_FORGED);
    assert_int_equal(read_at(&back, &paths, SLICE("SRS0=@fwd.test"), NOW), REVERSE_PATH_FORGED);
    assert_int_equal(read_at(&back, &paths, SLICE("SRS1=a=b@fwd.test"), NOW), REVERSE_PATH_FORGED);
    assert_int_equal(read_at(&back, &paths, SLICE("x+v=@news.test"), NOW), REVERSE_PATH_FORGED);
}

static void two_forwarders_in_a_row_are_gone_back_through(void **state)
{
    (void)state;
    struct reverse_paths second = paths, third = paths;
    struct text one, two, three, back;
    second.secret = SLICE("2");
    second.forwards_at = SLICE("two.test");
    third.secret = SLICE("3");
    third.forwards_at = SLICE("3.test");
    /* short ones, as three names have to fit into 64 bytes */
    struct slice first = forwarded(&one, &paths, "ann@x.test");
    buf_add_char(&one.out, '\0');
    (void)forwarded(&two, &second, one.storage);
    buf_add_char(&two.out, '\0');
    assert_true(slice_starts(slice_str(two.storage), SLICE("SRS1=")));
    assert_int_equal(read_at(&back, &second, slice_str(two.storage), NOW), REVERSE_PATH_FORWARDED);
    assert_true(slice_eq(buf_slice(&back.out), first));
    struct slice last = forwarded(&three, &third, two.storage);
    assert_int_equal(read_at(&back, &third, last, NOW), REVERSE_PATH_FORWARDED);
    assert_true(slice_eq(buf_slice(&back.out), first));
}

static void a_tracked_recipient_is_found_again(void **state)
{
    (void)state;
    static const char *const recipients[] = {"bob@there.test", "bob=x@there.test",
                                             "B.o+b@There.test"};
    for (size_t i = 0; i < sizeof(recipients) / sizeof(*recipients); i++) {
        struct text made, back;
        buf_init_fixed(&made.out, made.storage, sizeof(made.storage));
        assert_true(reverse_path_track(&paths, SLICE("list@news.test"), slice_str(recipients[i]),
                                       NOW, &made.out));
        struct slice path = buf_slice(&made.out);
        assert_true(slice_starts(path, SLICE("list+v=")));
        assert_int_equal(read_at(&back, &paths, path, NOW + DAY), REVERSE_PATH_TRACKED);
        assert_slice(buf_slice(&back.out), recipients[i]);
        assert_int_equal(read_at(&back, &paths, path, NOW + 12 * DAY), REVERSE_PATH_OLD);
    }
}

static void what_can_not_be_rewritten_stays(void **state)
{
    (void)state;
    static const char *const senders[] = {
        "", "postmaster", "\"a b\"@there.test", "ann@[192.0.2.1]",
        "a.local.part.that.leaves.no.room@with.a.domain.that.is.long.test"};
    struct text t;
    buf_init_fixed(&t.out, t.storage, sizeof(t.storage));
    for (size_t i = 0; i < sizeof(senders) / sizeof(*senders); i++)
        assert_false(reverse_path_forward(&paths, slice_str(senders[i]), NOW, &t.out));
    assert_false(reverse_path_tracks(&paths, SLICE("list@other.test")));
    assert_int_equal(t.out.len, 0);
    static const char *const others[] = {"ann@fwd.test", "SRS0=a=b=c=d@other.test",
                                         "a+v=b@fwd.test", "list+tag@news.test", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_int_equal(read_at(&t, &paths, slice_str(others[i]), NOW), REVERSE_PATH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forwarded_sender_is_found_again),
        cmocka_unit_test(what_was_asked_for_is_known_again),
        cmocka_unit_test(delimiters_are_those_that_were_named),
        cmocka_unit_test(hosts_on_the_way_may_change_the_case),
        cmocka_unit_test(any_other_letter_is_a_forgery),
        cmocka_unit_test(two_forwarders_in_a_row_are_gone_back_through),
        cmocka_unit_test(a_tracked_recipient_is_found_again),
        cmocka_unit_test(what_can_not_be_rewritten_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
