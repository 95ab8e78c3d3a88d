/* Logs of mail servers and transcripts of sessions, of any software: which kind a text is, and what
 * they have in common once read. No I/O, no clock, no state of its own. */
#ifndef CANDOR_LOGS_LOG_H
#define CANDOR_LOGS_LOG_H

#include "mail/bounce.h"
#include "reply/diagnosis.h"

/* id, name, what it is for a person */
#define LOG_FORMATS(X)                                                                             \
    X(NONE, "", "")                                                                                \
    X(SYSLOG, "syslog", "system log") /* no line of a mail server's was seen yet */                \
    X(POSTFIX, "postfix", "Postfix log")                                                           \
    X(EXIM, "exim", "Exim log")                                                                    \
    X(SENDMAIL, "sendmail", "Sendmail log")                                                        \
    X(OPENSMTPD, "opensmtpd", "OpenSMTPD log")                                                     \
    X(QMAIL, "qmail", "qmail log")                                                                 \
    X(HARAKA, "haraka", "Haraka log")                                                              \
    X(EXCHANGE, "exchange", "Exchange message tracking log")                                       \
    X(POWERMTA, "powermta", "PowerMTA accounting")                                                 \
    X(KUMOMTA, "kumomta", "KumoMTA log")                                                           \
    X(SES, "amazon-ses", "events of Amazon SES")                                                   \
    X(SENDGRID, "sendgrid", "events of SendGrid")                                                  \
    X(MAILGUN, "mailgun", "events of Mailgun")                                                     \
    X(SPARKPOST, "sparkpost", "events of SparkPost")                                               \
    X(TRANSCRIPT, "", "transcript of a session")

enum log_format {
#define X(id, name, title) LOG_##id,
    LOG_FORMATS(X)
#undef X
        LOG_FORMAT_COUNT
};

/* Whose refusal it is. */
enum log_direction {
    LOG_OUTGOING, /* mail that this server, or the client of a transcript, could not send */
    LOG_INCOMING, /* what this server refused to others */
};

#define LOG_NO_TIME INT64_MIN

/* Something that failed or was put off. What the log does not say is empty. */
struct log_event {
    size_t line;            /* its first, from 1 */
    int64_t time;           /* unix ms, or LOG_NO_TIME */
    struct slice time_text; /* as it stands */
    enum log_format format; /* of this line */
    enum log_direction direction;
    enum bounce_kind kind; /* BOUNCE_FAILURE, BOUNCE_DELAY or BOUNCE_COMPLAINT */
    struct slice queue_id;
    struct slice message_id;
    struct slice sender; /* `<>` where it is known to be the empty one */
    struct slice recipient;
    struct slice client; /* who connected, incoming: `name[address]` as it stands */
    struct diagnosis_input in;
};

/* Of what kind the text is that begins with `head`: some KiB are enough, whole lines are best.
 * LOG_NONE: neither log nor transcript. */
enum log_format log_recognise(struct slice head);

/* `postfix` … : static text. */
const char *log_format_name(enum log_format format);
/* `Postfix log` … : static text. */
const char *log_format_title(enum log_format format);
/* `outgoing`, `incoming`. */
const char *log_direction_name(enum log_direction direction);

#endif
