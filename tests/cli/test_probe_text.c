#include "check.h"
#include "cli/probe_show.h"
#include "system/heap.h"

enum { PLENTY = 64 * 1024, WIDTH = 60 };

struct made {
    struct arena arena;
    struct finding *root;
    struct probe_verdict verdict;
    struct probe_shown shown;
    struct buf out;
};

static void make(struct made *m)
{
    *m = (struct made){.verdict.outcome.host = SLICE("mx.example")};
    arena_init(&m->arena, &heap, PLENTY);
    buf_init(&m->out, &heap, PLENTY);
    m->root = finding_add(&m->arena, NULL, FINDING_GOOD, "probe", "a@there.example");
    m->shown = (struct probe_shown){
        .root = m->root, .verdict = &m->verdict, .recipient = SLICE("a@there.example")};
}

static void end(struct made *m)
{
    arena_reset(&m->arena);
    buf_free(&m->out);
}

static void draws_a_tree(void **state)
{
    struct made m;
    (void)state;
    make(&m);
    struct finding *dns = finding_add(&m.arena, m.root, FINDING_GOOD, "mx", "DNS");
    finding_add(&m.arena, dns, FINDING_NOTE, "x",
                "a line that is so long that it has to go on in "
                "the next one");
    struct finding *bad = finding_add(&m.arena, dns, FINDING_DOUBT, "x", "doubtful");
    finding_advise(bad, "Do this, and then do that, and if all of it fails do it again.");
    finding_add(&m.arena, m.root, FINDING_GOOD, "x", "last");
    m.verdict.has_arrived = true;
    probe_write_text(&m.out, &m.shown, &(struct explain_style){.width = WIDTH});
    const struct slice want = SLICE("a@there.example\n"
                                    "├─ ✓ DNS\n"
                                    "│  ├─ · a line that is so long that it has to go on in the\n"
                                    "│  │    next one\n"
                                    "│  └─ ! doubtful\n"
                                    "│        Do this, and then do that, and if all of it fails\n"
                                    "│        do it again.\n"
                                    "└─ ✓ last\n"
                                    "\n"
                                    "✓ Mail to a@there.example gets there: mx.example takes the\n"
                                    "  recipient. What it says of the content only a message\n"
                                    "  shows (--data).\n");
    if (!slice_eq(buf_slice(&m.out), want))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&m.out)));
    end(&m);
}

static size_t count(const struct buf *text, const char *what)
{
    size_t found = 0, at = 0;
    while ((at = slice_find_slice(buf_slice(text), slice_str(what), at)) != SLICE_NONE) {
        found++;
        at++;
    }
    return found;
}

static void explains_the_same_once(void **state)
{
    struct made m;
    (void)state;
    make(&m);
    const struct diagnosis_input said = {
        .reply = {.code = 550, .enhanced = {5, 1, 1}, .text = SLICE("5.1.1 no such user")},
        .stage = STAGE_RCPT};
    for (size_t i = 0; i < 2; i++)
        finding_explain(finding_add(&m.arena, m.root, FINDING_BAD, "rcpt", "RCPT"), &said);
    m.verdict.outcome.reply = said.reply;
    m.verdict.outcome.stage = STAGE_RCPT;
    probe_write_text(&m.out, &m.shown, &(struct explain_style){.width = WIDTH, .color = true});
    assert_int_equal(count(&m.out, "550 5.1.1: "), 1);
    assert_int_equal(count(&m.out, "stands above"), 1);
    assert_int_equal(count(&m.out, "\033[31m✗"), 3);
    assert_int_equal(count(&m.out, "The mailbox does not exist."), 1);
    end(&m);
}

static void says_it_in_json(void **state)
{
    struct made m;
    (void)state;
    make(&m);
    struct finding *dns = finding_add(&m.arena, m.root, FINDING_BAD, "mx", "DNS");
    finding_note(dns, "dns", SLICE("servfail"));
    finding_add(&m.arena, dns, FINDING_NOTE, "x", "\"quoted\"");
    m.verdict.has_arrived = true;
    probe_write_json(&m.out, &m.shown);
    const struct slice want = SLICE(
        "{\"target\":\"a@there.example\",\"recipient\":\"a@there.example\",\"arrives\":true,"
        "\"sent\":false,\"host\":\"mx.example\",\"steps\":[{\"step\":\"mx\",\"state\":\"bad\","
        "\"text\":\"DNS\",\"dns\":\"servfail\",\"steps\":[{\"step\":\"x\",\"state\":\"note\","
        "\"text\":\"\\\"quoted\\\"\"}]}]}\n");
    if (!slice_eq(buf_slice(&m.out), want))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&m.out)));
    end(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_a_tree),
        cmocka_unit_test(explains_the_same_once),
        cmocka_unit_test(says_it_in_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
