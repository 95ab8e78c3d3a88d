/* Text in the form in which phrases are looked for: lower case, no accents, one space for anything
 * that is neither letter nor digit, so that "Over-quota" is "over quota". Addresses and IP
 * addresses become one symbol each; host names and URLs are written in an alphabet of their own.
 * The phrases of rules are folded in the same way. */
#ifndef CANDOR_REPLY_FOLD_H
#define CANDOR_REPLY_FOLD_H

#include "base/slice.h"

/* Symbols kept of a text: more is read by nobody. */
enum { FOLD_MAX = 4096, FOLD_SLACK = 64, FOLDED_HOSTS_MAX = 8 };

enum {
    FOLDED_ADDRESS = 1,
    FOLDED_IP = 2,
    FOLDED_URL = 3,        /* in front of the URL's own symbols */
    FOLDED_HOST = 4,       /* the same for a host name */
    FOLDED_NAME_ZERO = 16, /* digits of names; their letters are 'A' to 'Z' */
};

struct folded_host {
    uint16_t at;       /* where its FOLDED_HOST stands, at most one symbol before */
    struct slice text; /* as it stood */
};

struct folded {
    size_t len;
    size_t hosts;
    struct folded_host host[FOLDED_HOSTS_MAX];
    struct slice ip, url, address; /* the first of each, as they stood; or empty */
    /* Begins and ends with a space; eight zeros follow, and room for those who read by blocks. */
    uint8_t symbols[FOLD_MAX + FOLD_SLACK];
};

/* Fills *f (which need not be initialised). Views are of `text`. */
void fold(struct slice text, struct folded *f);

/* A rule's phrase, without the spaces around it: all of it is words, but for `{address}`, `{ip}`,
 * `{url}` and `{host}`. Of *f only symbols and len are filled in. */
void fold_phrase(struct slice phrase, struct folded *f);
/* The same of a piece of a host name or URL. */
void fold_name(struct slice piece, struct folded *f);

#endif
