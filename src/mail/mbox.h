/* Splits an mbox into its mails, whatever its writer quoted: mails end where a separator begins
 * (`From ` with a time, in front of a header), or where Content-Length says so and a separator is
 * found there (mboxcl, mboxcl2). Reads a window of the file, so memory is bounded by one mail. */
#ifndef CANDOR_MAIL_MBOX_H
#define CANDOR_MAIL_MBOX_H

#include "base/buf.h"

struct mbox {
    size_t most;     /* bytes handed out of one mail; the rest of it is passed over */
    size_t line;     /* of the window's first byte, from 1 */
    size_t looked;   /* bytes of the window that hold no separator */
    char end;        /* what ends a line; 0: not known yet */
    bool is_inside;  /* the window begins with a mail that was found to begin there */
    bool is_blank;   /* an empty line stands before what was looked at */
    bool is_in_line; /* what was looked at ends inside a line */
    bool is_passing; /* over the rest of a mail that was too long */
};

struct mbox_mail {
    struct slice separator; /* the `From ` line without its end; empty where there was none */
    struct slice text;      /* the mail as it stands, still quoted: see mbox_unquote */
    size_t line;            /* of its first field, from 1 */
    bool is_cut;            /* it was longer than `most` */
};

enum mbox_found {
    MBOX_END,  /* nothing is left */
    MBOX_MORE, /* the window holds no whole mail: call again with more bytes behind it */
    MBOX_MAIL
};

/* Whether text begins as an mbox does; empty lines in front are let pass. */
bool mbox_begins(struct slice text);

void mbox_init(struct mbox *m, size_t most);
/* Takes the next mail off the front of *window_r, which is what the caller has read and nobody took
 * yet; `is_last`: nothing comes behind it. Views are of the window. After MBOX_MORE *window_r may
 * be shorter (what is passed over is taken off), and has to come again with its bytes in place. */
MUST_CHECK enum mbox_found mbox_next(struct mbox *m, struct slice *window_r, bool is_last,
                                     struct mbox_mail *mail_r);

/* Adds the text with one `>` less before each quoted `From ` (mboxrd; in mboxo the same). */
void mbox_unquote(struct buf *out, struct slice text);

#endif
