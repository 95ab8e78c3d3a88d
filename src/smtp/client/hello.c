/* Greeting, EHLO with HELO to fall back to (RFC 5321 3.2), LHLO (RFC 2033 4.1), and what the answer
 * offers. */
#include "smtp/client/inside.h"

static const struct {
    struct slice keyword;
    enum client_offer offer;
} keywords[] = {
    {SLICE_INIT("PIPELINING"), OFFER_PIPELINING},
    {SLICE_INIT("SIZE"), OFFER_SIZE},
    {SLICE_INIT("8BITMIME"), OFFER_8BITMIME},
    {SLICE_INIT("SMTPUTF8"), OFFER_SMTPUTF8},
    {SLICE_INIT("ENHANCEDSTATUSCODES"), OFFER_ENHANCED},
    {SLICE_INIT("CHUNKING"), OFFER_CHUNKING},
    {SLICE_INIT("BINARYMIME"), OFFER_BINARYMIME},
    {SLICE_INIT("DELIVERBY"), OFFER_DELIVERBY},
    {SLICE_INIT("DSN"), OFFER_DSN},
    {SLICE_INIT("STARTTLS"), OFFER_STARTTLS},
    {SLICE_INIT("REQUIRETLS"), OFFER_REQUIRETLS},
    {SLICE_INIT("MT-PRIORITY"), OFFER_PRIORITY},
};

/* `LIMITS RCPTMAX=100 …` (RFC 9422): names that are not known, and values that are none, say
 * nothing. */
static void take_limits(struct smtp_client *c, struct slice words)
{
    const struct {
        struct slice name;
        uint64_t *limit;
    } limits[] = {
        {SLICE("MAILMAX"), &c->mails_max},
        {SLICE("RCPTMAX"), &c->recipients_max},
        {SLICE("RCPTDOMAINMAX"), &c->domains_max},
    };
    struct slice word;
    while (slice_word(&words, &word)) {
        size_t equals = slice_find(word, '=', 0);
        for (size_t i = 0; equals != SLICE_NONE && i < sizeof(limits) / sizeof(*limits); i++)
            if (slice_ieq(slice_head(word, equals), limits[i].name) &&
                !slice_u64(slice_from(word, equals + 1), limits[i].limit))
                *limits[i].limit = 0;
    }
}

/* `DELIVERBY 60`; what may follow behind a comma is for later (RFC 2852). */
static void take_by_least(struct smtp_client *c, struct slice words)
{
    struct slice word = SLICE("");
    (void)slice_word(&words, &word);
    if (!slice_u64(slice_head(word, slice_find(word, ',', 0)), &c->by_least))
        c->by_least = 0;
}

/* `SIZE` alone or with 0 sets no limit (RFC 1870 4). */
static void take_offer(struct smtp_client *c, struct slice line)
{
    struct slice word, value;
    if (!slice_word(&line, &word))
        return;
    if (slice_ieq(word, SLICE("AUTH")))
        client_take_mechanisms(c, line);
    if (slice_ieq(word, SLICE("LIMITS")))
        take_limits(c, line);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (!slice_ieq(word, keywords[i].keyword))
            continue;
        if (keywords[i].offer == OFFER_PIPELINING && c->options.one_by_one)
            continue;
        c->offers |= (unsigned)keywords[i].offer;
        if (keywords[i].offer == OFFER_SIZE && slice_word(&line, &value) &&
            !slice_u64(value, &c->size_max))
            c->size_max = 0;
        if (keywords[i].offer == OFFER_DELIVERBY)
            take_by_least(c, line);
    }
}

/* The first line is the peer's greeting. */
static void take_offers(struct smtp_client *c, struct slice text)
{
    struct slice line;
    if (!slice_line(&text, &line))
        return;
    while (slice_line(&text, &line))
        take_offer(c, line);
}

void client_refuse(struct smtp_client *c, const struct reply *r)
{
    struct client_answer why = {.reply = r};
    if (reply_severity(r) < 4)
        why.failure = "the other side answered with a code that does not fit there";
    client_close(c, &why);
    if (!why.failure) /* what a refused client says: RFC 5321 3.1 */
        buf_add_str(&c->out, "QUIT\r\n");
}

void client_say_hello(struct smtp_client *c)
{
    client_command(c, STEP_EHLO, c->options.lmtp ? "LHLO " : "EHLO ", c->options.helo);
}

/* What the peer offers is known: TLS if it may be had, then mail. */
static void go_on(struct smtp_client *c)
{
    bool is_wanted = c->options.tls != SMTP_CLIENT_TLS_NEVER && !c->is_secure;
    if (is_wanted && (c->offers & OFFER_STARTTLS)) {
        client_command(c, STEP_STARTTLS, "STARTTLS", SLICE(""));
    } else if (is_wanted && c->options.tls == SMTP_CLIENT_TLS_MUST) {
        client_enter(c, STEP_STARTTLS);
        client_close(c, &(struct client_answer){
                            .failure = "TLS is required, but the other side does not offer it"});
    } else if (client_must_log_in(c)) {
        client_log_in(c);
    } else {
        client_ready(c);
    }
}

/* A refusal is no reason to keep the mail where TLS is not required (RFC 7435). */
static void starttls_reply(struct smtp_client *c, const struct reply *r)
{
    if (r->code == 220) {
        client_enter(c, STEP_SECURE);
        client_event(c, SMTP_CLIENT_SECURE, STAGE_STARTTLS, UINT32_MAX, NULL);
    } else if (c->options.tls == SMTP_CLIENT_TLS_MAY && reply_severity(r) >= 4 &&
               !client_must_log_in(c)) {
        c->is_tls_refused = true;
        client_ready(c);
    } else {
        client_refuse(c, r);
    }
}

void client_hello_reply(struct smtp_client *c, const struct reply *r)
{
    int severity = reply_severity(r);
    if (c->step == STEP_STARTTLS) {
        starttls_reply(c, r);
    } else if (c->step == STEP_GREETING && severity == 2) {
        client_say_hello(c);
    } else if (c->step == STEP_EHLO && severity == 5 && !c->options.lmtp) {
        client_command(c, STEP_HELO, "HELO ", c->options.helo);
    } else if (severity == 2) {
        if (c->step == STEP_EHLO)
            take_offers(c, r->text);
        go_on(c);
    } else {
        client_refuse(c, r);
    }
}
