/* Commands of SMTP as logs and transcripts show them. */
#include "logs/inside.h"

static const struct {
    struct slice verb;
    enum stage stage;
    bool has_address;
} verbs[] = {
    {SLICE_INIT("RCPT TO:"), STAGE_RCPT, true},     {SLICE_INIT("MAIL FROM:"), STAGE_MAIL, true},
    {SLICE_INIT("EHLO"), STAGE_EHLO, false},        {SLICE_INIT("HELO"), STAGE_EHLO, false},
    {SLICE_INIT("LHLO"), STAGE_EHLO, false},        {SLICE_INIT("STARTTLS"), STAGE_STARTTLS, false},
    {SLICE_INIT("AUTH"), STAGE_AUTH, false},        {SLICE_INIT("DATA"), STAGE_DATA, false},
    {SLICE_INIT("BDAT"), STAGE_END_OF_DATA, false}, {SLICE_INIT("."), STAGE_END_OF_DATA, false},
    {SLICE_INIT("QUIT"), STAGE_NONE, false},        {SLICE_INIT("RSET"), STAGE_NONE, false},
    {SLICE_INIT("NOOP"), STAGE_NONE, false},        {SLICE_INIT("VRFY"), STAGE_NONE, false},
    {SLICE_INIT("EXPN"), STAGE_NONE, false},        {SLICE_INIT("HELP"), STAGE_NONE, false},
    {SLICE_INIT("XCLIENT"), STAGE_NONE, false},
};

bool logs_command(struct slice line, enum stage *stage_r, struct slice *address_r)
{
    *address_r = slice_head(line, 0);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        size_t len = verbs[i].verb.len;
        if (!slice_istarts(line, verbs[i].verb) ||
            (!verbs[i].has_address && line.len > len && line.at[len] != ' '))
            continue;
        *stage_r = verbs[i].stage;
        struct slice argument = slice_trim(slice_from(line, len));
        if (verbs[i].has_address && !logs_bracketed(argument, address_r))
            *address_r = slice_head(argument, slice_find(argument, ' ', 0));
        return true;
    }
    return false;
}
