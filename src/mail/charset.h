/* The character sets of mail, as UTF-8: UTF-16, UTF-7, ISO 8859, Windows, KOI8, and those of Japan,
 * China and Korea. Tables only: nothing of the system's is asked. */
#ifndef CANDOR_MAIL_CHARSET_H
#define CANDOR_MAIL_CHARSET_H

#include "base/buf.h"

enum charset_kind {
    CHARSET_UTF8, /* and ASCII: valid as it stands */
    CHARSET_UTF16,
    CHARSET_UTF16LE,
    CHARSET_UTF16BE,
    CHARSET_UTF7,
    CHARSET_SINGLE,
    CHARSET_ISO2022JP,
    CHARSET_SHIFT_JIS,
    CHARSET_EUC_JP,
    CHARSET_DOUBLE,
    CHARSET_UNKNOWN /* ASCII is taken, the rest is '?' */
};

struct charset {
    enum charset_kind kind;
    size_t table; /* of CHARSET_SINGLE and CHARSET_DOUBLE */
};

/* By a name as MIME writes it, in any case; no name is ASCII. */
struct charset charset_of(struct slice name);

/* Adds the text as UTF-8, '?' for each byte or pair that is no character: at most three bytes for
 * each of the text's. */
void charset_write(struct buf *out, struct slice text, struct charset set);

#endif
