#include "auth/spf.h"

#include "check.h"
#include "system/heap.h"

enum { MEMORY = 256 * 1024, RECORDS_MAX = 16, QUESTIONS_MOST = 200 };

/* A small DNS: what a name has of a type, as text. */
struct entry {
    const char *name;
    enum dns_type type;
    const char *data; /* TXT: the text; A, AAAA: an address; MX, PTR: a name. "!": SERVFAIL */
};

static const struct entry world[] = {
    {"example.com", DNS_TXT, "v=spf1 +mx a:colo.example.com/28 -all"},
    {"example.com", DNS_TXT, "something else"},
    {"example.com", DNS_MX, "mail.example.com"},
    {"mail.example.com", DNS_A, "192.0.2.129"},
    {"mail.example.com", DNS_AAAA, "2001:db8::25"},
    {"colo.example.com", DNS_A, "192.0.2.65"},
    {"none.example.com", DNS_TXT, "no policy"},
    {"two.example.com", DNS_TXT, "v=spf1 -all"},
    {"two.example.com", DNS_TXT, "v=spf1 +all"},
    {"soft.example.com", DNS_TXT, "v=spf1 ip4:192.0.2.0/24 ~all"},
    {"six.example.com", DNS_TXT, "v=spf1 ip6:2001:db8::/32 ?all"},
    {"open.example.com", DNS_TXT, "v=spf1 ip4:198.51.100.1"},
    {"wrong.example.com", DNS_TXT, "v=spf1 ip4:192.0.2.3 ip4:nonsense -all"},
    {"wrong2.example.com", DNS_TXT, "v=spf1 foo -all"},
    {"wrong3.example.com", DNS_TXT, "v=spf1 a/33 -all"},
    {"wrong4.example.com", DNS_TXT, "v=spf1 include -all"},
    {"wrong5.example.com", DNS_TXT, "v=spf1 exists:%{x} -all"},
    {"other.example.com", DNS_TXT, "v=spf10 -all"},
    {"inc.example.com", DNS_TXT, "v=spf1 include:example.com ~all"},
    {"notinc.example.com", DNS_TXT, "v=spf1 ?include:soft.example.com -all"},
    {"badinc.example.com", DNS_TXT, "v=spf1 include:none.example.com -all"},
    {"deep.example.com", DNS_TXT, "v=spf1 include:inc.example.com -all"},
    {"redir.example.com", DNS_TXT, "v=spf1 redirect=example.com"},
    {"badredir.example.com", DNS_TXT, "v=spf1 redirect=gone.example.com"},
    {"loop.example.com", DNS_TXT, "v=spf1 include:loop.example.com -all"},
    {"round.example.com", DNS_TXT, "v=spf1 redirect=round.example.com"},
    {"void.example.com", DNS_TXT, "v=spf1 a:v1.example.com a:v2.example.com a:v3.example.com -all"},
    {"fails.example.com", DNS_TXT, "v=spf1 a:broken.example.com -all"},
    {"broken.example.com", DNS_A, "!"},
    {"down.example.com", DNS_TXT, "!"},
    {"macro.example.com", DNS_TXT, "v=spf1 exists:%{ir}.%{l1r-}.%{d2}.list.example.net -all"},
    {"3.2.0.192.strong.example.com.list.example.net", DNS_A, "127.0.0.2"},
    {"ptr.example.com", DNS_TXT, "v=spf1 ptr -all"},
    {"3.2.0.192.in-addr.arpa", DNS_PTR, "host.ptr.example.com"},
    {"host.ptr.example.com", DNS_A, "192.0.2.3"},
    {"mods.example.com", DNS_TXT, "v=spf1 exp=why.example.com x-y=1 A:MAIL.example.com -ALL"},
};

static bool write_record(struct buf *out, const struct entry *e)
{
    struct ip ip;
    struct slice rest = slice_str(e->data), label;
    if (e->type == DNS_TXT) {
        buf_add_char(out, (char)rest.len);
        buf_add(out, rest);
        return true;
    }
    if (e->type == DNS_A || e->type == DNS_AAAA) {
        assert_true(ip_parse(rest, &ip));
        buf_add(out, slice_of((const char *)ip.bytes, ip.family == IP_V4 ? 4 : 16));
        return true;
    }
    if (e->type == DNS_MX)
        buf_add(out, slice_of("\0\12", 2));
    while (slice_split(&rest, '.', &label)) {
        buf_add_char(out, (char)label.len);
        buf_add(out, label);
    }
    buf_add_char(out, '\0');
    return true;
}

