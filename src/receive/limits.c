#include "receive/limits.h"

#include <stdlib.h>

#include "net/timer.h"
#include "receive/inside.h"

static const enum situation situations[RATE_COUNT] = {
    [RATE_CONNECTIONS] = SITUATION_CONNECTING_TOO_FAST,
    [RATE_MESSAGES] = SITUATION_SENDING_TOO_FAST,
    [RATE_RECIPIENTS] = SITUATION_RECIPIENTS_TOO_FAST,
    [RATE_UNKNOWN_RECIPIENTS] = SITUATION_UNKNOWN_RECIPIENTS,
    [RATE_ACCOUNT_MESSAGES] = SITUATION_ACCOUNT_SENDING_TOO_FAST,
    [RATE_ACCOUNT_RECIPIENTS] = SITUATION_ACCOUNT_RECIPIENTS_TOO_FAST,
    [RATE_FAILED_LOGINS] = SITUATION_LOGINS_FAILED,
};

/* What is counted for the account in place of the client's address, which many people may share; 0:
 * nothing. */
static const enum rate of_account[RATE_COUNT] = {
    [RATE_MESSAGES] = RATE_ACCOUNT_MESSAGES,
    [RATE_RECIPIENTS] = RATE_ACCOUNT_RECIPIENTS,
};

/* Who was told that he named too many unknown recipients, and names as many again, is not let in.
 */
enum { KEPT_OUT_TIMES = 2 };

struct tarpit {
    struct timer timer;
    struct connection *connection;
    uint32_t ticket;
    enum situation id;
};

static struct rates *rates_of(const struct connection *c)
{
    return c->options->rates;
}

/* Can be no client's: an address holds no such word. */
static struct slice account_key(struct slice name, char key[RATES_KEY_MAX])
{
    struct buf out;
    buf_init_fixed(&out, key, RATES_KEY_MAX);
    buf_add_str(&out, "account ");
    buf_add(&out, slice_head(name, RATES_KEY_MAX / 2));
    return buf_slice(&out);
}

static void refuse(struct connection *c, uint32_t ticket, enum rate which, struct slice who)
{
    char digits[20];
    struct buf most;
    buf_init_fixed(&most, digits, sizeof(digits));
    buf_add_u64(&most, rates_most(rates_of(c), which));
    struct reply r =
        REPLY_MAKE(situations[which], smtp_server_arena(c->session), who, buf_slice(&most));
    connection_answer(c, ticket, r);
}

bool limits_take(struct connection *c, const struct smtp_event *e, enum rate which)
{
    char key[RATES_KEY_MAX];
    bool is_account = c->user && of_account[which];
    struct slice name = is_account ? account_key(slice_str(c->user), key) : slice_str(c->network);
    if (is_account)
        which = of_account[which];
    int64_t now = loop_now(c->receiver->loop);
    if (!rates_of(c) || (c->is_trusted && !is_account) || rates_take(rates_of(c), name, which, now))
        return true;
    if (which == RATE_UNKNOWN_RECIPIENTS) /* those count that he went on with */
        rates_count(rates_of(c), name, which, now);
    refuse(c, e->ticket, which, slice_str(is_account ? c->user : c->client_text));
    return false;
}

bool limits_let_in(struct connection *c, const struct smtp_event *e)
{
    struct rates *rates = rates_of(c);
    bool is_out = rates && !c->is_trusted &&
                  rates_is_spent(rates, slice_str(c->network), RATE_UNKNOWN_RECIPIENTS,
                                 loop_now(c->receiver->loop), KEPT_OUT_TIMES);
    if (is_out)
        refuse(c, e->ticket, RATE_UNKNOWN_RECIPIENTS, slice_str(c->client_text));
    return !is_out && limits_take(c, e, RATE_CONNECTIONS);
}

bool limits_take_login(struct connection *c, uint32_t ticket, struct slice name)
{
    char key[RATES_KEY_MAX];
    struct rates *rates = rates_of(c);
    int64_t now = loop_now(c->receiver->loop);
    if (!rates)
        return true;
    bool is_spent = (name.len > 0 &&
                     rates_is_spent(rates, account_key(name, key), RATE_FAILED_LOGINS, now, 1)) ||
                    (!c->is_trusted &&
                     rates_is_spent(rates, slice_str(c->network), RATE_FAILED_LOGINS, now, 1));
    if (is_spent)
        refuse(c, ticket, RATE_FAILED_LOGINS, slice_str(c->client_text));
    return !is_spent;
}

void limits_count_failed_login(struct connection *c, struct slice name)
{
    char key[RATES_KEY_MAX];
    struct rates *rates = rates_of(c);
    int64_t now = loop_now(c->receiver->loop);
    if (!rates)
        return;
    if (name.len > 0) /* else it is not known whose login it was to be */
        rates_count(rates, account_key(name, key), RATE_FAILED_LOGINS, now);
    rates_count(rates, slice_str(c->network), RATE_FAILED_LOGINS, now);
}

static void on_time(void *ctx)
{
    struct tarpit *t = ctx;
    struct connection *c = t->connection;
    c->tarpit = NULL;
    connection_answer(c, t->ticket, reply_plain(t->id));
    free(t);
    connection_go_on(c);
}

void limits_answer_slowly(struct connection *c, uint32_t ticket, enum situation id)
{
    int64_t wait = c->said_at + c->options->login_delay - loop_now(c->receiver->loop);
    struct tarpit *t = wait > 0 ? calloc(1, sizeof(*t)) : NULL;
    if (!t) {
        connection_answer(c, ticket, reply_plain(id));
        return;
    }
    c->tarpit = t;
    t->connection = c;
    t->ticket = ticket;
    t->id = id;
    timer_init(&t->timer, c->receiver->loop, on_time, t);
    timer_set(&t->timer, wait);
}

bool limits_has_room_to_hold(struct connection *c, const struct smtp_event *e)
{
    char digits[20];
    struct buf most;
    const struct receiver_options *o = c->options;
    if (!o->held || atomic_load(o->held) < o->held_max)
        return true;
    buf_init_fixed(&most, digits, sizeof(digits));
    buf_add_u64(&most, o->held_max);
    connection_answer(
        c, e->ticket,
        REPLY_MAKE(SITUATION_HELD_TOO_MANY, smtp_server_arena(c->session), buf_slice(&most)));
    return false;
}
