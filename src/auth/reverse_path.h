/* Reverse paths that this server makes and knows again: signed, and good for some days.
 *
 *   SRS0=HASH=TT=there.test=ann@here.test    mail of ann@there.test that is forwarded: SPF looks at
 *   SRS1=HASH=fwd.test==…@here.test          who forwards, and what comes back finds its way (SRS)
 *   news+v=HASH=TT=bob=there.test@here.test  mail of news@here.test to bob@there.test: what comes
 *                                            back tells who failed, whatever is in it (VERP)
 *
 * Letters count the same in both cases, since hosts on the way change them. */
#ifndef CANDOR_AUTH_REVERSE_PATH_H
#define CANDOR_AUTH_REVERSE_PATH_H

#include "base/buf.h"
#include "mail/address.h"

struct reverse_paths {
    struct slice secret;         /* empty: there are none */
    struct slice forwards_at;    /* the domain of SRS addresses; empty: no SRS */
    const struct slice *tracked; /* domains whose mail gets VERP addresses */
    size_t tracked_count;
    int64_t age; /* ms that an address is good for; counted in days */
};

enum { REVERSE_PATH_AGE_MOST = 1000 }; /* days: the stamp begins again after 1024 */

enum reverse_path_kind {
    REVERSE_PATH_NONE,      /* not one of these */
    REVERSE_PATH_FORWARDED, /* goes on to the address that was found */
    REVERSE_PATH_TRACKED,   /* is about the recipient that was found */
    REVERSE_PATH_FORGED,    /* this server never made it */
    REVERSE_PATH_OLD
};

/* The sender's address for mail that is forwarded; `now` in unix ms. False: it stays as it is,
 * since it would be longer than an address may be, or has quotes. */
MUST_CHECK bool reverse_path_forward(const struct reverse_paths *r, struct slice sender,
                                     int64_t now, struct buf *out);
/* Whether mail of this sender gets an address for each recipient. */
bool reverse_path_tracks(const struct reverse_paths *r, struct slice sender);
/* False as above. */
MUST_CHECK bool reverse_path_track(const struct reverse_paths *r, struct slice sender,
                                   struct slice recipient, int64_t now, struct buf *out);
/* The same for one message whose sender asked for it, at any domain of ours. */
MUST_CHECK bool reverse_path_track_asked(const struct reverse_paths *r, struct slice sender,
                                         struct slice recipient, int64_t now, struct buf *out);
/* Not signed, and nothing that we know again: sender, delimiter, recipient's local part, delimiter,
 * recipient's domain. */
MUST_CHECK bool reverse_path_delimit(struct slice delimiters, struct slice sender,
                                     struct slice recipient, struct buf *out);
/* What an address is; of the first two, whom it means is appended to `out`. */
enum reverse_path_kind reverse_path_read(const struct reverse_paths *r, struct slice address,
                                         int64_t now, struct buf *out);

#endif