static void answer(struct spf *s, struct slice name, enum dns_type type, struct arena *arena)
{
    struct slice records[RECORDS_MAX];
    struct dns_answer a = {.status = DNS_NO_NAME, .records = records};
    for (size_t i = 0; i < sizeof(world) / sizeof(*world); i++) {
        const struct entry *e = &world[i];
        char storage[512];
        struct buf out;
        if (!slice_ieq(slice_str(e->name), name))
            continue;
        if (a.status == DNS_NO_NAME)
            a.status = DNS_NO_DATA;
        if (e->type != type)
            continue;
        a.status = strcmp(e->data, "!") == 0 ? DNS_FAILED : DNS_OK;
        buf_init_fixed(&out, storage, sizeof(storage));
        if (a.status == DNS_OK && write_record(&out, e))
            assert_true(arena_dup(arena, buf_slice(&out), &records[a.count++]));
    }
    spf_tell(s, &a);
}

static void check(struct spf *s, const char *client, const char *sender, struct arena *arena)
{
    struct slice text = slice_str(sender), name;
    size_t at = slice_rfind(text, '@'), asked = 0;
    enum dns_type type;
    struct spf_input in = {.local = slice_head(text, at),
                           .domain = slice_from(text, at + 1),
                           .helo = SLICE("client.example")};
    assert_true(ip_parse(slice_str(client), &in.client));
    spf_begin(s, &in, arena);
    while (spf_ask(s, &name, &type)) {
        assert_true(++asked < QUESTIONS_MOST);
        answer(s, name, type, arena);
    }
}

static const struct {
    const char *client;
    const char *sender;
    enum spf_result result;
    const char *matched;
} judged[] = {
    {"192.0.2.129", "a@example.com", SPF_PASS, "+mx"},
    {"2001:db8::25", "a@example.com", SPF_PASS, "+mx"},
    {"192.0.2.70", "a@example.com", SPF_PASS, "a:colo.example.com/28"},
    {"192.0.2.80", "a@example.com", SPF_FAIL, "-all"},
    {"192.0.2.80", "a@none.example.com", SPF_NONE, ""},
    {"192.0.2.80", "a@gone.example.com", SPF_NONE, ""},
    {"192.0.2.80", "a@localhost", SPF_NONE, ""},
    {"192.0.2.80", "a@other.example.com", SPF_NONE, ""},
    {"192.0.2.80", "a@two.example.com", SPF_PERMERROR, ""},
    {"192.0.2.80", "a@soft.example.com", SPF_PASS, "ip4:192.0.2.0/24"},
    {"198.51.100.2", "a@soft.example.com", SPF_SOFTFAIL, "~all"},
    {"2001:db8:1::1", "a@six.example.com", SPF_PASS, "ip6:2001:db8::/32"},
    {"192.0.2.1", "a@six.example.com", SPF_NEUTRAL, "?all"},
    {"192.0.2.1", "a@open.example.com", SPF_NEUTRAL, ""},
    {"192.0.2.3", "a@wrong.example.com", SPF_PERMERROR, ""},
    {"192.0.2.3", "a@wrong2.example.com", SPF_PERMERROR, ""},
    {"192.0.2.3", "a@wrong3.example.com", SPF_PERMERROR, ""},
    {"192.0.2.3", "a@wrong4.example.com", SPF_PERMERROR, ""},
    {"192.0.2.3", "a@wrong5.example.com", SPF_PERMERROR, ""},
    {"192.0.2.129", "a@inc.example.com", SPF_PASS, "include:example.com"},
    {"192.0.2.80", "a@inc.example.com", SPF_SOFTFAIL, "~all"},
    {"192.0.2.80", "a@notinc.example.com", SPF_NEUTRAL, "?include:soft.example.com"},
    {"198.51.100.2", "a@notinc.example.com", SPF_FAIL, "-all"},
    {"192.0.2.80", "a@badinc.example.com", SPF_PERMERROR, ""},
    {"192.0.2.129", "a@deep.example.com", SPF_PASS, "include:inc.example.com"},
    {"192.0.2.80", "a@deep.example.com", SPF_FAIL, "-all"},
    {"192.0.2.129", "a@redir.example.com", SPF_PASS, "+mx"},
    {"192.0.2.80", "a@redir.example.com", SPF_FAIL, "-all"},
    {"192.0.2.80", "a@badredir.example.com", SPF_PERMERROR, ""},
    {"192.0.2.80", "a@loop.example.com", SPF_PERMERROR, ""},
    {"192.0.2.80", "a@round.example.com", SPF_PERMERROR, ""},
    {"192.0.2.80", "a@void.example.com", SPF_PERMERROR, ""},
    {"192.0.2.80", "a@fails.example.com", SPF_TEMPERROR, ""},
    {"192.0.2.80", "a@down.example.com", SPF_TEMPERROR, ""},
    {"192.0.2.3", "strong-bad@macro.example.com", SPF_PASS,
     "exists:%{ir}.%{l1r-}.%{d2}.list.example.net"},
    {"192.0.2.4", "strong-bad@macro.example.com", SPF_FAIL, "-all"},
    {"192.0.2.3", "a@ptr.example.com", SPF_PASS, "ptr"},
    {"192.0.2.4", "a@ptr.example.com", SPF_FAIL, "-all"},
    {"192.0.2.129", "a@mods.example.com", SPF_PASS, "A:MAIL.example.com"},
    {"192.0.2.1", "a@mods.example.com", SPF_FAIL, "-ALL"},
};

