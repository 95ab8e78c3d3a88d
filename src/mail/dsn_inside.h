/* What the files of dsn_write share. */
#ifndef CANDOR_MAIL_DSN_INSIDE_H
#define CANDOR_MAIL_DSN_INSIDE_H

#include "mail/dsn_write.h"

/* A recipient with what is known of its failure. */
struct dsn_case {
    const struct dsn_recipient *recipient;
    struct diagnosis diagnosis;
    struct explanation explanation;
    bool is_plain; /* no reply is explained: the words are d->words' */
    size_t group;  /* cases of one group share cause and explanation */
};

/* dsn_text.c: the part for a person, lines ended by LF, of any length, UTF-8. */
void dsn_write_text(struct buf *out, const struct dsn *d, const struct dsn_case *cases,
                    size_t groups, bool is_html);
/* One line for the subject, UTF-8. */
void dsn_write_subject(struct buf *out, const struct dsn *d, const struct dsn_case *cases);

/* dsn_fields.c: the part for programs, ASCII. */
void dsn_write_fields(struct buf *out, const struct dsn *d, const struct dsn_case *cases);
/* The status code of a recipient, RFC 3463; never made from the digits of a basic code. */
struct enhanced dsn_status(const struct dsn *d, const struct dsn_case *c);

/* dsn_lines.c: lines as they may stand in a message. */
/* `name: value`, folded; what is not printable ASCII becomes '?', line ends become spaces. */
void dsn_add_field(struct buf *out, const char *name, struct slice value);
/* The same with text in UTF-8, as encoded words (RFC 2047) where it is not ASCII. */
void dsn_add_text_field(struct buf *out, const char *name, struct slice value);
/* Text with LF as base64 (RFC 2045 6.8) with CR LF. */
void dsn_add_base64(struct buf *out, struct slice text);
/* Text with LF as quoted-printable (RFC 2045 6.7) with CR LF. */
void dsn_add_quoted(struct buf *out, struct slice text);
/* Header fields with LF or CR LF as lines with CR LF; lines longer than 998 are folded, control
 * characters become '?'. */
void dsn_add_headers(struct buf *out, struct slice text);
/* Text whose lines are fit, with CR LF. */
void dsn_add_lines(struct buf *out, struct slice text);
/* No line is longer than 998, and there is no NUL and no bare CR (RFC 5322 2.3). */
bool dsn_lines_are_fit(struct slice text);

#endif
