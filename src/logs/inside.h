/* What the readers of the formats share. Only for files of this folder. */
#ifndef CANDOR_LOGS_INSIDE_H
#define CANDOR_LOGS_INSIDE_H

#include "logs/log_reader.h"

/* A line of a log, taken apart by whoever collected it: syslog, a journal. */
struct log_line {
    struct slice time;    /* as it stands; may be empty */
    struct slice program; /* without process number */
    struct slice message;
};

/* ---- log_reader.c ---- */

/* An event of the present line, with its line number and time; NULL when there are too many. */
struct log_event *logs_add(struct log_reader *r, const struct log_line *line,
                           enum log_format format, enum log_direction direction);
/* Fills e->in from what was said; a host that the text names counts only for outgoing mail. */
void logs_said(struct log_reader *r, struct log_event *e, struct slice text);

/* ---- syslog.c ---- */

/* BSD form (RFC 3164), the journal's and rsyslog's with dates of RFC 3339, RFC 5424, and lines
 * without time and host as containers write them. False: it is none of these. */
bool logs_syslog_split(struct slice raw, struct log_line *line_r);
void logs_read_syslog(struct log_reader *r, struct slice raw);
/* Whose program writes such lines; LOG_SYSLOG: no mail server's that is known. */
enum log_format logs_syslog_whose(const struct log_line *line);

/* ---- log_time.c ---- */

/* Unix ms, or LOG_NO_TIME. Takes `Nov 23 20:15:00`, `2026-11-23T20:15:00.123+01:00` and the same
 * with a space and without a zone. */
int64_t logs_time(const struct log_clock *clock, struct slice text);

/* ---- fields.c ---- */

/* Unlike strchr, false for NUL. */
static inline bool logs_is_in(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Behind the first `mark`; false when it is not there. */
bool logs_behind(struct slice text, struct slice mark, struct slice *rest_r);
/* The value of a field, from behind `mark` up to `end` or to the end of the text; empty without. */
struct slice logs_between(struct slice text, struct slice mark, struct slice end);
/* The address that `text` begins with in angle brackets: `<a@b>, ` or `<a@b> `, brackets taken
 * away; false when it begins with none. */
bool logs_bracketed(struct slice text, struct slice *address_r);
/* A host's name of `name[address]:port`, else its address; empty for `none` and what is no host. */
struct slice logs_host(struct slice text);
struct enhanced logs_enhanced(struct slice text);
/* FAILURE or DELAY by the reply's digits; `other` where it has none. */
enum bounce_kind logs_kind(const struct diagnosis_input *in, enum bounce_kind other);
/* `<>` for an empty address. */
struct slice logs_sender(struct slice address);

/* `text` with each `from` made `to`, in the reader's arena; itself where there is none, or no room.
 */
struct slice logs_with(struct log_reader *r, struct slice text, const char *from, char to);
/* The value behind `name=`: quoted, in angle brackets, or up to a space or comma; empty without. */
struct slice logs_field(struct slice text, struct slice name);

/* ---- senders.c: who sent what has this queue id, and what else is known of an id ---- */

struct log_senders *logs_senders_new(const struct mem *mem);
void logs_senders_free(struct log_senders *s);
/* Replaces what was known of the id. Ids and senders of unusual length are not kept, and without
 * memory nothing is. */
void logs_senders_put(struct log_senders *s, struct slice id, struct slice sender);
/* Empty when it is not known any more; a view until the next put. */
struct slice logs_senders_get(const struct log_senders *s, struct slice id);

/* ---- haraka.c, table.c ---- */

bool logs_is_haraka(struct slice raw);
void logs_read_haraka(struct log_reader *r, struct slice raw);
void logs_read_haraka_message(struct log_reader *r, const struct log_line *line);
/* By the head of the table; LOG_NONE: it is none. */
enum log_format logs_table_whose(struct slice raw);
void logs_read_table(struct log_reader *r, struct slice raw);

/* ---- json_events.c ---- */

/* LOG_NONE: no event of a service that is known. */
enum log_format logs_json_whose(struct slice object);
void logs_read_json(struct log_reader *r, struct slice object);

/* ---- wrapped.c ---- */

/* The line without what containers put around it. NULL for `arena`: escapes stay as they are. */
struct slice logs_unwrapped(struct slice raw, struct arena *arena);

/* ---- journal.c: `journalctl -o json`, `-o export` ---- */

/* The program that a line of an entry names. */
bool logs_journal_program(struct slice raw, struct slice *program_r);
/* Keeps what a line of an entry says; true at the entry's end, with views until the next call. */
bool logs_journal_collect(struct log_reader *r, struct slice raw, struct log_line *line_r);
void logs_journal_free(struct log_entry *entry, const struct mem *mem);

/* The fields of a line that begins with a brace; false when it is no line of a journal. */
bool logs_journal_split(struct slice raw, struct arena *arena, struct log_line *line_r);

/* ---- command.c ---- */

/* Whether the line is a command of SMTP: at which stage it is given, and the address that MAIL or
 * RCPT names; empty for other commands, and for `<>`. */
bool logs_command(struct slice line, enum stage *stage_r, struct slice *address_r);

/* ---- transcript.c, transcript_line.c ---- */

enum transcript_who { TRANSCRIPT_NOTE, TRANSCRIPT_CLIENT, TRANSCRIPT_SERVER };

struct transcript_line {
    enum transcript_who who;
    struct slice text; /* what was sent, or the program's own words */
    bool is_raw;       /* nothing but the text tells who sent it */
};

/* Who says what in this line, by what programs put before it. */
struct transcript_line logs_transcript_line(struct slice raw);
/* Whether it begins with a reply's code. */
bool logs_is_code(struct slice s);
bool logs_is_transcript(struct slice head);
struct log_session;
struct log_session *logs_session_new(const struct mem *mem);
void logs_session_free(struct log_session *s, const struct mem *mem);
void logs_read_transcript(struct log_reader *r, struct slice raw);

/* ---- sendmail.c, opensmtpd.c, qmail.c ---- */

void logs_read_sendmail(struct log_reader *r, const struct log_line *line);
void logs_read_opensmtpd(struct log_reader *r, const struct log_line *line);
/* A line as smtpd -d writes it, without the system log around it. */
bool logs_is_opensmtpd(struct slice raw);
void logs_read_opensmtpd_raw(struct log_reader *r, struct slice raw);
void logs_read_qmail_message(struct log_reader *r, const struct log_line *line);
bool logs_is_qmail(struct slice raw);
void logs_read_qmail(struct log_reader *r, struct slice raw);

/* ---- exim.c ---- */

bool logs_is_exim(struct slice raw);
void logs_read_exim(struct log_reader *r, struct slice raw);
/* Behind the time. */
void logs_read_exim_message(struct log_reader *r, const struct log_line *line);

/* ---- postfix.c ---- */

bool logs_is_postfix(struct slice program);
void logs_read_postfix(struct log_reader *r, const struct log_line *line);
/* What smtpd, postscreen and cleanup refused. */
void logs_read_postfix_refusal(struct log_reader *r, const struct log_line *line);

#endif
