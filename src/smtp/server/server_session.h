/* The server's half of SMTP (RFC 5321) without I/O: fed bytes and the time, pulled for events and
 * for bytes to send. Nothing calls back, so nothing re-enters. One thread at a time per session.
 *
 *   used = smtp_server_feed(s, bytes);          // take what the network brought
 *   while (smtp_server_next(s, &event)) {…}     // look at each event; answer those that ask
 *   out = smtp_server_output(s); … smtp_server_sent(s, n);
 *
 * Events that ask for a verdict carry a ticket; the verdict may come at once or much later, and in
 * any order: replies leave in the order of the commands (RFC 2920 3.1). Feed takes fewer bytes than
 * offered while too much waits for verdicts or output: offer the rest again afterwards. */
#ifndef CANDOR_SMTP_SERVER_SESSION_H
#define CANDOR_SMTP_SERVER_SESSION_H

#include "base/mem.h"
#include "mail/address.h"
#include "mail/envelope.h"
#include "reply/reply.h"

struct smtp_server_options {
    struct slice hostname;   /* borrowed: must outlive the session */
    uint64_t size_max;       /* bytes of a message, offered as SIZE; 0: no limit */
    uint32_t recipients_max; /* per transaction; RFC 5321 4.5.3.1.8 wants at least 100 */
    uint32_t mails_max;      /* transactions of a connection, then 421; 0: any number */
    uint32_t errors_max; /* 5yz answers since the last accepted message, then 421 4.7.0; 0: any */
    int64_t command_timeout; /* ms, RFC 5321 4.5.3.2.7: at least 5 minutes */
    int64_t data_timeout;    /* ms between two pieces of content */
    uint32_t data_rate; /* least bytes of content in a second, once data_timeout is over; 0: any */
    uint32_t hops_max;  /* Received: headers before 554 5.4.6; 0: any number */
    size_t line_max;    /* bytes of a text line without CR LF; 0: 65536 */
    bool normalizes;    /* a bare LF in the content becomes CR LF; else it is refused */
    bool offers_tls;    /* STARTTLS (RFC 3207) */
    bool requires_tls;  /* before MAIL: 530 5.7.0 */
    bool requires_auth; /* ditto */
    int64_t hold_max; /* ms that a message may be held (FUTURERELEASE, RFC 4865); 0: not offered */
    bool offers_priority; /* MT-PRIORITY (RFC 6710) */
    bool offers_etrn;     /* RFC 1985 */
    bool offers_verp;     /* XVERP, to who is logged in or trusted: see smtp_server_trust */
    bool clients_in_turn; /* a proxy may send XCLIENT as often as it likes; else once */
    bool offers_by;       /* DELIVERBY (RFC 2852) */
    int64_t by_least;     /* ms that a message has to have which is to go back after them */

    uint32_t domains_max; /* of the recipients of a transaction (LIMITS, RFC 9422); 0: any number */
    struct slice farewell;   /* a whole reply for when there is no memory to write one;
                                empty: none. As `hostname` */
    struct slice mechanisms; /* of AUTH (RFC 4954), `PLAIN LOGIN`; taken in TLS only; empty: none */
};

enum smtp_event_kind {
    SMTP_EVENT_CONNECT, /* first of all: asks; answer SITUATION_GREETING, or a refusal */
    SMTP_EVENT_HELO,    /* told: name in .text, .is_extended for EHLO. No answer wanted */
    SMTP_EVENT_AUTH, /* asks: mechanism in .text, what came with it in .response if .has_response;
                        answer AUTH_CHALLENGE (334), AUTH_OK (235) or a refusal */
    SMTP_EVENT_AUTH_RESPONSE, /* asks: the answer to a 334 in .response; answer as above */
    SMTP_EVENT_MAIL,          /* asks: sender in .address, parameters in .envelope; 250 2.3.6 takes
                                 it without its priority */
    SMTP_EVENT_RCPT,          /* asks: recipient in .address, parameters in .recipient */
    SMTP_EVENT_DATA,          /* asks: 354 comes from SITUATION_DATA_GO_AHEAD, or a refusal */
    SMTP_EVENT_BODY,          /* told: the next bytes of content in .text, dots unstuffed */
    SMTP_EVENT_END_OF_DATA,   /* asks: the whole message is here; answer ACCEPTED or a refusal */
    SMTP_EVENT_ABORT,         /* told: content began and will not be finished, or was found bad:
                                 forget it; the session answers by itself */
    SMTP_EVENT_RESET,    /* told: the transaction is over (MAIL refused, RSET, HELO, or after the
                            end). Follows each MAIL once, unless CLOSE comes first */
    SMTP_EVENT_HELP,     /* asks: argument in .text; only for what the session does not know itself
                            (codes and STATUS); answer HELP, STATUS or HELP_UNKNOWN */
    SMTP_EVENT_VRFY,     /* asks: whom in .text (RFC 5321 3.5); answer what is said of it */
    SMTP_EVENT_EXPN,     /* asks: which list in .text; ditto */
    SMTP_EVENT_ETRN,     /* asks: mail for the domain in .text is to be sent now (RFC 1985), with
                            .has_subdomains for those below it too; ditto */
    SMTP_EVENT_STARTTLS, /* asks: answer TLS_GO_AHEAD only if TLS can begin, else TLS_UNAVAILABLE:
                            the session goes on in the clear */
    SMTP_EVENT_SECURE,   /* told: 220 is in the output: send that, begin TLS, then
                            smtp_server_secured; until then what is fed came in the clear and is
                            forgotten */
    SMTP_EVENT_XCLIENT,  /* asks as CONNECT does: the client is whom .claim says from here on */
    SMTP_EVENT_XFORWARD, /* told: for whom the proxy sends the next messages, in .claim */
    SMTP_EVENT_CLOSE     /* told, last: send the output that is left, then close */
};

