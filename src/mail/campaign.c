#include "mail/campaign.h"

#include "base/utf8.h"
#include "mail/header.h"

/* `News of the week <news.example.org>`: the name is what stays the same. */
static struct slice name_in(struct slice value)
{
    size_t open = slice_rfind(value, '<');
    if (open == SLICE_NONE || value.at[value.len - 1] != '>')
        return value;
    struct slice name = slice_trim(slice_of(value.at + open + 1, value.len - open - 2));
    return name.len ? name : value;
}

static void add_value(struct buf *out, struct slice body)
{
    char storage[1024];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    header_unfold(&line, slice_head(body, sizeof(storage)));
    utf8_add_harmless(out, slice_head(name_in(slice_trim(buf_slice(&line))), CAMPAIGN_MAX));
}

void campaign_find(struct buf *out, struct slice head, const struct conf_names *fields)
{
    struct slice body;
    for (size_t i = 0; i < fields->count; i++)
        if (header_find(head, fields->at[i], &body) && slice_trim(body).len) {
            add_value(out, body);
            return;
        }
}
