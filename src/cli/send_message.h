/* What `candor send` makes of the text on its standard input: a message that is fit to be sent. No
 * I/O here; everything made lives in the arena. */
#ifndef CANDOR_CLI_SEND_MESSAGE_H
#define CANDOR_CLI_SEND_MESSAGE_H

#include "base/arena.h"
#include "mail/envelope.h"

enum { SEND_RECIPIENTS_MAX = 10000 };

struct send_source {
    struct slice text;      /* lines end in LF, CR LF or CR */
    struct slice sender;    /* address for a From that is missing */
    struct slice full_name; /* for the same; may be empty */
    struct slice hostname;
    bool dot_ends;   /* a line that is only a dot ends the message (no -i) */
    bool to_header;  /* -t: recipients are in To, Cc and Bcc; Bcc is taken out */
    int64_t now;     /* unix ms */
    int zone;        /* minutes east of UTC */
    uint64_t random; /* for the Message-ID */
};

struct send_recipients {
    struct recipient *at; /* room for SEND_RECIPIENTS_MAX */
    size_t count;
};

/* Adds one address, unless it is there already; false with `what` (static text) if it is not valid
 * or there are too many. */
MUST_CHECK bool send_recipients_add(struct send_recipients *r, struct arena *arena,
                                    struct slice address, const char **what);
/* Adds each address of a header field's body or an argument: names, comments, groups are fine.
 * bad_r: the part that is not valid. */
MUST_CHECK bool send_recipients_add_list(struct send_recipients *r, struct arena *arena,
                                         struct slice list, struct slice *bad_r, const char **what);
/* Writes the message with CR LF, and with the Date, Message-ID and From that it lacks; adds the
 * recipients of its header to `r` with to_header. False: as above. */
MUST_CHECK bool send_message_write(const struct send_source *s, struct arena *arena,
                                   struct buf *content, struct send_recipients *r,
                                   struct slice *bad_r, const char **what);

#endif