/* What a proxy says of who is behind it. `at` NULL: nothing; empty: that it does not know. Lives
 * until the next call of feed or answer. */
struct smtp_claim {
    struct slice name, address, port, protocol, helo, login, ident, source;
};

struct smtp_event {
    enum smtp_event_kind kind;
    uint32_t ticket; /* for smtp_server_answer; 0 where no answer is wanted */
    bool is_extended;
    bool has_response;
    bool has_subdomains;
    bool has_utf8_header;       /* of SMTP_EVENT_END_OF_DATA */
    struct slice response;      /* in base64; a view until the next call of feed or next */
    struct slice text;          /* views until the next call of feed or next */
    struct address address;     /* lives until SMTP_EVENT_RESET */
    struct recipient recipient; /* lives until SMTP_EVENT_RESET */
    const struct smtp_claim *claim;
    const struct envelope *envelope; /* the transaction so far; recipients accepted so far; ditto */
};

/* A reply that said no, with what it was about. Views until the next call of any function here. */
struct smtp_refusal {
    struct slice reference; /* what stands in the reply behind `ref` */
    struct reply reply;     /* without it */
    struct slice sender;    /* empty: none, or none yet */
    struct slice recipient; /* of RCPT */
};

struct smtp_server;

/* NULL when memory ends. `mem` and `options` must outlive the session. `now`: monotonic ms. */
struct smtp_server *smtp_server_new(const struct mem *mem,
                                    const struct smtp_server_options *options, int64_t now);
/* Nulls the caller's pointer. */
void smtp_server_free(struct smtp_server **s);

size_t smtp_server_feed(struct smtp_server *s, struct slice in, int64_t now);
/* False: needs more bytes, or an answer. */
bool smtp_server_next(struct smtp_server *s, struct smtp_event *event_r);
/* The connection is TLS now: after SMTP_EVENT_SECURE the session begins anew (RFC 3207 4.2); before
 * anything was fed it was so from the first byte (RFC 8314 3.3). */
void smtp_server_secured(struct smtp_server *s, int64_t now);
/* What the world's clock says at the session's `now`, ms since 1970: FUTURERELEASE needs it. */
void smtp_server_set_wall(struct smtp_server *s, int64_t unix_ms);
/* Whether the client is one of ours without a login. */
void smtp_server_trust(struct smtp_server *s, bool is_trusted);
/* The client is a proxy of ours: it may send XCLIENT and XFORWARD. */
void smtp_server_trust_proxy(struct smtp_server *s);
/* Of AUTH, instead of the options': with a certificate, say. Static text. Before EHLO. */
void smtp_server_offer(struct smtp_server *s, struct slice mechanisms);
/* The verdict on an event; the text of `r` is copied. An unknown ticket is ignored: its transaction
 * may have been given up meanwhile. A 2yz answer to RCPT adds the recipient to the envelope. 421
 * closes. */
void smtp_server_answer(struct smtp_server *s, uint32_t ticket, const struct reply *r);
/* Each 4yz and 5yz reply from here on ends in `[ref NAME-N]`, and can be had from
 * smtp_server_next_refusal; N counts from 1. `name` is borrowed: must outlive the session. */
void smtp_server_set_reference(struct smtp_server *s, struct slice name);
/* The next refusal, oldest first; false: there is none. To be called until then: they are kept. */
bool smtp_server_next_refusal(struct smtp_server *s, struct smtp_refusal *refusal_r);
/* Arena of the running transaction, for texts of replies; emptied at SMTP_EVENT_RESET. */
struct arena *smtp_server_arena(struct smtp_server *s);

/* A view of what is to be sent, until the next call of any of these. */
struct slice smtp_server_output(const struct smtp_server *s);
void smtp_server_sent(struct smtp_server *s, size_t len);

/* Monotonic ms at which smtp_server_tick has something to do; INT64_MAX: never. */
int64_t smtp_server_deadline(const struct smtp_server *s);
/* The time has come: 421 4.4.2 and CLOSE when the client was silent for too long. */
void smtp_server_tick(struct smtp_server *s, int64_t now);
/* The server stops: an idle session says 421 4.3.2 and closes; a busy one finishes what it is at
 * (the message being sent is still answered), then does the same. */
void smtp_server_shutdown(struct smtp_server *s);
/* True between commands, with nothing waiting: nothing is lost by closing now. */
bool smtp_server_is_idle(const struct smtp_server *s);

#endif
