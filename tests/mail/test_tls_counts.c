#include "mail/tls_counts.h"

#include "check.h"
#include "system/heap.h"

static const struct tls_counts_head head = {INT64_C(1795000000123), 7};

static void fill(struct tls_counts *c, const char *name, int64_t end)
{
    *c = (struct tls_counts){.len = strlen(name), .number = 7, .begin = head.begin, .end = end};
    memcpy(c->name, name, c->len);
    tls_report_note(&c->policies[TLS_POLICY_STS], TLS_RESULT_GOOD, SLICE("mx1.there.example"));
    tls_report_note(&c->policies[TLS_POLICY_STS], TLS_RESULT_EXPIRED, SLICE("mx2.there.example"));
    tls_report_note(&c->policies[TLS_POLICY_TLSA], TLS_RESULT_INVALID, SLICE(""));
}

static void write_two(struct buf *out)
{
    struct tls_counts c;
    buf_init(out, &heap, 10000);
    tls_counts_begin(out, &head);
    fill(&c, "there.example", 0);
    tls_counts_add(out, &c);
    fill(&c, "elsewhere.example", INT64_C(1795000009000));
    tls_counts_add(out, &c);
    tls_counts_end(out);
    assert_false(out->failed);
}

static void comes_back_whole(void **state)
{
    struct tls_counts_head again;
    struct tls_counts c;
    struct buf out;
    struct wire w;
    (void)state;
    write_two(&out);
    assert_true(tls_counts_open(buf_slice(&out), &w, &again));
    assert_true(again.begin == head.begin && again.number == head.number);
    assert_true(tls_counts_next(&w, &c));
    assert_slice(slice_of(c.name, c.len), "there.example");
    assert_true(c.number == 7 && c.begin == head.begin && c.end == 0);
    const struct tls_report_policy *p = &c.policies[TLS_POLICY_STS];
    assert_true(p->good == 1 && p->bad == 1 && p->count == 1);
    assert_int_equal(p->failures[0].result, TLS_RESULT_EXPIRED);
    assert_true(p->failures[0].count == 1);
    assert_slice(slice_of(p->failures[0].host, p->failures[0].host_len), "mx2.there.example");
    assert_true(c.policies[TLS_POLICY_TLSA].bad == 1 && c.policies[TLS_POLICY_NONE].good == 0);
    assert_true(tls_counts_next(&w, &c));
    assert_slice(slice_of(c.name, c.len), "elsewhere.example");
    assert_true(c.end == INT64_C(1795000009000));
    assert_false(tls_counts_next(&w, &c));
    assert_false(w.bad);
    buf_free(&out);
}

/* Cut at each byte, and with each byte another one. */
static void nothing_of_a_damaged_file_is_believed(void **state)
{
    struct tls_counts_head again;
    struct buf out;
    struct wire w;
    (void)state;
    write_two(&out);
    for (size_t len = 0; len < out.len; len++)
        assert_false(tls_counts_open(slice_head(buf_slice(&out), len), &w, &again));
    for (size_t i = 0; i < out.len; i++) {
        out.at[i] ^= 1;
        assert_false(tls_counts_open(buf_slice(&out), &w, &again));
        out.at[i] ^= 1;
    }
    buf_free(&out);
}

/* With a checksum that fits: who wrote that was not this program. */
static void strange_values_are_refused(void **state)
{
    static const char *const names[] = {"", "a b", "a\r\nBcc:", "a\x7f"};
    struct tls_counts_head again;
    struct tls_counts c;
    struct wire w;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct buf out;
        buf_init(&out, &heap, 10000);
        tls_counts_begin(&out, &head);
        fill(&c, names[i], 0);
        tls_counts_add(&out, &c);
        tls_counts_end(&out);
        assert_true(tls_counts_open(buf_slice(&out), &w, &again));
        assert_false(tls_counts_next(&w, &c));
        assert_true(w.bad);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole),
        cmocka_unit_test(nothing_of_a_damaged_file_is_believed),
        cmocka_unit_test(strange_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
