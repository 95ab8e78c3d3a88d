#include "spool/spool.h"

/* Crockford's alphabet: no I, L, O, U. 13 digits of 5 bits hold 64 bits, the first has 4. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void spool_id_write(spool_id id, char out[SPOOL_ID_TEXT + 1])
{
    for (size_t i = SPOOL_ID_TEXT; i > 0; i--, id >>= 5)
        out[i - 1] = digits[id & 31];
    out[SPOOL_ID_TEXT] = '\0';
}

bool spool_id_parse(struct slice text, spool_id *id_r)
{
    spool_id id = 0;
    if (text.len != SPOOL_ID_TEXT)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        char upper = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
        const char *digit = memchr(digits, upper, sizeof(digits) - 1);
        if (!digit || (i == 0 && digit - digits > 15))
            return false;
        id = id << 5 | (spool_id)(digit - digits);
    }
    *id_r = id;
    return id != 0;
}
