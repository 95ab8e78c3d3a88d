/* The look-up of targets over a DNS of a few lines, which stands here in place of the resolver. */
#include "deliver/targets.h"

#include "check.h"
#include "system/heap.h"

/* A line of the DNS. What is not there has no name. */
struct line {
    const char *name;
    enum dns_type type;
    enum dns_status status;
    bool is_insecure;
    struct slice record;
    const char *canonical; /* NULL: as asked */
};

enum { LINES_MAX = 16, ANSWER_MAX = 4 };
static const struct line *dns;
static char asked_text[512];
static struct buf asked; /* names of TLSA records, in order */

static bool is_about(const struct line *l, struct slice name, enum dns_type type)
{
    return l->name && l->type == type && slice_eq(slice_str(l->name), name);
}

void resolver_ask(struct resolver *r, struct slice name, enum dns_type type,
                  resolver_answered *answered, void *ctx)
{
    struct slice records[ANSWER_MAX];
    struct dns_answer answer = {.status = DNS_NO_NAME, .is_secure = true, .records = records};
    (void)r;
    for (size_t i = 0; i < LINES_MAX && dns[i].name; i++) {
        if (!is_about(&dns[i], name, type))
            continue;
        answer.status = dns[i].status;
        answer.is_secure = !dns[i].is_insecure;
        answer.canonical = slice_str(dns[i].canonical);
        if (answer.status == DNS_OK)
            records[answer.count++] = dns[i].record;
    }
    if (type == DNS_TLSA)
        buf_addf(&asked, "%s%.*s", asked.len ? " " : "", SLICE_ARG(name));
    answered(ctx, &answer);
}

void sts_find(struct sts *s, struct slice domain, sts_found *found, void *ctx)
{
    (void)s;
    (void)domain;
    found(ctx, NULL);
}

struct result {
    struct arena arena;
    struct targets targets;
    bool is_found;
};

static void on_found(void *ctx)
{
    ((struct result *)ctx)->is_found = true;
}

static void find_with(struct result *r, const struct line *lines, const struct targets_options *o,
                      const char *destination, bool is_smarthost)
{
    const struct route route = {.destination = slice_str(destination),
                                .is_smarthost = is_smarthost};
    const struct targets_question question = {.route = &route};
    *r = (struct result){.is_found = false};
    dns = lines;
    buf_init_fixed(&asked, asked_text, sizeof(asked_text));
    arena_init(&r->arena, &heap, 64 * 1024);
    targets_find(NULL, &question, o, &r->arena, &r->targets, on_found, r);
    assert_true(r->is_found);
}

static const struct targets_options usual = {
    .port = 25, .tls = TARGET_TLS_MAY, .has_dane = true, .hostname = SLICE_INIT("mx.here.example")};

static void find(struct result *r, const struct line *lines)
{
    find_with(r, lines, &usual, "there.example", false);
}

static void assert_address(const struct target *t, const char *address)
{
    char text[NET_ADDRESS_TEXT];
    net_address_write((const struct sockaddr *)&t->address.storage, text);
    assert_string_equal(text, address);
}

#define MX                                                                                         \
    {                                                                                              \
        "there.example", DNS_MX, DNS_OK, false, SLICE_INIT("\0\012\2mx\5there\7example\0"), NULL   \
    }
#define V4(last) SLICE_INIT("\177\0\0" last)
#define V6(last) SLICE_INIT("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0" last)

