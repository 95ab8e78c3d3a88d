/* Plays every transcript at every split of its bytes; plus what a transcript can't say. */
#include "check.h"

#include <dirent.h>
#include <stdlib.h>

#include "script.h"
#include "smtp/server/server_session.h"
#include "system/heap.h"

/* Memory that counts, and can fail. */
struct counted {
    size_t used;
    long until_failure; /* negative: never */
};

static void *counted_take(void *ctx, size_t size)
{
    struct counted *c = ctx;
    if (c->until_failure == 0)
        return NULL;
    c->until_failure -= c->until_failure > 0;
    c->used += size;
    return malloc(size ? size : 1);
}

static void counted_give(void *ctx, void *at, size_t size)
{
    ((struct counted *)ctx)->used -= size;
    free(at);
}

enum { LATE_MAX = 256 };

struct late {
    unsigned long order;
    uint32_t ticket;
    struct slice verdict;
};

/* One play of one script. */
struct play {
    struct counted counted;
    struct mem mem;
    struct smtp_server_options options;
    struct smtp_server *s;
    const struct script *script;
    size_t reached;      /* verdicts count from the step at which they stand */
    size_t next_verdict; /* step from which the next V: is looked for */
    struct late late[LATE_MAX];
    size_t late_count;
    struct buf output, events, body;
    size_t output_seen, events_seen;
    int64_t now;
    bool closed;
    const char *name;
    size_t split;
};

static void answer_ok(struct play *p, const struct smtp_event *e)
{
    bool greets = e->kind == SMTP_EVENT_CONNECT || e->kind == SMTP_EVENT_XCLIENT;
    struct slice arg = greets               ? p->options.hostname
                       : e->address.text.at ? e->address.text
                                            : e->text;
    arg = e->kind == SMTP_EVENT_END_OF_DATA ? SLICE("ID") : arg;
    struct reply r = REPLY_MAKE(script_good(e->kind), smtp_server_arena(p->s), arg);
    smtp_server_answer(p->s, e->ticket, &r);
}

/* `550 5.1.1 words`, `354 words`. */
static void answer_text(struct play *p, uint32_t ticket, struct slice text)
{
    struct reply r = {0};
    struct slice word, rest;
    uint32_t code = 0;
    assert_true(slice_word(&text, &word) && slice_u32(word, &code));
    r.code = (uint16_t)code;
    rest = text;
    if (slice_word(&rest, &word) && enhanced_parse(word, &r.enhanced))
        text = rest;
    r.text = slice_trim(text);
    smtp_server_answer(p->s, ticket, &r);
}

static bool next_verdict(struct play *p, struct slice *text_r)
{
    while (p->next_verdict < p->reached) {
        const struct step *step = &p->script->steps[p->next_verdict++];
        if (step->kind != STEP_VERDICT)
            continue;
        *text_r = step->text;
        return true;
    }
    return false;
}

/* Steps that do nothing by themselves: what stands there is looked up when it is needed. */
static void reach(struct play *p)
{
    while (p->reached < p->script->count && (p->script->steps[p->reached].kind == STEP_VERDICT ||
                                             p->script->steps[p->reached].kind == STEP_OPTION))
        p->reached++;
}

static void judge(struct play *p, const struct smtp_event *e)
{
    struct slice text, word, number;
    if (!next_verdict(p, &text)) {
        answer_ok(p, e);
        return;
    }
    struct slice rest = text;
    assert_true(slice_word(&rest, &word));
    if (slice_eq(word, SLICE("ok"))) {
        answer_ok(p, e);
    } else if (slice_eq(word, SLICE("late"))) {
        uint32_t order = 0;
        assert_true(slice_word(&rest, &number) && slice_u32(number, &order));
        assert_true(p->late_count < LATE_MAX);
        p->late[p->late_count++] = (struct late){order, e->ticket, slice_trim(rest)};
    } else {
        answer_text(p, e->ticket, text);
    }
}

