#include "system/config_internal.h"

enum { COMMENT_WIDTH = 96 };

/* Text as comment lines, broken at spaces. */
static void add_comment(struct buf *out, struct slice text, const char *indent)
{
    struct slice word;
    size_t column = 0;
    while (slice_word(&text, &word)) {
        if (column + 1 + word.len > COMMENT_WIDTH) {
            buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0)
            buf_addf(out, "%s#", indent);
        buf_addf(out, " %.*s", SLICE_ARG(word));
        column = (column ? column : strlen(indent) + 1) + 1 + word.len;
    }
    buf_add_char(out, '\n');
}

static void add_list(struct buf *out, struct slice parts)
{
    struct slice part;
    const char *between = "{ ";
    while (slice_split(&parts, ',', &part)) {
        part = slice_trim(part);
        buf_addf(out, "%s\"%.*s\"", between, SLICE_ARG(part));
        between = ", ";
    }
    buf_add_str(out, " }");
}

static void add_preset(struct buf *out, const struct conf_item *item)
{
    struct slice preset = slice_str(item->preset);
    bool is_bare =
        item->type == CONF_NUMBER || item->type == CONF_CHOICE || item->type == CONF_BOOL;
    if (config_value_element_size(item->type))
        add_list(out, preset);
    else
        buf_addf(out, is_bare ? "%.*s" : "\"%.*s\"", SLICE_ARG(preset));
}

static void add_choices(struct buf *out, const struct conf_item *item, const char *indent)
{
    buf_addf(out, "%s# One of:", indent);
    for (int i = 0; item->choices[i]; i++)
        buf_addf(out, " %s", item->choices[i]);
    buf_add_char(out, '\n');
}

/* What has a default stands there as it is, what must be given as an example, the rest commented
 * out. */
static void add_item(struct buf *out, const struct conf_item *item, const char *indent)
{
    add_comment(out, slice_str(item->help), indent);
    if (item->choices && item->choices[1])
        add_choices(out, item, indent);
    bool is_live = item->preset || item->is_required;
    buf_addf(out, "%s%s%s = ", indent, is_live ? "" : "# ", item->name);
    if (item->preset)
        add_preset(out, item);
    else
        buf_add_str(out, item->example);
    buf_add_char(out, '\n');
}

void config_write_defaults(struct buf *out)
{
    buf_add_str(out,
                "# The configuration of Candor with all keys. What is not commented out is the\n"
                "# default; only hostname, listen and domain have none: put in your own.\n");
    for (const struct conf_section *s = config_schema; s->items; s++) {
        buf_add_char(out, '\n');
        add_comment(out, slice_str(s->help), "");
        if (s->name)
            buf_addf(out, "%s%s%s {\n", s->name, s->example_title ? " " : "",
                     s->example_title ? s->example_title : "");
        for (size_t i = 0; i < s->item_count; i++)
            add_item(out, &s->items[i], s->name ? "    " : "");
        if (s->name)
            buf_add_str(out, "}\n");
    }
}
