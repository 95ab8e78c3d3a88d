#include "receive/help.h"

#include "reply/catalogue.h"

static const struct catalogue_entry *find(struct slice topic)
{
    struct enhanced enhanced;
    uint32_t code;
    if (enhanced_parse(topic, &enhanced))
        return catalogue_enhanced(enhanced);
    if (slice_u32(topic, &code) && code < 1000)
        return catalogue_basic((uint16_t)code);
    return NULL;
}

struct reply help_reply(struct slice topic, struct arena *arena)
{
    const struct catalogue_entry *entry = find(topic);
    if (!entry)
        return REPLY_MAKE(SITUATION_HELP_UNKNOWN, arena, topic);
    return REPLY_MAKE(SITUATION_HELP_CODE, arena, topic, entry->meaning, entry->step);
}
