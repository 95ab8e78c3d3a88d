/* What the parts of the client session share; nobody else includes it.
 *
 * A transaction has two places in it: `to_send`, the command that is written next, and `step`, the
 * command that the next reply answers. With pipelining the first runs ahead of the second, without
 * it waits for it; nothing else differs. */
#ifndef CANDOR_SMTP_CLIENT_INSIDE_H
#define CANDOR_SMTP_CLIENT_INSIDE_H

#include "reply/grammar.h"
#include "smtp/client/client_session.h"

/* What the next reply answers, or why none is due. In an order's order. */
enum client_step {
    STEP_GREETING,
    STEP_EHLO, /* or LHLO */
    STEP_HELO,
    STEP_STARTTLS,
    STEP_SECURE, /* no reply is due: the handshake is under way */
    STEP_AUTH,
    STEP_IDLE,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_BODY, /* no reply is due: content goes out */
    STEP_END,
    STEP_RSET,
    STEP_QUIT,
    STEP_CLOSED
};

enum client_offer {
    OFFER_PIPELINING = 1,
    OFFER_SIZE = 2,
    OFFER_8BITMIME = 4,
    OFFER_SMTPUTF8 = 8,
    OFFER_ENHANCED = 16,
    OFFER_CHUNKING = 32, /* used for what is binary alone: DATA serves every peer */
    OFFER_DSN = 64,
    OFFER_STARTTLS = 128,
    OFFER_REQUIRETLS = 256,
    OFFER_PRIORITY = 512,
    OFFER_BINARYMIME = 1024,
    OFFER_DELIVERBY = 2048
};

enum client_recipient {
    RCPT_WAITS,
    RCPT_UNFIT, /* its bytes must not go on the wire; to be told */
    RCPT_OVER,  /* more than the peer takes at once; to be told */
    RCPT_SENT,
    RCPT_ACCEPTED,
    RCPT_SETTLED
};

enum {
    CLIENT_OUTPUT_MUCH = 64 * 1024, /* no more content or commands are added above it */
    CLIENT_INPUT_MAX = 1024 * 1024, /* bytes fed and not yet looked at */
    CLIENT_REPLY_MAX = 128 * 1024,  /* bytes of one reply: endless ones end here */
    CLIENT_EVENTS_MAX = 7           /* more than one reply can lead to */
};

/* Where in a line of the content its next byte stands (RFC 5321 4.5.2). */
enum client_dots { DOTS_LINE_START, DOTS_IN_LINE, DOTS_AFTER_CR };

struct smtp_client {
    const struct mem *mem;
    struct smtp_client_options options;
    int64_t now, deadline;

    struct buf in; /* fed, from in_at on not yet looked at */
    size_t in_at;
    size_t reply_bytes; /* of the reply that is being read */
    struct reply_parser parser;
    const char *lost; /* no more input will come: why */

    struct buf out; /* from out_at on not yet sent */
    size_t out_at;
    uint64_t sent; /* bytes, since the beginning */
    /* A reply that came before so many bytes were sent can't answer `step`. */
    uint64_t answer_after;
    bool is_early;       /* such bytes came */
    bool is_behind;      /* smtp_client_fell_behind */
    bool is_secure;      /* in TLS */
    bool is_tls_refused; /* and nothing was said since */
    bool is_logged_in;
    struct sasl_client login; /* under way */

    unsigned offers;     /* enum client_offer bits */
    unsigned mechanisms; /* of AUTH, bits of sasl_client_take */
    uint64_t size_max;
    /* LIMITS (RFC 9422): of a connection, of a transaction, and the domains in one; 0: not said */
    uint64_t mails_max, recipients_max, domains_max;
    uint64_t by_least; /* seconds that DELIVERBY needs at least */

    enum client_step step;
    bool quit_wanted;
    bool body_asked;
    enum client_dots dots;

    const struct smtp_client_message *held;    /* given, not begun; NULL: none */
    const struct smtp_client_message *message; /* NULL: none is under way */
    uint8_t *recipients;                       /* enum client_recipient for each of the message's */
    size_t count;
    size_t left;     /* not settled */
    size_t unfit;    /* of them, those to be told first: RCPT_UNFIT and RCPT_OVER */
    size_t accepted; /* by the peer, in this transaction */
    size_t at;       /* the recipient whose reply is next: STEP_RCPT, and STEP_END of LMTP */
    enum client_step to_send; /* STEP_MAIL, STEP_RCPT, STEP_DATA; STEP_IDLE: nothing */
    size_t to_send_at;
    bool is_begun;  /* the peer heard of it */
    size_t awaited; /* replies to commands of the group that were written */

    struct smtp_client_event events[CLIENT_EVENTS_MAX];
    size_t events_at, events_count;
};

/* What an event tells: a reply, or words of ours, or both if the reply does not fit there. */
struct client_answer {
    const struct reply *reply;
    const char *failure;
};

/* client_session.c */
void client_event(struct smtp_client *c, enum smtp_client_event_kind kind, enum stage stage,
                  uint32_t recipient, const struct client_answer *why);
enum stage client_stage(const struct smtp_client *c);
/* What comes next answers `step`, whose first byte is about to be written (STEP_END: whose last
 * byte was written). */
void client_enter(struct smtp_client *c, enum client_step step);
/* Sets the clock for the step it is in. */
void client_wait(struct smtp_client *c);
void client_command(struct smtp_client *c, enum client_step step, const char *command,
                    struct slice argument);
/* Ready for a message, or says QUIT if that was asked for. */
void client_ready(struct smtp_client *c);
/* The peer may have got lost among commands that ran ahead of its answers. */
void client_note_behind(struct smtp_client *c);
/* The session is over; `why` may be NULL. */
void client_close(struct smtp_client *c, const struct client_answer *why);
/* Closes when output could not be kept. */
void client_check_memory(struct smtp_client *c);

/* hello.c */
void client_say_hello(struct smtp_client *c);
void client_hello_reply(struct smtp_client *c, const struct reply *r);
/* The peer does not want us: closes, and says QUIT. */
void client_refuse(struct smtp_client *c, const struct reply *r);

/* login.c */
/* `words`: what stands behind AUTH in the answer to EHLO. */
void client_take_mechanisms(struct smtp_client *c, struct slice words);
bool client_must_log_in(const struct smtp_client *c);
void client_log_in(struct smtp_client *c);
void client_login_reply(struct smtp_client *c, const struct reply *r);

/* command.c: what goes on the wire */
bool client_sender_is_fit(const struct smtp_client_message *m);
bool client_recipient_is_fit(const struct recipient *r);
void client_write_mail(struct smtp_client *c, const struct smtp_client_message *m);
void client_write_rcpt(struct smtp_client *c, const struct recipient *r);

static inline bool client_is_binary(const struct smtp_client_message *m)
{
    return m->envelope->body == BODY_BINARYMIME;
}

/* transaction.c */
/* Begins with the message that is held. */
void client_start(struct smtp_client *c);
void client_transaction_reply(struct smtp_client *c, const struct reply *r);
/* Writes what commands may be written now; ends a transaction that has none left. */
void client_fill(struct smtp_client *c);
/* Tells of the next recipient that can't be sent. */
void client_tell_unfit(struct smtp_client *c);
/* Settles what is left, and DONE; nothing when no transaction is under way. */
void client_settle_rest(struct smtp_client *c, const struct client_answer *why);
void client_forget_message(struct smtp_client *c);

#endif
