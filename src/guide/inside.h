/* What the files of this folder share; only for them. */
#ifndef CANDOR_GUIDE_INSIDE_H
#define CANDOR_GUIDE_INSIDE_H

#include "guide/reader.h"

/* ---- recognise.c ---- */

enum guide_kind {
    GUIDE_UNSURE,
    GUIDE_LINES,
    GUIDE_MAIL,
    GUIDE_MBOX,
    GUIDE_LOG,
    GUIDE_ACCOUNT /* lines that together tell of one failure */
};

/* What a source is that begins with `head`, and of what format where it is a log. UNSURE: it may be
 * a mail, which more of it will tell; where no more comes, it is lines. */
enum guide_kind guide_recognise(struct slice head, enum log_format *format_r);

/* Whether a reply's code stands in front. */
bool guide_begins_reply(struct slice line);

/* ---- reader.c ---- */

/* Bytes that are not in a window yet; false when there are none, or the listener wants no more. */
bool guide_more(struct guide_reader *r, bool *stopped_r);
/* Offers it, or explains it. False: the listener ended it, or memory did. */
bool guide_found(struct guide_reader *r, const struct guide_task *task);
bool guide_no_memory(struct guide_reader *r);
/* The name of the source, and of the mail in it that has this number; 0: it has none. */
void guide_name_source(struct guide_reader *r, const char *name, size_t number);

/* ---- read_mail.c ---- */

bool guide_explain_mail(struct guide_reader *r, const struct guide_task *t);
bool guide_read_mail(struct guide_reader *r);
bool guide_read_mbox(struct guide_reader *r, const char *name);

/* ---- read_log.c ---- */

bool guide_explain_event(struct guide_reader *r, const struct guide_task *t);
bool guide_read_log(struct guide_reader *r, enum log_format format);
/* The same of a text; counts the events. */
bool guide_read_log_text(struct guide_reader *r, enum log_format format, struct slice text,
                         size_t *events_r);

#endif