static void judges_as_the_record_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(judged) / sizeof(*judged); i++) {
        struct arena arena;
        struct spf s;
        arena_init(&arena, &heap, MEMORY);
        check(&s, judged[i].client, judged[i].sender, &arena);
        if (s.result != judged[i].result || !slice_eq(s.matched, slice_str(judged[i].matched)))
            fail_msg("%s from %s: %s «%.*s» %s", judged[i].sender, judged[i].client,
                     spf_result_name(s.result), SLICE_ARG(s.matched), s.why);
        bool is_error = s.result == SPF_PERMERROR || s.result == SPF_TEMPERROR;
        assert_true(!is_error || *s.why);
        arena_reset(&arena);
    }
}

/* RFC 7208 7.4. */
static void expands_macros(void **state)
{
    static const struct {
        const char *spec;
        const char *means; /* NULL: it is wrong */
    } cases[] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"},
        {"%{l-}", "strong.bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{L}%%%_%-", "strong-bad% %20"},
        {"%{h}.%{p}", "client.example.unknown"},
        {"%{d0}", NULL},
        {"%{c}", NULL},
        {"%{", NULL},
        {"%", NULL},
        {"%x", NULL},
        {"a b", NULL},
    };
    struct spf_input in = {.client = {IP_V4, {192, 0, 2, 3}},
                           .local = SLICE("strong-bad"),
                           .domain = SLICE("email.example.com"),
                           .helo = SLICE("client.example")};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char storage[512];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        bool good = spf_expand(slice_str(cases[i].spec), &in, in.domain, &out);
        if (good != (cases[i].means != NULL) ||
            (good && !slice_eq(buf_slice(&out), slice_str(cases[i].means))))
            fail_msg("%s: %.*s", cases[i].spec, SLICE_ARG(buf_slice(&out)));
    }
}

static void names_that_are_too_long_lose_labels(void **state)
{
    static char spec[400];
    char storage[1024];
    struct buf out;
    const struct spf_input in = {.domain = SLICE("example.com")};
    (void)state;
    memset(spec, 'x', sizeof(spec) - 1);
    for (size_t i = 50; i < sizeof(spec) - 1; i += 50)
        spec[i] = '.';
    buf_init_fixed(&out, storage, sizeof(storage));
    assert_true(spf_expand(slice_str(spec), &in, in.domain, &out));
    assert_true(out.len <= 253 && out.len > 150);
    assert_true(slice_iends(slice_str(spec), buf_slice(&out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_the_record_says),
        cmocka_unit_test(expands_macros),
        cmocka_unit_test(names_that_are_too_long_lose_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
