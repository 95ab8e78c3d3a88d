/* Inside of the server session: shared by the files of this folder, by nobody else. */
#ifndef CANDOR_SMTP_SERVER_SESSION_PRIVATE_H
#define CANDOR_SMTP_SERVER_SESSION_PRIVATE_H

#include "smtp/server/content.h"
#include "smtp/server/server_session.h"

/* One bit each, so that a command's row can say where it may run. */
enum server_state {
    STATE_CONNECT = 1,   /* the verdict on the client is awaited; nothing was said yet */
    STATE_REFUSED = 2,   /* the greeting was a refusal: only QUIT is left (RFC 5321 3.1) */
    STATE_START = 4,     /* greeted; HELO or EHLO has to come */
    STATE_READY = 8,     /* no transaction */
    STATE_MAIL = 16,     /* a sender is accepted, no recipient yet */
    STATE_RCPT = 32,     /* a sender and at least one recipient */
    STATE_DATA = 64,     /* content flows */
    STATE_END = 128,     /* the content is whole; its verdict is awaited */
    STATE_SECURE = 256,  /* 220 was the answer to STARTTLS: the handshake is awaited */
    STATE_CLOSED = 512,  /* the last word is said */
    STATE_CHUNK = 1024,  /* content flows, in a chunk of BDAT */
    STATE_CHUNKS = 2048, /* between two chunks */
    STATE_AUTH = 4096    /* 334 was said, or its verdict is awaited: the next line is no command */
};

enum {
    STATES_GREETED = STATE_START | STATE_READY | STATE_MAIL | STATE_RCPT | STATE_CHUNKS,
    STATES_FLOWING = STATE_DATA | STATE_CHUNK,
    STATES_CONTENT = STATES_FLOWING | STATE_CHUNKS, /* it has begun and is not whole */
    STATES_TRANSACTION = STATE_MAIL | STATE_RCPT | STATES_CONTENT | STATE_END
};

enum {
    /* Most bytes of a command line, CR LF included: RFC 5321 4.5.3.1.4 for all, more where
     * parameters can follow (RFC 3461 and 4954 add 500 each, RFC 6531 10, RFC 1870 26, RFC 6152
     * 17). */
    LINE_MAX_PLAIN = 512,
    LINE_MAX_PARAMETERS = 2048,
    LINE_MAX_AUTH = 12288 /* of AUTH and of the answers to 334 (RFC 4954 4) */
};

/* What is told before or after the event that has a payload; several can be due at once. */
enum told { TOLD_ABORT = 1, TOLD_RESET = 2, TOLD_CLOSE = 4 };

/* A reply that can't leave yet: its verdict, or one before it, is awaited. */
struct slot {
    struct slot *next;
    uint32_t ticket; /* 0: a reply of the session's own */
    enum smtp_event_kind kind;
    bool is_answered;
    struct recipient recipient; /* of SMTP_EVENT_RCPT */
    struct reply reply;         /* its text is the slot's, from mem */
};

/* A reply that said no, kept until it is asked for. */
struct refusal {
    struct refusal *next;
    size_t size; /* of all this */
    struct smtp_refusal told;
    char bytes[]; /* the reply's text with the reference, then the addresses */
};

/* As a time: not known yet. Answers carry none, so it begins with the next tick or feed. */
#define SINCE_NEXT_TICK INT64_MIN

/* A command line being put together. */
struct line {
    struct buf partial; /* what came so far; no memory while nothing is pending */
    bool is_used;       /* it was run: what it holds is let go at the next pull */
    bool discarding;    /* already answered as bad: skip to its end */
    bool after_cr;      /* while discarding */
    size_t discarded;
};

struct smtp_server {
    const struct mem *mem;
    const struct smtp_server_options *options;
    struct slice mechanisms; /* of AUTH; the options', until others are offered */
    enum server_state state;
    uint32_t last_ticket;
    uint32_t errors;
    uint32_t mails;   /* begun in this connection */
    bool is_extended; /* greeted with EHLO */
    bool is_secure;   /* in TLS */
    bool is_logged_in;
    bool is_trusted;
    bool is_proxy; /* may say for whom it speaks */
    uint32_t failed_logins;
    bool is_stopping; /* smtp_server_shutdown was called */
    bool tried_rcpt;  /* a RCPT of this transaction was answered, in whatever way */
    bool has_event;
    unsigned told; /* enum told bits still to be told */
    struct smtp_event event;

    int64_t now;   /* the latest time that we were told */
    int64_t wall;  /* what has to be added to `now` for ms since 1970 */
    int64_t since; /* when the client's time began to run; SINCE_NEXT_TICK: it begins then */

    bool is_flowing;    /* content came since the last command line */
    int64_t flow_since; /* when the first of it came */
    uint64_t flow_bytes;