static void end_body(struct play *p)
{
    if (p->body.len == 0)
        return;
    buf_add_str(&p->events, "BODY ");
    buf_add(&p->events, buf_slice(&p->body));
    buf_add_char(&p->events, '\n');
    buf_clear(&p->body);
}

static void note_event(struct play *p, const struct smtp_event *e)
{
    if (e->kind == SMTP_EVENT_BODY) {
        assert_true(e->text.len > 0);
        buf_add(&p->body, e->text);
        return;
    }
    if (e->kind == SMTP_EVENT_ABORT)
        buf_clear(&p->body); /* how much of it was told before depends on the split */
    end_body(p);
    buf_add_str(&p->events, script_event_name(e->kind));
    if (e->kind == SMTP_EVENT_HELO)
        buf_add_str(&p->events, e->is_extended ? " extended" : " plain");
    if (e->kind == SMTP_EVENT_MAIL)
        buf_addf(&p->events, " size=%llu body=%d %.*s", (unsigned long long)e->envelope->size,
                 e->envelope->body, SLICE_ARG(e->envelope->protocol));
    if (e->kind == SMTP_EVENT_END_OF_DATA)
        buf_addf(&p->events, " size=%llu recipients=%zu", (unsigned long long)e->envelope->size,
                 e->envelope->count);
    script_write_parameters(&p->events, e);
    if (e->kind == SMTP_EVENT_MAIL || e->kind == SMTP_EVENT_RCPT) {
        buf_add_str(&p->events, " <");
        buf_add(&p->events, e->address.text);
        buf_add_char(&p->events, '>');
    }
    if (e->text.len) {
        buf_add_char(&p->events, ' ');
        buf_add(&p->events, e->text);
    }
    if (e->claim)
        script_write_claim(&p->events, e->claim);
    if (e->has_response)
        buf_addf(&p->events, " (%.*s)", SLICE_ARG(e->response));
    buf_add_char(&p->events, '\n');
}

static void note_refusals(struct play *p)
{
    struct smtp_refusal r;
    while (smtp_server_next_refusal(p->s, &r)) {
        end_body(p);
        script_write_refusal(&p->events, &r);
    }
}

static void drain(struct play *p)
{
    struct smtp_event e;
    while (smtp_server_next(p->s, &e)) {
        assert_false(p->closed); /* CLOSE is the last */
        note_event(p, &e);
        p->closed = e.kind == SMTP_EVENT_CLOSE;
        if (e.ticket)
            judge(p, &e);
    }
    note_refusals(p);
    struct slice out = smtp_server_output(p->s);
    buf_add(&p->output, out);
    smtp_server_sent(p->s, out.len);
}

/* Gives the late verdict that comes first; false: there is none. */
static bool answer_late(struct play *p)
{
    size_t best = 0;
    if (p->late_count == 0)
        return false;
    for (size_t i = 1; i < p->late_count; i++)
        if (p->late[i].order < p->late[best].order)
            best = i;
    struct late late = p->late[best];
    p->late[best] = p->late[--p->late_count];
    if (slice_eq(late.verdict, SLICE("ok")))
        late.verdict = SLICE("250 2.0.0 Late ok");
    answer_text(p, late.ticket, late.verdict);
    drain(p);
    return true;
}

/* A copy as long as the piece, so that a sanitizer sees a read past its end or after its time. */
static void feed(struct play *p, struct slice in)
{
    while (in.len) {
        char *copy = malloc(in.len);
        memcpy(copy, in.at, in.len);
        size_t used = smtp_server_feed(p->s, slice_of(copy, in.len), p->now);
        assert_true(used <= in.len);
        drain(p);
        free(copy);
        in = slice_from(in, used);
        if (used == 0 && !answer_late(p) && !p->closed)
            fail_msg("%s, split %zu: stuck", p->name, p->split);
    }
}

static void feed_split(struct play *p, struct slice in, size_t at)
{
    size_t cut = p->split > at && p->split < at + in.len ? p->split - at : in.len;
    if (p->split == SIZE_MAX) { /* byte by byte */
        for (size_t i = 0; i < in.len; i++)
            feed(p, slice_of(in.at + i, 1));
        return;
    }
    feed(p, slice_head(in, cut));
    feed(p, slice_from(in, cut));
}

