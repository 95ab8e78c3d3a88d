/* ETRN (RFC 1985): the queue's thread is asked, and answers by a task of its own. */
#include <stdlib.h>

#include "dns/idn.h"
#include "mail/address.h"
#include "receive/inside.h"

struct fetching {
    struct fetch fetch;
    struct connection *connection;
    uint32_t ticket;
    char domain[ADDRESS_DOMAIN_MAX];
};

static enum situation situation_of(const struct fetch *f)
{
    if (!f->is_done)
        return SITUATION_ETRN_UNABLE;
    if (f->due)
        return f->stopped ? SITUATION_ETRN_STARTED_IN_PART : SITUATION_ETRN_STARTED;
    if (f->stopped)
        return SITUATION_ETRN_STOPPED;
    return f->active ? SITUATION_ETRN_UNDER_WAY : SITUATION_ETRN_NOTHING;
}

static struct reply reply_of(const struct fetch *f, struct arena *arena)
{
    char due[20], stopped[20];
    struct buf first, second;
    buf_init_fixed(&first, due, sizeof(due));
    buf_init_fixed(&second, stopped, sizeof(stopped));
    buf_add_u64(&first, f->due);
    buf_add_u64(&second, f->stopped);
    return REPLY_MAKE(situation_of(f), arena, f->domain, buf_slice(&first), buf_slice(&second));
}

static void on_fetched(struct task *task)
{
    struct fetching *f = LIST_ITEM(task, struct fetching, fetch.task);
    struct connection *c = f->connection;
    connection_answer(c, f->ticket, reply_of(&f->fetch, smtp_server_arena(c->session)));
    c->fetches--;
    free(f);
    connection_go_on(c);
}

/* Why it may not be asked for; SITUATION_NONE: it may. */
static enum situation find_refusal(const struct connection *c, struct slice domain)
{
    const struct address somebody = {.domain = domain};
    if (!c->is_trusted && !c->user)
        return SITUATION_ETRN_DENIED;
    if (access_local_domain(c->options->access, &somebody))
        return SITUATION_ETRN_LOCAL;
    return c->options->fetch ? SITUATION_NONE : SITUATION_ETRN_UNABLE;
}

void fetching_begin(struct connection *c, const struct smtp_event *e)
{
    struct fetching *f = calloc(1, sizeof(*f));
    struct arena *arena = smtp_server_arena(c->session);
    struct buf domain;
    if (!f) {
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_ETRN_UNABLE, arena, e->text));
        return;
    }
    buf_init_fixed(&domain, f->domain, sizeof(f->domain));
    bool is_name = idn_add_domain(&domain, e->text);
    enum situation refusal = is_name ? find_refusal(c, buf_slice(&domain)) : SITUATION_ETRN_SYNTAX;
    if (refusal != SITUATION_NONE) {
        connection_answer(c, e->ticket, REPLY_MAKE(refusal, arena, e->text));
        free(f);
        return;
    }
    f->connection = c;
    f->ticket = e->ticket;
    f->fetch = (struct fetch){.run = on_fetched,
                              .loop = c->receiver->loop,
                              .domain = buf_slice(&domain),
                              .has_subdomains = e->has_subdomains};
    c->fetches++;
    c->options->fetch(c->options->arrived_ctx, &f->fetch);
}
