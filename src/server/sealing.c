#include "server/sealing.h"

#include <stdlib.h>

#include "auth/arc.h"
#include "base/list.h"
#include "dns/txt.h"
#include "mail/address.h"
#include "system/clock.h"
#include "system/heap.h"

enum { RECORDS_ARENA = 1024 * 1024, RECORD_MOST = 8 * 1024 };

/* A key that is asked for. */
struct question {
    struct sealing *sealing;
    size_t number;
};

struct sealing {
    struct task task;
    struct sealing_options o;
    struct delivery *delivery;
    void (*done)(struct delivery *d, bool is_open);
    struct dkim_message message;
    struct sha256 simple_hash;
    bool is_open, is_unsure;
    struct arc_chain chain;
    char body_hash[SHA256_SIZE];
    struct question questions[ARC_SETS_MAX + 1];
    struct slice records[ARC_SETS_MAX + 1];
    size_t pending;
    struct arena arena;
};

static void finish(struct sealing *s, const char *why)
{
    struct delivery *d = s->delivery;
    void (*done)(struct delivery * d, bool is_open) = s->done;
    bool is_open = s->is_open;
    if (why)
        LOG(s->o.log, LOG_LEVEL_DEBUG, "unsealed", {"reason", slice_str(why)});
    dkim_message_free(&s->message);
    arena_reset(&s->arena);
    free(s);
    done(d, is_open);
}

/* ---- the end, on a worker's thread ---- */

static const char *seal(struct sealing *s)
{
    struct delivery *d = s->delivery;
    char *storage = arena_take(&d->arena, ARC_FIELDS_MAX);
    struct buf out;
    if (!storage)
        return "out of memory";
    if (s->is_unsure)
        return "the DNS did not tell the keys of the seals that are there";
    arc_chain_judge(&s->chain, &s->message, s->body_hash, s->records);
    buf_init_fixed(&out, storage, ARC_FIELDS_MAX);
    if (!arc_seal(&s->chain, &s->message, s->o.key, s->o.hostname, clock_unix_ms() / 1000, &out))
        return "there is a seal on a failure already, or too many";
    d->signature = buf_slice(&out);
    return NULL;
}

static void run_seal(struct task *task)
{
    struct sealing *s = LIST_ITEM(task, struct sealing, task);
    finish(s, seal(s));
}

/* ---- the keys, on the resolver's loop ---- */

static void one_less(struct sealing *s)
{
    if (--s->pending)
        return;
    s->task.run = run_seal;
    workers_post(s->o.workers, &s->task);
}

static void on_key(void *ctx, const struct dns_answer *answer)
{
    struct question *q = ctx;
    struct sealing *s = q->sealing;
    char storage[RECORD_MOST];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    bool is_there = answer->status == DNS_OK && answer->count > 0;
    /* a bogus answer may be an attack, or a mistake that is mended soon */
    if (!is_there && answer->status != DNS_NO_DATA && answer->status != DNS_NO_NAME)
        s->is_unsure = true;
    if (is_there && dns_txt_read(answer->records[0], &text) &&
        !arena_dup(&s->arena, buf_slice(&text), &s->records[q->number]))
        s->is_unsure = true;
    one_less(s);
}

static void run_ask(struct task *task)
{
    struct sealing *s = LIST_ITEM(task, struct sealing, task);
    size_t count = arc_chain_keys(&s->chain);
    s->pending = count + 1; /* answers may come at once */
    for (size_t i = 0; i < count; i++) {
        char storage[ADDRESS_DOMAIN_MAX + 64];
        struct buf name;
        buf_init_fixed(&name, storage, sizeof(storage));
        s->questions[i] = (struct question){s, i};
        if (arc_chain_key_name(&s->chain, i, &name))
            resolver_ask(s->o.resolver, buf_slice(&name), DNS_TXT, on_key, &s->questions[i]);
        else
            one_less(s); /* without a record it fails */
    }
    one_less(s);
}

/* ---- the message, on a worker's thread ---- */

static void take_simple(void *ctx, struct slice bytes)
{
    sha256_add(ctx, bytes);
}

static bool read_content(struct sealing *s, void (*add)(void *to, struct slice bytes), void *to)
{
    struct delivery *d = s->delivery;
    uint64_t offset = 0;
    struct slice bytes;
    enum err_code code;
    while ((code = d->spool->ops->read(d->content, offset, &bytes)) == ERR_OK) {
        add(to, bytes);
        offset += bytes.len;
    }
    return code == ERR_NOT_FOUND;
}

static void add_to_message(void *to, struct slice bytes)
{
    dkim_message_add(to, bytes);
}

/* Of the bytes behind the header. */
struct simple {
    struct dkim_body body;
    uint64_t skip;
};

static void add_to_simple(void *to, struct slice bytes)
{
    struct simple *b = to;
    size_t skipped = b->skip < bytes.len ? (size_t)b->skip : bytes.len;
    b->skip -= skipped;
    dkim_body_add(&b->body, slice_from(bytes, skipped));
}

static bool hash_simple(struct sealing *s)
{
    struct simple b = {.skip = dkim_message_header(&s->message).len + 2}; /* the empty line, too */
    sha256_begin(&s->simple_hash);
    dkim_body_begin_simple(&b.body, take_simple, &s->simple_hash);
    bool is_read = read_content(s, add_to_simple, &b);
    dkim_body_end(&b.body);
    return sha256_end(&s->simple_hash, s->body_hash) && is_read;
}

static void run_read(struct task *task)
{
    struct sealing *s = LIST_ITEM(task, struct sealing, task);
    s->is_open = delivery_open(s->delivery);
    if (!s->is_open) {
        finish(s, "the content can't be read");
        return;
    }
    bool is_read = read_content(s, add_to_message, &s->message);
    if (!dkim_message_end(&s->message) || !is_read) {
        finish(s, "its header is not one that can be signed");
        return;
    }
    arc_chain_read(&s->chain, dkim_message_header(&s->message));
    memcpy(s->body_hash, s->message.body_hash, SHA256_SIZE);
    if (arc_chain_has_simple_body(&s->chain) && !hash_simple(s)) {
        finish(s, "the content can't be read");
        return;
    }
    s->task.run = run_ask;
    loop_post(resolver_loop(s->o.resolver), &s->task);
}

void sealing_begin(const struct sealing_options *o, struct delivery *d,
                   void (*done)(struct delivery *d, bool is_open))
{
    struct sealing *s = calloc(1, sizeof(*s));
    if (!s) {
        done(d, delivery_open(d));
        return;
    }
    s->o = *o;
    s->delivery = d;
    s->done = done;
    s->task.run = run_read;
    arena_init(&s->arena, &heap, RECORDS_ARENA);
    dkim_message_begin(&s->message, &heap);
    workers_post(o->workers, &s->task);
}