static void show_escaped(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] == '\n')
            fprintf(stderr, "\\n\n");
        else
            fprintf(stderr, s.at[i] < ' ' || s.at[i] > '~' ? "\\x%02x" : "%c",
                    (unsigned char)s.at[i]);
    fputc('\n', stderr);
}

static void expect(struct play *p, const char *what, const struct buf *got, size_t *seen,
                   struct slice want)
{
    struct slice rest = slice_from(buf_slice(got), *seen);
    if (!slice_starts(rest, want)) {
        fprintf(stderr, "want: ");
        show_escaped(want);
        fprintf(stderr, "got: ");
        show_escaped(rest);
        fail_msg("%s, split %zu: %s", p->name, p->split, what);
    }
    *seen += want.len;
}

static void expect_no_more(struct play *p)
{
    end_body(p);
    if (p->output_seen == p->output.len && p->events_seen == p->events.len)
        return;
    show_escaped(slice_from(buf_slice(&p->output), p->output_seen));
    show_escaped(slice_from(buf_slice(&p->events), p->events_seen));
    fail_msg("%s, split %zu: the above was not expected", p->name, p->split);
}

static void do_other(struct play *p, struct slice line)
{
    struct slice word;
    uint64_t ms;
    assert_true(slice_word(&line, &word));
    if (slice_eq(word, SLICE("tick"))) {
        assert_true(slice_u64(slice_trim(line), &ms));
        smtp_server_tick(p->s, p->now); /* the caller looks at the deadline after each step */
        p->now += (int64_t)ms;
        assert_true(smtp_server_deadline(p->s) > p->now - (int64_t)ms);
        smtp_server_tick(p->s, p->now);
    } else if (slice_eq(word, SLICE("secured"))) {
        smtp_server_secured(p->s, p->now);
    } else if (slice_eq(word, SLICE("proxy"))) {
        smtp_server_trust_proxy(p->s);
    } else if (slice_eq(word, SLICE("reference"))) {
        smtp_server_set_reference(p->s, slice_trim(line));
    } else if (slice_eq(word, SLICE("shutdown"))) {
        smtp_server_shutdown(p->s);
    } else {
        while (answer_late(p))
            ;
    }
    drain(p);
}

static void run_step(struct play *p, size_t i, size_t at)
{
    const struct step *step = &p->script->steps[i];
    bool is_input = step->kind == STEP_BYTES || step->kind == STEP_OTHER;
    p->reached = i + 1;
    bool after_expected = i && (step[-1].kind == STEP_OUTPUT || step[-1].kind == STEP_EVENT);
    if (is_input && after_expected)
        expect_no_more(p);
    if (!is_input)
        end_body(p);
    if (step->kind == STEP_BYTES)
        feed_split(p, step->text, at);
    else if (step->kind == STEP_OTHER)
        do_other(p, step->text);
    else if (step->kind == STEP_OUTPUT)
        expect(p, "output", &p->output, &p->output_seen, step->text);
    else if (step->kind == STEP_EVENT)
        expect(p, "event", &p->events, &p->events_seen, step->text);
}

static void begin(struct play *p, const struct script *script, const char *name, size_t split)
{
    *p = (struct play){.counted = {.until_failure = -1},
                       .script = script,
                       .name = name,
                       .split = split,
                       .options = {.hostname = SLICE("mx.example.org"),
                                   .size_max = 10000,
                                   .recipients_max = 100,
                                   .errors_max = 20,
                                   .hops_max = 50,
                                   .command_timeout = 300000,
                                   .data_timeout = 180000}};
    p->mem = (struct mem){counted_take, counted_give, &p->counted};
    buf_init(&p->output, &heap, 1 << 20);
    buf_init(&p->events, &heap, 1 << 20);
    buf_init(&p->body, &heap, 1 << 20);
    for (size_t i = 0; i < script->count; i++)
        if (script->steps[i].kind == STEP_OPTION)
            if (!script_set_option(&p->options, script->steps[i].text))
                fail_msg("%s: no option %.*s", p->name, SLICE_ARG(script->steps[i].text));
}

