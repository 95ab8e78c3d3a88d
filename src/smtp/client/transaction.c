/* One transaction: its commands written, its replies matched to them in order, each recipient
 * settled once. */
#include "smtp/client/inside.h"

static const char misfit[] = "the other side answered with a code that does not fit there";

static void settle_all(struct smtp_client *c, const struct client_answer *why)
{
    if (c->left)
        client_event(c, SMTP_CLIENT_REPLY, client_stage(c), UINT32_MAX, why);
    c->left = 0;
}

static void settle_one(struct smtp_client *c, size_t i, const struct client_answer *why)
{
    c->recipients[i] = RCPT_SETTLED;
    if (!c->left)
        return; /* all were settled together */
    c->left--;
    client_event(c, SMTP_CLIENT_REPLY, client_stage(c), c->message->recipients[i], why);
}

void client_forget_message(struct smtp_client *c)
{
    mem_give(c->mem, c->recipients, c->count);
    c->recipients = NULL;
    c->message = NULL;
    c->count = c->left = c->unfit = c->accepted = c->at = c->awaited = 0;
    c->to_send = STEP_IDLE;
}

static void done(struct smtp_client *c)
{
    client_forget_message(c);
    client_event(c, SMTP_CLIENT_DONE, client_stage(c), UINT32_MAX, NULL);
}

void client_settle_rest(struct smtp_client *c, const struct client_answer *why)
{
    if (!c->message)
        return;
    settle_all(c, why);
    done(c);
}

/* The peer is not where we think it is: nothing more can be said to it. */
static void give_up(struct smtp_client *c, const struct client_answer *why)
{
    client_settle_rest(c, why);
    client_close(c, why);
}

static const struct recipient *recipient_at(const struct smtp_client *c, size_t i)
{
    return &c->message->envelope->recipients[c->message->recipients[i]];
}

/* The first recipient at or after `from` that is in a state; count: none. */
static size_t find(const struct smtp_client *c, size_t from, enum client_recipient state)
{
    while (from < c->count && c->recipients[from] != state)
        from++;
    return from;
}

static struct slice domain_at(const struct smtp_client *c, size_t i)
{
    struct slice address = recipient_at(c, i)->address;
    size_t at = address.len;
    while (at && address.at[at - 1] != '@')
        at--;
    return slice_from(address, at);
}

/* No recipient of this domain goes before this one. */
static bool is_new_domain(const struct smtp_client *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (c->recipients[k] == RCPT_WAITS && slice_ieq(domain_at(c, k), domain_at(c, i)))
            return false;
    return true;
}

/* Those that must not be sent, and those that are more than the peer said it takes (RFC 9422). */
static void look_for_unfit(struct smtp_client *c)
{
    uint64_t fit = 0, domains = 0;
    for (size_t i = 0; i < c->count; i++) {
        bool is_new = c->domains_max && is_new_domain(c, i);
        bool is_over = (c->recipients_max && fit >= c->recipients_max) ||
                       (is_new && domains >= c->domains_max);
        c->recipients[i] = !client_recipient_is_fit(recipient_at(c, i)) ? RCPT_UNFIT
                           : is_over                                    ? RCPT_OVER
                                                                        : RCPT_WAITS;
        bool goes = c->recipients[i] == RCPT_WAITS;
        fit += goes;
        domains += goes && is_new;
        c->unfit += !goes;
    }
}

/* What the message needs and the peer does not have; SITUATION_NONE: nothing. LMTP is the last
 * step, on a way of ours, which neither REQUIRETLS nor DELIVERBY is about. */
