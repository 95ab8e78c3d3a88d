#include "dns/idn.h"

#include <idn2.h>

/* As text in UTF-8, with a NUL: more than any name that fits into 255 octets as A-labels has. */
enum { NAME_ROOM = 1024 };

bool idn_add_domain(struct buf *out, struct slice domain)
{
    char name[NAME_ROOM];
    uint8_t *ascii = NULL;
    if (slice_is_ascii(domain)) {
        buf_add(out, domain);
        return !out->failed;
    }
    if (slice_find(domain, '\0', 0) != SLICE_NONE || !slice_cstr(domain, name, sizeof(name)) ||
        idn2_lookup_u8((const uint8_t *)name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
            IDN2_OK)
        return false;
    buf_add_str(out, (const char *)ascii);
    idn2_free(ascii);
    return !out->failed;
}

bool idn_add_address(struct buf *out, struct slice address)
{
    size_t at = slice_rfind(address, '@');
    size_t local = at == SLICE_NONE ? address.len : at + 1;
    buf_add(out, slice_head(address, local));
    return idn_add_domain(out, slice_from(address, local));
}