static void finish(struct play *p)
{
    smtp_server_free(&p->s);
    assert_int_equal(p->counted.used, 0);
    buf_free(&p->output);
    buf_free(&p->events);
    buf_free(&p->body);
}

static void play(const struct script *script, const char *name, size_t split)
{
    struct play p;
    size_t at = 0;
    begin(&p, script, name, split);
    p.s = smtp_server_new(&p.mem, &p.options, p.now);
    smtp_server_set_wall(p.s, INT64_C(1800000000000)); /* 2027-01-15T08:00:00Z */
    assert_non_null(p.s);
    reach(&p);
    drain(&p);
    for (size_t i = 0; i < script->count; i++) {
        run_step(&p, i, at);
        at += script->steps[i].kind == STEP_BYTES ? script->steps[i].text.len : 0;
    }
    expect_no_more(&p);
    struct slice left;
    if (next_verdict(&p, &left))
        fail_msg("%s, split %zu: verdict «%.*s» was not asked for", name, split, SLICE_ARG(left));
    finish(&p);
}

/* Each allocation fails once: no crash, no leak, and what was said is whole lines. */
static void play_without_memory(const struct script *script, const char *name)
{
    for (long fail = 0; fail < 200; fail++) {
        struct play p;
        begin(&p, script, name, 0);
        p.counted.until_failure = fail;
        p.s = smtp_server_new(&p.mem, &p.options, p.now);
        reach(&p);
        if (p.s)
            drain(&p);
        for (size_t i = 0; p.s && i < script->count; i++) { /* closed, it forgets what comes */
            p.reached = i + 1;
            if (script->steps[i].kind == STEP_BYTES)
                feed(&p, script->steps[i].text);
        }
        while (p.s && answer_late(&p))
            ;
        if (p.output.len)
            assert_int_equal(p.output.at[p.output.len - 1], '\n');
        bool was_reached = p.counted.until_failure == 0;
        finish(&p);
        if (!was_reached)
            return;
    }
}

static void play_file(const char *folder, const char *name)
{
    static char bytes[1 << 20];
    char path[1024];
    struct script script;
    struct slice bad = {0};
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    if (!script_parse(&script, slice_of(bytes, len), &bad))
        fail_msg("%s: can't read «%.*s»", name, SLICE_ARG(bad));
    /* Every split; where there are tens of thousands of bytes, some 500 of them. */
    size_t stride = script.input > 8192 ? script.input / 499 : 1;
    for (size_t split = 0; split < script.input; split += stride)
        play(&script, name, split);
    if (script.input <= 8192)
        play_without_memory(&script, name);
    play(&script, name, SIZE_MAX);
    script_free(&script);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void plays_every_transcript(void **state)
{
    (void)state;
    char *names[256];
    size_t count = 0;
    DIR *d = opendir(TRANSCRIPTS);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) && count < 256;)
        if (e->d_name[0] != '.')
            names[count++] = strdup(e->d_name);
    closedir(d);
    assert_true(count >= 10);
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++) {
        play_file(TRANSCRIPTS, names[i]);
        free(names[i]);
    }
}

static void type(struct play *p, const char *text)
{
    feed(p, slice_str(text));
}

static const struct script no_script;

static void open_play(struct play *p)
{
    begin(p, &no_script, "by hand", 0);
    p->s = smtp_server_new(&p->mem, &p->options, 0);
    assert_non_null(p->s);
    drain(p);
}

