/* The tables that tools/charsets.py makes. */
#ifndef CANDOR_MAIL_CHARSET_TABLES_H
#define CANDOR_MAIL_CHARSET_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* Leads 0x81-0xFE, trails 0x40-0xFE; of JIS X 0208 both 0x21-0x7E. */
extern const uint16_t charset_gbk[126][191], charset_big5[126][191], charset_cp949[126][191];
extern const uint16_t charset_jis0208[94][94];

struct charset_single {
    const char *name; /* as charset.c has made names alike */
    uint16_t points[128];
};
extern const struct charset_single charset_singles[];
extern const size_t charset_single_count;

#endif