static enum situation find_lack(const struct smtp_client *c, const struct smtp_client_message *m)
{
    const struct envelope *e = m->envelope;
    const unsigned for_binary = OFFER_CHUNKING | OFFER_BINARYMIME;
    bool goes_on = !c->options.lmtp;
    bool comes_back = goes_on && e->by_mode == BY_RETURN;
    if (e->smtputf8 && !(c->offers & OFFER_SMTPUTF8))
        return SITUATION_PEER_WITHOUT_SMTPUTF8; /* RFC 6531 3.2 */
    if (e->requires_tls && goes_on && !(c->is_secure && (c->offers & OFFER_REQUIRETLS)))
        return SITUATION_PEER_WITHOUT_REQUIRETLS; /* RFC 8689 4.2.1 */
    if (c->size_max && e->size > c->size_max)
        return SITUATION_PEER_TAKES_LESS; /* RFC 1870 6.1 */
    if (client_is_binary(m) && (c->offers & for_binary) != for_binary)
        return SITUATION_PEER_WITHOUT_BINARYMIME; /* RFC 3030 3 */
    if (comes_back && !(c->offers & OFFER_DELIVERBY))
        return SITUATION_PEER_WITHOUT_DELIVERBY; /* RFC 2852 */
    if (comes_back && (m->by_left <= 0 || (uint64_t)m->by_left < c->by_least))
        return SITUATION_BY_IS_OVER; /* ditto */
    return SITUATION_NONE;
}

/* Why the message can't be offered to this peer at all; false: it can. */
static bool is_impossible(const struct smtp_client *c, const struct smtp_client_message *m,
                          struct client_answer *why_r, struct reply *reply)
{
    enum situation lack = find_lack(c, m);
    *why_r = (struct client_answer){0};
    *reply = reply_plain(lack);
    if (!client_sender_is_fit(m))
        why_r->failure = "the sender's address can't be sent: it is not valid";
    else
        why_r->reply = reply;
    return why_r->failure || lack != SITUATION_NONE;
}

void client_start(struct smtp_client *c)
{
    const struct smtp_client_message *m = c->held;
    struct client_answer why;
    struct reply reply;
    c->held = NULL;
    c->message = m;
    c->step = STEP_MAIL;
    c->is_begun = false;
    c->recipients = mem_take(c->mem, m->count);
    if (!c->recipients) {
        give_up(c, &(struct client_answer){.failure = "out of memory"});
        return;
    }
    c->count = c->left = m->count;
    if (is_impossible(c, m, &why, &reply)) {
        client_settle_rest(c, &why);
        client_ready(c);
        return;
    }
    look_for_unfit(c);
    c->to_send = c->unfit < c->count ? STEP_MAIL : STEP_IDLE;
}

void client_tell_unfit(struct smtp_client *c)
{
    size_t i = find(c, 0, RCPT_UNFIT);
    struct client_answer why = {.failure = "the address can't be sent: it is not valid"};
    struct reply over = reply_plain(SITUATION_PEER_TAKES_FEWER);
    if (i == c->count) {
        i = find(c, 0, RCPT_OVER);
        why = (struct client_answer){.reply = &over};
    }
    c->unfit--;
    settle_one(c, i, &why);
}

/* One more command of the group: the first waits for its reply at once. */
static void begin(struct smtp_client *c, enum client_step step)
{
    if (!c->awaited)
        client_enter(c, step);
    c->awaited++;
    c->is_begun = true;
}

static void write_rcpt(struct smtp_client *c)
{
    size_t i = c->to_send_at = find(c, c->to_send_at, RCPT_WAITS);
    if (i == c->count) {
        c->to_send = STEP_DATA;
        return;
    }
    if (!c->awaited)
        c->at = i;
    begin(c, STEP_RCPT);
    client_write_rcpt(c, recipient_at(c, i));
    c->recipients[i] = RCPT_SENT;
}

static void ask_for_body(struct smtp_client *c)
{
    c->dots = DOTS_LINE_START;
    c->body_asked = false;
    c->at = 0;
    client_enter(c, STEP_BODY);
}

static void write_data(struct smtp_client *c)
{
    c->to_send = STEP_IDLE;
    if (c->message->only_asks || (!c->accepted && !c->awaited))
        return; /* nobody would get it */
    if (client_is_binary(c->message)) {
        buf_addf(&c->out, "BDAT %llu LAST\r\n", (unsigned long long)c->message->size);
        ask_for_body(c);
        return;
    }
    begin(c, STEP_DATA);
    buf_add_str(&c->out, "DATA\r\n");
}

static void write_next(struct smtp_client *c)
{
    if (c->to_send == STEP_MAIL) {
        begin(c, STEP_MAIL);
        client_write_mail(c, c->message);
        c->to_send = STEP_RCPT;
        c->to_send_at = 0;
    } else if (c->to_send == STEP_RCPT) {
        write_rcpt(c);
    } else {
        write_data(c);
    }
}