static void idles_in_less_than_a_kib(void **state)
{
    (void)state;
    struct play p;
    open_play(&p);
    type(&p, "EH");
    assert_true(p.counted.used > 0);
    type(&p, "LO client.example.net\r\n");
    assert_true(p.counted.used < 1024);
    size_t idle = p.counted.used;
    type(&p, "NO");
    assert_true(p.counted.used > idle); /* the line is kept only while it is not whole */
    type(&p, "OP\r\n");
    assert_int_equal(p.counted.used, idle);
    type(&p, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n");
    assert_int_equal(p.counted.used, idle);
    assert_true(smtp_server_is_idle(p.s));
    finish(&p);
}

static void stops_listening_to_a_client_that_does_not_read(void **state)
{
    (void)state;
    struct play p;
    struct smtp_event e;
    open_play(&p);
    size_t taken = 0, used;
    char noops[6 * 64];
    for (size_t i = 0; i < 64; i++)
        memcpy(noops + 6 * i, "NOOP\r\n", 6);
    do {
        used = smtp_server_feed(p.s, slice_of(noops, sizeof(noops)), 0);
        assert_false(smtp_server_next(p.s, &e));
        taken += used;
    } while (used == sizeof(noops));
    assert_true(taken < 16384 && p.counted.used < 64 * 1024);
    assert_int_equal(smtp_server_feed(p.s, SLICE("NOOP\r\n"), 0), 0);
    drain(&p);
    assert_int_equal(smtp_server_feed(p.s, SLICE("NOOP\r\n"), 0), 6);
    finish(&p);
}

/* Who reads all but the last byte each time is slow, and no reason to hang up. */
static void serves_a_client_that_is_always_a_bit_behind(void **state)
{
    (void)state;
    enum { ROUNDS = 20000 };
    struct play p;
    struct smtp_event e;
    open_play(&p);
    type(&p, "EHLO client.example.net\r\n");
    for (size_t i = 0; i < ROUNDS; i++) {
        assert_int_equal(smtp_server_feed(p.s, SLICE("NOOP\r\n"), 0), 6);
        assert_false(smtp_server_next(p.s, &e));
        smtp_server_sent(p.s, smtp_server_output(p.s).len - 1);
    }
    assert_true(smtp_server_is_idle(p.s));
    assert_int_equal(smtp_server_output(p.s).len, 1);
    finish(&p);
}

static void ignores_unknown_tickets(void **state)
{
    (void)state;
    struct play p;
    open_play(&p);
    struct reply r = reply_plain(SITUATION_NOOP);
    size_t before = p.output.len;
    smtp_server_answer(p.s, 0, &r);
    smtp_server_answer(p.s, 77, &r);
    drain(&p);
    assert_int_equal(p.output.len, before);
    finish(&p);
}

static void a_slow_line_does_not_move_the_deadline(void **state)
{
    (void)state;
    struct play p;
    open_play(&p);
    type(&p, "EHLO a\r\n");
    int64_t deadline = smtp_server_deadline(p.s);
    for (p.now = 1000; p.now < 200000; p.now += 1000)
        type(&p, "x");
    assert_true(smtp_server_deadline(p.s) == deadline);
    finish(&p);
}

static void tells_when_it_is_idle(void **state)
{
    (void)state;
    struct play p;
    struct smtp_event e;
    open_play(&p);
    assert_true(smtp_server_is_idle(p.s));
    type(&p, "EHLO a\r\n");
    assert_true(smtp_server_is_idle(p.s));
    assert_int_equal(smtp_server_feed(p.s, SLICE("MAIL FROM:<>\r\n"), 0), 14);
    assert_false(smtp_server_is_idle(p.s));
    assert_true(smtp_server_next(p.s, &e));
    assert_false(smtp_server_is_idle(p.s));
    assert_true(smtp_server_deadline(p.s) == INT64_MAX);
    answer_ok(&p, &e);
    assert_true(smtp_server_is_idle(p.s));
    type(&p, "RCPT TO:<a@b>\r\nDATA\r\n");
    assert_false(smtp_server_is_idle(p.s));
    finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_every_transcript),
        cmocka_unit_test(idles_in_less_than_a_kib),
        cmocka_unit_test(stops_listening_to_a_client_that_does_not_read),
        cmocka_unit_test(serves_a_client_that_is_always_a_bit_behind),
        cmocka_unit_test(ignores_unknown_tickets),
        cmocka_unit_test(a_slow_line_does_not_move_the_deadline),
        cmocka_unit_test(tells_when_it_is_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
