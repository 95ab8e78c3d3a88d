/* A header section: its fields are all of it, in order, and each reads the same when it stands
 * alone. */
#include "mail/campaign.h"
#include "mail/header.h"

static void check_field(const struct header_field *f)
{
    struct slice alone = f->whole;
    struct header_field again;
    if (f->name.len == 0 || slice_find(f->name, ':', 0) != SLICE_NONE)
        __builtin_trap();
    if (!header_next(&alone, &again) || alone.len || !slice_eq(again.body, f->body))
        __builtin_trap();
}

/* A name is short, and on one line. */
static void check_campaign(struct slice message)
{
    static struct slice names[] = {SLICE_INIT("List-Id"), SLICE_INIT("Subject")};
    static const struct conf_names fields = {names, 2};
    char storage[CAMPAIGN_MAX];
    struct buf name;
    buf_init_fixed(&name, storage, sizeof(storage));
    campaign_find(&name, message, &fields);
    if (name.failed)
        __builtin_trap();
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < ' ')
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice message = slice_of((const char *)data, size), rest = message;
    struct header_field f;
    char line[4096];
    size_t len = 0;
    check_campaign(message);
    while (header_next(&rest, &f)) {
        struct buf b;
        check_field(&f);
        len += f.whole.len;
        buf_init_fixed(&b, line, sizeof(line));
        header_unfold(&b, f.body);
        if (slice_find(buf_slice(&b), '\n', 0) != SLICE_NONE)
            __builtin_trap();
    }
    struct slice section = header_section(message);
    if (section.len != len || header_body_at(message) < len || header_body_at(message) > len + 2)
        __builtin_trap();
    return 0;
}
