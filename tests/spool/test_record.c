#include "spool/log/record.h"

#include "check.h"

enum { GENERATION = 4711, ROOM = 1024 };

/* Appends a record; returns its place. */
static size_t add(char *bytes, size_t *len, enum record_type type, uint64_t id, const char *text)
{
    size_t at = *len;
    struct slice body = slice_str(text);
    struct record r = {type, GENERATION, id, record_body_crc(body), body};
    memset(bytes + at, 0, record_size(body.len));
    record_header(bytes + at, &r);
    memcpy(bytes + at + RECORD_HEADER, body.at, body.len);
    *len += record_size(body.len);
    return at;
}

static void sizes_are_multiples_of_8(void **state)
{
    (void)state;
    assert_int_equal(record_size(0), 32);
    assert_int_equal(record_size(1), 40);
    assert_int_equal(record_size(8), 40);
    assert_int_equal(record_size(9), 48);
}

static void reads_what_was_written(void **state)
{
    (void)state;
    char bytes[ROOM];
    size_t len = 0;
    struct record r;
    add(bytes, &len, RECORD_STATE, UINT64_MAX, "a state");
    assert_true(record_read(slice_of(bytes, len), GENERATION, &r));
    assert_int_equal(r.type, RECORD_STATE);
    assert_true(r.id == UINT64_MAX);
    assert_slice(r.body, "a state");
    assert_false(record_read(slice_of(bytes, len - 8), GENERATION, &r));
    assert_false(record_read(slice_of(bytes, len), GENERATION + 1, &r));
}

static void notices_every_changed_bit(void **state)
{
    (void)state;
    char bytes[ROOM];
    size_t len = 0;
    struct record r;
    add(bytes, &len, RECORD_MESSAGE, 7, "12345678");
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_false(record_read(slice_of(bytes, len), GENERATION, &r));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(record_read(slice_of(bytes, len), GENERATION, &r));
}

static void steps_over_damage(void **state)
{
    (void)state;
    char bytes[ROOM];
    size_t len = 0, at;
    struct record r;
    add(bytes, &len, RECORD_MESSAGE, 1, "first");
    size_t second = add(bytes, &len, RECORD_MESSAGE, 2, "second, which will be damaged");
    size_t third = add(bytes, &len, RECORD_END, 3, "");
    add(bytes, &len, RECORD_STATE, 4, "torn at its end");
    bytes[second + 40] ^= 1;
    struct record_scan scan = {.bytes = slice_of(bytes, len - 8), .generation = GENERATION};
    assert_int_equal(record_next(&scan, &r, &at), RECORD_GOOD);
    assert_true(r.id == 1 && at == 0);
    assert_int_equal(record_next(&scan, &r, &at), RECORD_DAMAGE);
    assert_int_equal(at, second);
    assert_int_equal(scan.at, third);
    assert_int_equal(record_next(&scan, &r, &at), RECORD_GOOD);
    assert_true(r.id == 3 && r.type == RECORD_END && at == third);
    assert_int_equal(record_next(&scan, &r, &at), RECORD_LAST);
    assert_int_equal(scan.at, third + record_size(0));
}

static void splits_a_body(void **state)
{
    (void)state;
    char bytes[BODY_PREFIX + CHUNK_REF + 12] = {0};
    struct chunk_ref ref = {UINT64_MAX - 5, 1, 2, UINT32_MAX}, again;
    struct body body;
    body_prefix(bytes, 7, 1, UINT64_C(1) << 40);
    memcpy(bytes + BODY_PREFIX, "content", 7);
    chunk_ref_write(bytes + BODY_PREFIX + 7, &ref);
    memcpy(bytes + BODY_PREFIX + 7 + CHUNK_REF, "paper", 5);
    assert_true(body_read(slice_of(bytes, sizeof(bytes)), &body));
    assert_slice(body.content, "content");
    assert_slice(body.envelope, "paper");
    assert_true(body.size == UINT64_C(1) << 40);
    assert_int_equal(body.chunk_count, 1);
    again = chunk_ref_read(body.chunks.at);
    assert_true(again.segment == ref.segment && again.offset == ref.offset &&
                again.length == ref.length && again.crc == ref.crc);
    body_prefix(bytes, 7, 2, 0);
    assert_false(body_read(slice_of(bytes, sizeof(bytes)), &body));
    body_prefix(bytes, UINT32_MAX, 0, 0);
    assert_false(body_read(slice_of(bytes, sizeof(bytes)), &body));
    body_prefix(bytes, 0, UINT32_MAX, 0);
    assert_false(body_read(slice_of(bytes, sizeof(bytes)), &body));
    assert_false(body_read(slice_of(bytes, BODY_PREFIX - 1), &body));
}

static void knows_a_head(void **state)
{
    (void)state;
    char bytes[RECORD_HEADER + SEGMENT_BODY];
    struct segment_head head = {9, 0x1234, 8, 77}, again;
    struct record r = {.type = RECORD_SEGMENT, .generation = 9 ^ 0x1234, .id = 5};
    segment_head_write(bytes + RECORD_HEADER, &head);
    r.body = slice_of(bytes + RECORD_HEADER, SEGMENT_BODY);
    r.crc = record_body_crc(r.body);
    record_header(bytes, &r);
    assert_true(segment_head_read(slice_of(bytes, sizeof(bytes)), &again, &r));
    assert_true(again.number == 9 && again.salt == 0x1234 && again.before == 8 &&
                again.before_end == 77 && r.id == 5);
    uint64_t generation;
    assert_true(record_guess(slice_of(bytes, sizeof(bytes)), &generation));
    assert_true(generation == (9 ^ 0x1234));
    bytes[50] ^= 1;
    assert_false(segment_head_read(slice_of(bytes, sizeof(bytes)), &again, &r));
    assert_false(record_guess(slice_of(bytes, sizeof(bytes)), &generation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_multiples_of_8),
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(notices_every_changed_bit),
        cmocka_unit_test(steps_over_damage),
        cmocka_unit_test(splits_a_body),
        cmocka_unit_test(knows_a_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
