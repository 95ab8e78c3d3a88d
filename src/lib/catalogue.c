#include "reply/catalogue.h"
#include "lib/report.h"

const char *candor_version(void)
{
    return CANDOR_VERSION;
}

size_t candor_cause_count(void)
{
    return CAUSE_COUNT;
}

const char *candor_cause_name(size_t cause)
{
    return cause < CAUSE_COUNT ? cause_name((enum cause)cause) : NULL;
}

const char *candor_cause_title(size_t cause)
{
    return cause < CAUSE_COUNT ? cause_title((enum cause)cause) : NULL;
}

static candor_status put_entry(const struct catalogue_entry *e, candor_code *code_r)
{
    if (!code_r)
        return CANDOR_BAD_ARGUMENT;
    if (!e)
        return CANDOR_UNKNOWN;
    candor_code c = {.name = text_of(e->name),
                     .meaning = text_of(e->meaning),
                     .step = text_of(e->step),
                     .cause = text_of(slice_str(cause_name(e->cause))),
                     .rfc = e->rfc};
    return report_fill(code_r, code_r->size, &c, sizeof(c)) ? CANDOR_OK : CANDOR_BAD_ARGUMENT;
}

candor_status candor_code_of(unsigned code, candor_code *code_r)
{
    return put_entry(code <= UINT16_MAX ? catalogue_basic((uint16_t)code) : NULL, code_r);
}

candor_status candor_code_of_enhanced(unsigned severity, unsigned subject, unsigned detail,
                                      candor_code *code_r)
{
    bool fits = severity <= UINT8_MAX && subject <= UINT16_MAX && detail <= UINT16_MAX;
    struct enhanced e = {(uint8_t)severity, (uint16_t)subject, (uint16_t)detail};
    return put_entry(fits ? catalogue_enhanced(e) : NULL, code_r);
}