    struct slot *slots; /* oldest first */
    struct slot *slots_last;
    uint32_t slots_count;
    uint32_t rcpts_waiting;      /* slots of SMTP_EVENT_RCPT */
    const struct slot *settling; /* whose reply leaves now; NULL: one of the session's own */
    bool holds;                  /* nothing runs until the verdict awaited now is known */

    struct slice reference; /* of the session; empty: refusals carry none */
    uint32_t refusal_count;
    struct refusal *refusals; /* oldest first */
    struct refusal *refusals_last;
    struct refusal *refusal_shown; /* its views are valid until the next one is asked for */

    struct line line;
    struct content content;
    uint64_t chunk_size, chunk_left; /* of BDAT */
    uint64_t skip_left;              /* octets of a chunk that was refused */
    bool is_last_chunk;
    struct buf output;
    size_t output_sent;
    size_t farewell_left; /* bytes of options.farewell that follow the output */

    struct slice helo; /* from mem */
    struct arena arena;
    struct envelope envelope;
    size_t recipients_room; /* items that envelope.recipients has room for */
};

/* session.c */

/* The one place that changes the state. */
void session_set_state(struct smtp_server *s, enum server_state to);
/* Ends the transaction: RESET is told, then its memory goes. Nothing without a transaction. */
void session_reset(struct smtp_server *s);
/* No further command: what waits is dropped, CLOSE is told. */
void session_close(struct smtp_server *s);
void session_set_helo(struct smtp_server *s, struct slice name, bool is_extended);
/* So many bytes of content came. */
void session_note_flow(struct smtp_server *s, size_t len);
/* From a MAIL that is asked for until its RESET is told. */
static inline bool session_in_transaction(const struct smtp_server *s)
{
    return s->envelope.protocol.len > 0;
}
/* Puts out the event that will be asked or told next; there is only one at a time. */
struct smtp_event *session_event(struct smtp_server *s, enum smtp_event_kind kind);

static inline bool session_offers_verp(const struct smtp_server *s)
{
    return s->options->offers_verp && (s->is_trusted || s->is_logged_in);
}
/* Whether STARTTLS is among what is offered here, done already or not. */
static inline bool session_offers_tls(const struct smtp_server *s)
{
    return s->options->offers_tls;
}

static inline bool session_offers_etrn(const struct smtp_server *s)
{
    return s->options->offers_etrn;
}

/* Whether AUTH is known here; without TLS it is refused. */
static inline bool session_knows_auth(const struct smtp_server *s)
{
    return s->mechanisms.len > 0;
}

/* answer.c: replies leave in the order of the commands */

/* A reply of the session's own, to the command at hand. */
void session_reply(struct smtp_server *s, const struct reply *r);
void session_reply_plain(struct smtp_server *s, enum situation id);
void session_reply_args(struct smtp_server *s, enum situation id, const struct slice *args,
                        size_t count);
#define SESSION_REPLY(s, id, ...)                                                                  \
    session_reply_args(s, id, (const struct slice[]){__VA_ARGS__},                                 \
                       sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
/* Puts out an event that asks; the reply will be its verdict. False when memory ends: answered. */
bool session_ask(struct smtp_server *s, const struct smtp_event *event);
void session_drop_slots(struct smtp_server *s);
/* refusal.c */

/* Gives a refusal its reference, and keeps it. *r_r: the reply as it is to be sent; lives until the
 * refusal is asked for. */
void refusal_note(struct smtp_server *s, const struct reply *r, struct reply *r_r);
void refusals_drop(struct smtp_server *s);

/* answer.c again */

/* Digits of `value` in `storage`, which has room for them. */
enum { NUMBER_TEXT = 20 };
struct slice session_number(char storage[NUMBER_TEXT], uint64_t value);
/* Says 421 and closes. */
void session_say_last(struct smtp_server *s, enum situation id, const struct slice *args,
                      size_t count);
/* A stopping session closes as soon as it owes nothing. */
void session_stop_if_idle(struct smtp_server *s);

/* line.c: takes bytes of command lines and runs what is whole; how many were taken, 0 when the
 * command has to wait. */
size_t line_take(struct smtp_server *s, struct slice in);
/* Gives back what holds the line that was run last. */
void line_release(struct line *line);

/* command.c: runs a line without its CR LF; false when it has to wait for verdicts. */
bool command_run(struct smtp_server *s, struct slice line);

/* cmd_auth.c: a line that answers a 334 */
void auth_response(struct smtp_server *s, struct slice line);

/* cmd_data.c: takes bytes of content; how many were taken. */
size_t data_take(struct smtp_server *s, struct slice in);
/* Asks whether content may come. */
void data_begin(struct smtp_server *s, bool is_chunked);
/* The content is whole, or is given up for its flaws. */
void data_end(struct smtp_server *s);

/* cmd_bdat.c: takes bytes of the chunk. */
size_t chunk_take(struct smtp_server *s, struct slice in);
/* All of it was taken, and its last bytes were told. */
void chunk_end(struct smtp_server *s);

#endif
