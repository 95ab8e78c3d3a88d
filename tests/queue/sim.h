/* A queue with a simulated world: a router that knows a few kinds of address, outcomes in one line,
 * memory that can run out. */
#ifndef CANDOR_TESTS_QUEUE_SIM_H
#define CANDOR_TESTS_QUEUE_SIM_H

#include "base/fault.h"
#include "check.h"
#include "queue/queue.h"
#include "system/heap.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
#define START INT64_C(1700000000000)

/* By domain; `local.example` to a Maildir. */
static inline void sim_router(void *ctx, const struct envelope *e, struct slice address,
                              struct route *route_r)
{
    (void)ctx;
    (void)e;
    struct slice domain = slice_from(address, slice_rfind(address, '@') + 1);
    bool is_local = slice_eq(domain, SLICE("local.example"));
    *route_r =
        (struct route){.agent = is_local ? AGENT_MAILDIR : AGENT_SMTP, .destination = domain};
}

static inline struct queue_options sim_options(void)
{
    struct queue_options o = queue_default_options();
    o.key = (struct hash_key){1, 2};
    o.router = sim_router;
    return o;
}

static inline struct queue *sim_queue(void)
{
    struct queue_options o = sim_options();
    struct queue *q = queue_new(&heap, &o);
    assert_non_null(q);
    return q;
}

/* Of a struct mem whose ctx is a struct fault. */
static inline void *failing_take(void *ctx, size_t size)
{
    return fault_now(ctx) ? NULL : mem_take(&heap, size);
}

static inline void failing_give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    mem_give(&heap, at, size);
}

enum { SIM_RECIPIENTS_MAX = 300 };

/* An envelope of its own memory; recipients are separated by spaces. */
struct sim_envelope {
    struct envelope e;
    struct recipient recipients[SIM_RECIPIENTS_MAX];
};

static inline const struct envelope *sim_envelope(struct sim_envelope *s, const char *sender,
                                                  const char *recipients, int64_t received_at)
{
    *s = (struct sim_envelope){0};
    struct slice rest = slice_str(recipients), word;
    while (slice_word(&rest, &word))
        s->recipients[s->e.count++].address = word;
    s->e.sender = slice_str(sender);
    s->e.helo = SLICE("client.example");
    s->e.client = SLICE("192.0.2.7");
    s->e.protocol = SLICE("ESMTP");
    s->e.received_at = received_at;
    s->e.recipients = s->recipients;
    return &s->e;
}

static inline void sim_add(struct queue *q, spool_id id, const char *sender, const char *recipients,
                           int64_t now)
{
    struct sim_envelope s;
    struct err err;
    struct queue_message m = {.id = id, .envelope = sim_envelope(&s, sender, recipients, now)};
    assert_true(queue_add(q, &m, now, &err));
    assert_int_equal(err.code, ERR_OK);
}

/* A reply for a recipient: `text` may begin with an enhanced code. */
static inline struct outcome sim_reply(uint32_t recipient, enum stage stage, uint16_t code,
                                       const char *text)
{
    struct outcome o = {.recipient = recipient, .stage = stage, .host = SLICE("mx.example.org")};
    struct slice rest = slice_str(text), first;
    o.reply.code = code;
    o.reply.text = rest;
    if (slice_word(&rest, &first) && enhanced_parse(first, &o.reply.enhanced))
        o.reply.text = slice_trim(rest);
    return o;
}

static inline struct outcome sim_failure(uint32_t recipient, enum stage stage, const char *words)
{
    return (struct outcome){.recipient = recipient,
                            .stage = stage,
                            .host = SLICE("mx.example.org"),
                            .failure = slice_str(words)};
}

/* Reports one outcome and returns what was decided. */
static inline struct decision sim_report(struct queue *q, struct attempt *a, struct outcome o,
                                         int64_t now)
{
    struct decision d;
    queue_report(q, &a, &o, 1, &d, now);
    assert_null(a);
    return d;
}

static inline struct effect sim_effect(struct queue *q, int64_t now, enum effect_kind kind)
{
    struct effect e;
    assert_true(queue_effect(q, now, &e));
    assert_int_equal(e.kind, kind);
    return e;
}

static inline void no_effect(struct queue *q, int64_t now)
{
    struct effect e;
    assert_false(queue_effect(q, now, &e));
}

#endif
