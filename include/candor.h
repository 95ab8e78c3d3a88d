/* libcandor: what a mail server's reply, or a mail that reports on a delivery, means: why, for how
 * long, who can mend it, and what to do next.
 *
 * It does no I/O, starts no threads and has no state: every function may be called from any thread.
 * A report is written by the function that makes it and only read afterwards, so threads may share
 * one until it is freed. Memory comes only from the functions in candor_options.memory, since how
 * much a mail takes is not known beforehand; they have to be thread-safe if calls run in parallel.
 *
 * Text is bytes with a length (candor_text), not ended by NUL unless a function returns a
 * `const char *`. What is not known is empty (len 0) or 0: nothing is guessed. Text from a report
 * is as the stranger wrote it: escape it before it is shown, or take the JSON.
 *
 * Structs begin with `size`: set it to sizeof the struct, and a program goes on working with a
 * later library whose struct has more members. */
#ifndef CANDOR_H
#define CANDOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum candor_status {
    CANDOR_OK = 0,
    CANDOR_BAD_ARGUMENT = 1, /* a NULL, a `size` too small, an index past the end */
    CANDOR_NO_MEMORY = 2,    /* memory.take gave none, or memory_limit is reached */
    CANDOR_NO_ROOM = 3,      /* the caller's buffer is too small */
    CANDOR_UNKNOWN = 4       /* the catalogue has no such entry */
} candor_status;

typedef struct candor_text {
    const char *at;
    size_t len; /* bytes */
} candor_text;

/* Where memory comes from. */
typedef struct candor_memory {
    /* `size` bytes aligned for any type, as malloc; NULL when there are none. */
    void *(*take)(void *ctx, size_t size);
    /* Gives back what take returned, with the size that was asked for. */
    void (*give)(void *ctx, void *at, size_t size);
    void *ctx;
} candor_memory;

typedef struct candor_options {
    size_t size;
    candor_memory memory; /* both functions have to be there, until the report is freed */
    size_t memory_limit;  /* bytes a report may take; 0: some times what the text has */
    /* Known beside a reply; left empty, what the text says of them counts. Copied. */
    candor_text remote; /* name of the host that gave it */
} candor_options;

/* What a text or mail says, explained; opaque. */
typedef struct candor_report candor_report;

/* One reply, or one recipient of a mail. Text lives as long as the report. */
typedef struct candor_explanation {
    size_t size;
    candor_text recipient; /* the address as the mail has it */
    candor_text kind;      /* failure, delay, success, auto-reply, complaint, challenge, none */
    unsigned code;         /* 550 */
    unsigned enhanced[3];  /* 5, 1, 1 */
    candor_text text;      /* of the reply, without its codes */
    candor_text remote;    /* host that gave it */
    int has_cause;         /* 0: success, or nothing that failed; cause to action are empty then */
    candor_text cause;     /* no_such_recipient; see candor_cause_name */
    candor_text title;     /* the cause in a few words */
    candor_text scope;     /* recipient, connection, sender, message, remote_system, … */
    candor_text permanence;
    candor_text stage; /* of the session: rcpt, end-of-data, … */
    candor_text fixer; /* who can mend it */
    candor_text action;
    int retry;            /* 1: sending the same message again can work */
    candor_text provider; /* whose server said so */
    candor_text rule;     /* the evidence: which rule or table entry decided */
    double confidence;    /* 0 to 1 */
    /* named in the reply */
    candor_text blocklist, ip, url, host, domain;
    uint64_t limit;
    uint64_t bytes;           /* a size */
    uint64_t retry_after;     /* seconds */
    candor_text summary;      /* what happened, one sentence */
    const candor_text *steps; /* what to do now, most useful first */
    size_t step_count;
} candor_explanation;

/* What a mail says of the message that comes back. Text lives as long as the report. */
typedef struct candor_mail {
    size_t size;
    candor_text kind; /* of the mail, as candor_explanation.kind; none: it is no report */
    candor_text sender, subject, message_id;
    candor_text reporter; /* software that wrote the report */
} candor_mail;

/* An entry of the catalogue of codes; static text. */
typedef struct candor_code {
    size_t size;
    candor_text name;    /* 550, X.7.26 */
    candor_text meaning; /* a short headline */
    candor_text step;    /* what a person should do */
    candor_text cause;   /* what the code says by itself */
    unsigned rfc;        /* number; 0: none */
} candor_code;

/* The library's version, as "0.1.0"; static. */
const char *candor_version(void);

/* Explains one reply as a person or program has it: "550 5.1.1 …", several lines of it, a line of a
 * bounce. Any bytes; what stands behind the first 64 KiB is not read. `text` may be freed
 * afterwards. On CANDOR_OK *report_r has one explanation and has to be freed; otherwise it is NULL.
 * CANDOR_BAD_ARGUMENT, CANDOR_NO_MEMORY. */
candor_status candor_explain(const candor_options *options, const char *text, size_t len,
                             candor_report **report_r);

/* Reads a whole mail, header and body, with any line ends, cut off anywhere, and explains what it
 * says of each recipient (of 1000 at most). A mail that is no report is no error: its report's
 * candor_mail.kind is `none`, and it has no explanations. Otherwise as candor_explain; 64 MiB. */
candor_status candor_read_mail(const candor_options *options, const char *mail, size_t len,
                               candor_report **report_r);

/* Gives back all memory of the report; NULL is let pass. */
void candor_report_free(candor_report *report);

/* How many explanations there are; 0 for NULL. */
size_t candor_report_count(const candor_report *report);

/* Fills *explanation_r, whose `size` is set. CANDOR_BAD_ARGUMENT also past the end. */
candor_status candor_report_get(const candor_report *report, size_t index,
                                candor_explanation *explanation_r);

/* Fills *mail_r, whose `size` is set; all empty for a report of candor_explain. */
candor_status candor_report_mail(const candor_report *report, candor_mail *mail_r);

/* Writes an explanation as one JSON object, without a NUL or a line end: the members of `candor
 * explain --json` but for where the input came from. Characters that could change what a terminal
 * shows are `?`. *len_r is the length that it has, also with CANDOR_NO_ROOM, which leaves the
 * buffer as it was; `buffer` may be NULL when `size` is 0. CANDOR_BAD_ARGUMENT, CANDOR_NO_MEMORY.
 */
candor_status candor_report_json(const candor_report *report, size_t index, char *buffer,
                                 size_t size, size_t *len_r);

/* Causes are numbered from 0 to candor_cause_count() - 1; a number may differ from version to
 * version, the name does not. Static text; NULL past the end. */
size_t candor_cause_count(void);
const char *candor_cause_name(size_t cause);
const char *candor_cause_title(size_t cause);

/* What a basic code (550), or an enhanced one (5, 7, 26), means by itself. Fills *code_r, whose
 * `size` is set. CANDOR_BAD_ARGUMENT, CANDOR_UNKNOWN. */
candor_status candor_code_of(unsigned code, candor_code *code_r);
candor_status candor_code_of_enhanced(unsigned severity, unsigned subject, unsigned detail,
                                      candor_code *code_r);

#ifdef __cplusplus
}
#endif

#endif