static void the_families_of_a_host_come_in_turn(void **state)
{
    (void)state;
    static const char *const order[] = {"2001:db8::1", "127.0.0.1", "2001:db8::2", "127.0.0.2",
                                        "127.0.0.3"};
    static const struct line lines[LINES_MAX] = {
        MX,
        {"mx.there.example", DNS_A, DNS_OK, true, V4("\1"), NULL},
        {"mx.there.example", DNS_A, DNS_OK, true, V4("\2"), NULL},
        {"mx.there.example", DNS_A, DNS_OK, true, V4("\3"), NULL},
        {"mx.there.example", DNS_AAAA, DNS_OK, true, V6("\1"), NULL},
        {"mx.there.example", DNS_AAAA, DNS_OK, true, V6("\2"), NULL},
    };
    struct result r;
    find(&r, lines);
    assert_int_equal(r.targets.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_address(&r.targets.list[i], order[i]);
    assert_int_equal(asked.len, 0);
    arena_reset(&r.arena);
}

/* ---- where TLSA records are asked for ---- */

#define RECORD                                                                                     \
    "\3\1\1"                                                                                       \
    "0123456789abcdef0123456789abcdef"
#define A_OF(canonical, is_insecure)                                                               \
    {                                                                                              \
        "mx.there.example", DNS_A, DNS_OK, is_insecure, V4("\2"), canonical                        \
    }
#define TLSA(name, status, is_insecure)                                                            \
    {                                                                                              \
        "_25._tcp." name, DNS_TLSA, status, is_insecure, SLICE_INIT(RECORD), NULL                  \
    }
#define CNAME(status, is_insecure)                                                                 \
    {                                                                                              \
        "mx.there.example", DNS_CNAME, status, is_insecure, SLICE_INIT("\4real\0"), NULL           \
    }
#define AT_MX   "_25._tcp.mx.there.example"
#define AT_REAL "_25._tcp.real.example"

static const struct {
    struct line lines[LINES_MAX];
    const char *asked;
    enum target_tls tls;
    const char *base; /* empty: none; NULL: nothing may be sent */
} dane_cases[] = {
    /* its own name */
    {{MX, A_OF(NULL, false), TLSA("mx.there.example", DNS_OK, false)},
     AT_MX,
     TARGET_TLS_DANE,
     "mx.there.example"},
    {{MX, A_OF("mx.there.example.", false), TLSA("mx.there.example", DNS_OK, false)},
     AT_MX,
     TARGET_TLS_DANE,
     "mx.there.example"},
    {{MX, A_OF(NULL, true), TLSA("mx.there.example", DNS_OK, false)}, "", TARGET_TLS_MAY, ""},
    {{MX, A_OF(NULL, false), TLSA("mx.there.example", DNS_OK, true)}, AT_MX, TARGET_TLS_MAY, ""},
    {{MX, A_OF(NULL, false), TLSA("mx.there.example", DNS_BOGUS, false)}, AT_MX, 0, NULL},
    /* another's: first there, then its own */
    {{MX, A_OF("real.example.", false), TLSA("real.example", DNS_OK, false),
      TLSA("mx.there.example", DNS_OK, false)},
     AT_REAL,
     TARGET_TLS_DANE,
     "real.example"},
    {{MX, A_OF("real.example.", false), TLSA("mx.there.example", DNS_OK, false)},
     AT_REAL " " AT_MX,
     TARGET_TLS_DANE,
     "mx.there.example"},
    {{MX, A_OF("real.example.", false), TLSA("real.example", DNS_NO_DATA, false)},
     AT_REAL " " AT_MX,
     TARGET_TLS_MAY,
     ""},
    {{MX, A_OF("real.example.", false), TLSA("real.example", DNS_TIMED_OUT, false),
      TLSA("mx.there.example", DNS_OK, false)},
     AT_REAL,
     0,
     NULL},
    /* one that can't be a host's name is none */
    {{MX, A_OF("r\\032l.example.", false), TLSA("mx.there.example", DNS_OK, false)},
     AT_MX,
     TARGET_TLS_DANE,
     "mx.there.example"},
    /* the end of the chain is not proven, its begin is */
    {{MX, A_OF("real.example.", true), CNAME(DNS_OK, false),
      TLSA("mx.there.example", DNS_OK, false), TLSA("real.example", DNS_OK, false)},
     AT_MX,
     TARGET_TLS_DANE,
     "mx.there.example"},
    {{MX, A_OF("real.example.", true), CNAME(DNS_OK, true),
      TLSA("mx.there.example", DNS_OK, false)},
     "",
     TARGET_TLS_MAY,
     ""},
    {{MX, A_OF("real.example.", true), CNAME(DNS_FAILED, false),
      TLSA("mx.there.example", DNS_OK, false)},
     "",
     0,
     NULL},
};

static void records_are_asked_for_where_they_prove_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dane_cases) / sizeof(*dane_cases); i++) {
        struct result r;
        find(&r, dane_cases[i].lines);
        if (!slice_eq(buf_slice(&asked), slice_str(dane_cases[i].asked)) ||
            r.targets.count != (dane_cases[i].base != NULL))
            fail_msg("case %zu: asked %.*s, %zu targets", i, SLICE_ARG(buf_slice(&asked)),
                     r.targets.count);
        if (dane_cases[i].base) {
            assert_int_equal(r.targets.list[0].security->tls, dane_cases[i].tls);
            assert_slice(r.targets.list[0].security->base, dane_cases[i].base);
        } else {
            assert_int_equal(r.targets.failure.situation, SITUATION_TLSA_FAILED);
        }
        arena_reset(&r.arena);
    }
}

static void a_smarthost_that_stands_for_another_has_records_too(void **state)
{
    (void)state;
    static const struct line lines[LINES_MAX] = {
        {"relay.example", DNS_A, DNS_OK, false, V4("\2"), "real.example."},
        {"_587._tcp.real.example", DNS_TLSA, DNS_OK, false, SLICE_INIT(RECORD), NULL}};
    struct result r;
    find_with(&r, lines, &usual, "relay.example:587", true);
    assert_int_equal(r.targets.count, 1);
    assert_slice(r.targets.list[0].host, "relay.example");
    assert_slice(r.targets.list[0].security->base, "real.example");
    arena_reset(&r.arena);
}

static void a_literal_needs_no_question_and_never_leads_back(void **state)
{
    (void)state;
    static const struct line lines[LINES_MAX] = {{.name = NULL}};
    static const struct endpoint own[] = {
        {{IP_V4, {127, 0, 0, 5}}, 25}, {{IP_V6, {0}}, 26}, {{IP_V4, {0}}, 27}};
    static const struct {
        const char *literal;
        uint16_t port;
        bool is_own;
    } cases[] = {
        {"[127.0.0.4]", 25, false}, {"[127.0.0.5]", 25, true},         {"[IPv6:::1]", 25, false},
        {"[127.0.0.5]", 26, true},  {"[IPv6:::1]", 26, true},          {"[192.0.2.1]", 26, false},
        {"[IPv6:::1]", 27, false},  {"[127.0.0.9]", 27, true},         {"[192.0.2.1]", 27, false},
        {"[127.0.0.9]", 28, false}, {"[IPv6:2001:db8::1]", 26, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct targets_options o = usual;
        struct result r;
        o.port = cases[i].port;
        o.own = own;
        o.own_count = sizeof(own) / sizeof(*own);
        find_with(&r, lines, &o, cases[i].literal, false);
        if (r.targets.count != !cases[i].is_own)
            fail_msg("%s port %u: %zu targets", cases[i].literal, cases[i].port, r.targets.count);
        if (cases[i].is_own)
            assert_int_equal(r.targets.failure.situation, SITUATION_EXCHANGERS_LEAD_BACK);
        arena_reset(&r.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_families_of_a_host_come_in_turn),
        cmocka_unit_test(records_are_asked_for_where_they_prove_something),
        cmocka_unit_test(a_literal_needs_no_question_and_never_leads_back),
        cmocka_unit_test(a_smarthost_that_stands_for_another_has_records_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
