/* Measures the queue alone: adds, attempts with their reports, listing, memory, for N messages
 * (first argument; a million) to D destinations (second; 1,000). */
#include <stdio.h>
#include <stdlib.h>

#include "queue/queue.h"
#include "system/clock.h"
#include "system/heap.h"

static size_t bytes_taken, blocks_taken;
static unsigned destinations = 1000;

static void *counting_take(void *ctx, size_t size)
{
    (void)ctx;
    bytes_taken += size;
    blocks_taken++;
    return mem_take(&heap, size);
}

static void counting_give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    bytes_taken -= size;
    blocks_taken--;
    mem_give(&heap, at, size);
}

static void router(void *ctx, const struct envelope *e, struct slice address, struct route *route_r)
{
    (void)ctx;
    (void)e;
    route_r->destination = slice_from(address, slice_rfind(address, '@') + 1);
}

static void told(const char *what, size_t count, int64_t since)
{
    int64_t ms = clock_monotonic_ms() - since;
    printf("%-28s %10.0f /s  (%zu in %lld ms)\n", what,
           (double)count * 1000 / (double)(ms ? ms : 1), count, (long long)ms);
}

static void add_all(struct queue *q, size_t messages, int64_t now)
{
    for (size_t i = 1; i <= messages; i++) {
        char address[64];
        int len = snprintf(address, sizeof(address), "recipient%zu@domain%zu.example", i % 100000,
                           i % destinations);
        struct recipient recipient = {.address = slice_of(address, (size_t)len)};
        struct envelope e = {.sender = SLICE("sender@example.org"),
                             .helo = SLICE("client.example.org"),
                             .client = SLICE("192.0.2.7"),
                             .protocol = SLICE("ESMTP"),
                             .received_at = now,
                             .recipients = &recipient,
                             .count = 1};
        struct queue_message m = {.id = i, .envelope = &e};
        struct err err;
        if (!queue_add(q, &m, now, &err)) {
            fprintf(stderr, "%s\n", err.what);
            exit(1);
        }
    }
}

/* One round over everything that is ready, 100 attempts under way at a time. */
static size_t attempt_all(struct queue *q, struct outcome outcome, int64_t now)
{
    enum { AT_ONCE = 100 };
    struct attempt *attempts[AT_ONCE];
    size_t done = 0, begun;
    do {
        struct effect e;
        for (begun = 0; begun < AT_ONCE && (attempts[begun] = queue_next(q, now));)
            begun++;
        for (size_t i = 0; i < begun; i++)
            queue_report(q, &attempts[i], &outcome, 1, NULL, now);
        while (queue_effect(q, now, &e))
            ;
        done += begun;
    } while (begun);
    return done;
}

static bool count_view(void *ctx, const struct queue_view *view)
{
    (void)view;
    ++*(size_t *)ctx;
    return true;
}

int main(int argc, char **argv)
{
    size_t messages = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    destinations = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    const struct mem mem = {counting_take, counting_give, NULL};
    struct queue_options options = queue_default_options();
    options.router = router;
    options.key = (struct hash_key){1, 2};
    struct queue *q = queue_new(&mem, &options);
    int64_t now = clock_unix_ms(), since = clock_monotonic_ms();
    if (!q || !destinations)
        return 1;

    add_all(q, messages, now);
    told("add", messages, since);
    printf("%-28s %10zu + %zu of malloc's\n", "bytes per message", bytes_taken / messages,
           blocks_taken * 16 / messages);

    struct outcome full = {
        .recipient = OUTCOME_ALL,
        .stage = STAGE_RCPT,
        .host = SLICE("mx.example.org"),
        .reply = {.code = 452, .enhanced = {4, 2, 2}, .text = SLICE("The mailbox is over quota")}};
    since = clock_monotonic_ms();
    told("next + report (refused)", attempt_all(q, full, now), since);
    printf("%-28s %10zu + %zu of malloc's\n", "bytes per refused message", bytes_taken / messages,
           blocks_taken * 16 / messages);

    size_t seen = 0;
    since = clock_monotonic_ms();
    queue_visit(q, &(struct queue_filter){0}, count_view, &seen, now);
    told("visit", seen, since);

    struct outcome fine = {.recipient = OUTCOME_ALL,
                           .stage = STAGE_END_OF_DATA,
                           .reply = {.code = 250, .enhanced = {2, 0, 0}, .text = SLICE("Ok")}};
    since = clock_monotonic_ms();
    told("next + report (delivered)", attempt_all(q, fine, now + 3600000), since);
    queue_free(&q, NULL, NULL);
    return bytes_taken != 0;
}