/* The transaction ended. What the peer may still keep of it, RSET clears; the end of the content
 * has cleared it already (RFC 5321 4.1.1.4). */
static void finish(struct smtp_client *c, bool reset)
{
    done(c);
    if (reset)
        client_command(c, STEP_RSET, "RSET", SLICE(""));
    else
        client_ready(c);
}

static bool may_write(const struct smtp_client *c)
{
    /* content must not follow at once where nobody may have been accepted */
    bool is_chunk = c->to_send == STEP_DATA && client_is_binary(c->message);
    bool in_turn = !c->awaited || ((c->offers & OFFER_PIPELINING) && !is_chunk);
    return in_turn && c->to_send != STEP_IDLE && smtp_client_output(c).len < CLIENT_OUTPUT_MUCH;
}

void client_fill(struct smtp_client *c)
{
    if (!c->message || c->unfit || c->step < STEP_MAIL || c->step > STEP_DATA)
        return;
    while (may_write(c))
        write_next(c);
    client_check_memory(c);
    bool is_over = c->message && c->to_send == STEP_IDLE && !c->awaited;
    if (is_over && c->step != STEP_BODY && c->step != STEP_CLOSED)
        finish(c, c->is_begun);
}

/* Which command of the group the next reply answers: MAIL is behind us. */
static void advance(struct smtp_client *c)
{
    if (!c->awaited)
        return; /* what is written next says so */
    c->at = find(c, c->at, RCPT_SENT);
    c->step = c->at < c->count ? STEP_RCPT : STEP_DATA;
    client_wait(c);
}

static void take_mail(struct smtp_client *c, const struct client_answer *why)
{
    if (reply_severity(why->reply) == 2)
        return;
    settle_all(c, why);
    c->to_send = STEP_IDLE;
}

static void take_rcpt(struct smtp_client *c, const struct client_answer *why)
{
    if (reply_severity(why->reply) == 2 && !c->message->only_asks) {
        c->recipients[c->at] = RCPT_ACCEPTED;
        c->accepted++;
    } else {
        settle_one(c, c->at, why);
    }
}

/* The peer takes content that nobody is to get. An empty message ends that (RFC 2920 3.1), unless
 * somebody would get the empty message, or would have no answer (RFC 2033 4.2). */
static void take_back(struct smtp_client *c)
{
    if (c->accepted || c->options.lmtp) {
        give_up(c, &(struct client_answer){.failure = misfit});
        return;
    }
    buf_add_str(&c->out, ".\r\n");
    client_enter(c, STEP_END);
}

static void take_data(struct smtp_client *c, const struct client_answer *why)
{
    if (reply_severity(why->reply) != 3) {
        settle_all(c, why);
    } else if (!c->left) {
        take_back(c);
    } else {
        ask_for_body(c);
    }
}

static void take_end(struct smtp_client *c, const struct client_answer *why)
{
    bool was_refused = !c->left;
    if (c->options.lmtp) {
        c->at = find(c, c->at, RCPT_ACCEPTED);
        settle_one(c, c->at, why);
        if (c->left) {
            client_wait(c);
            return;
        }
    }
    settle_all(c, why);
    finish(c, was_refused);
}

/* Success must never be read into a code that means something else: 2yz where the content is asked
 * for, 3yz anywhere else. */
static bool fits(const struct smtp_client *c, const struct reply *r)
{
    int severity = reply_severity(r);
    return severity >= 4 || (severity == 3) == (c->step == STEP_DATA);
}

void client_transaction_reply(struct smtp_client *c, const struct reply *r)
{
    struct client_answer why = {.reply = r};
    if (!fits(c, r)) {
        why.failure = misfit;
        client_note_behind(c);
        if (c->step == STEP_END)
            client_settle_rest(c, &why);
        client_close(c, &why); /* before the content the caller may go on in another session */
    } else if (c->step == STEP_END) {
        take_end(c, &why);
    } else {
        c->awaited--;
        if (c->step == STEP_DATA) {
            take_data(c, &why);
            return;
        }
        if (c->step == STEP_MAIL)
            take_mail(c, &why);
        else
            take_rcpt(c, &why);
        advance(c);
    }
}
