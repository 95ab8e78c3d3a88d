/* Reads a log or a transcript as it comes, and hands out what failed, was put off or was refused.
 * Memory is bounded, however long the log is: a sender that was named too many messages ago is
 * forgotten. */
#ifndef CANDOR_LOGS_LOG_READER_H
#define CANDOR_LOGS_LOG_READER_H

#include "base/arena.h"
#include "logs/log.h"

/* What a log leaves out of its times. */
struct log_clock {
    int64_t now; /* unix ms: a time without a year is the last such time before (a day after) now */
    /* Minutes east of UTC at a local time, given as unix ms of the same wall clock in UTC; NULL:
     * it is UTC. */
    int (*zone)(void *ctx, int64_t local_ms);
    void *ctx;
};

/* Events of one line (or one JSON object); more are passed over. */
enum { LOG_EVENTS_MAX = 256, LOG_COLUMNS_MAX = 16 };

struct log_senders;
struct log_session;
struct log_entry;

struct log_reader {
    const struct mem *mem;
    struct log_clock clock;
    enum log_format format;
    size_t line;        /* lines taken so far */
    uint64_t delivered; /* deliveries that went well, where the log tells of them */
    struct log_senders *senders;
    struct log_session *session;            /* of a transcript; else NULL */
    struct log_entry *entry;                /* of a journal that is exported; else NULL */
    unsigned char columns[LOG_COLUMNS_MAX]; /* of a table, what its head says; 0: not there */
    struct arena arena;                     /* what events hold that does not stand in the window */
    struct log_event *events;               /* of the last line, some of them not handed out yet */
    size_t count, at;
};

/* `format` is log_recognise's. False without memory: nothing is to be freed then. */
MUST_CHECK bool log_reader_init(struct log_reader *r, enum log_format format,
                                const struct log_clock *clock, const struct mem *mem);
void log_reader_free(struct log_reader *r);

enum log_found { LOG_EVENT, LOG_MORE, LOG_END };

/* The next event. Takes lines off the front of *window_r; when no whole one is left in it, MORE
 * asks for the rest of the window with more behind it, or with `is_last` if none comes, which makes
 * END. The event is a view of what was taken and of the reader, good until the next call: the bytes
 * taken must stay until then. */
MUST_CHECK enum log_found log_next(struct log_reader *r, struct slice *window_r, bool is_last,
                                   struct log_event *event_r);

#endif
