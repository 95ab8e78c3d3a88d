/* The manual page of the configuration file, made from the schema when the program is built. */
#include "system/config_internal.h"

/* roff: a backslash or a dash has a meaning, and so has a dot or quote that begins a line. */
static void add_text(struct buf *out, struct slice text)
{
    bool at_start = out->len == 0 || out->at[out->len - 1] == '\n';
    if (at_start && text.len && (text.at[0] == '.' || text.at[0] == '\''))
        buf_add_str(out, "\\&");
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\')
            buf_add_str(out, "\\e");
        else if (text.at[i] == '-')
            buf_add_str(out, "\\-");
        else
            buf_add_char(out, text.at[i]);
    }
}

static void add_item(struct buf *out, const struct conf_item *item)
{
    buf_add_str(out, ".TP\n.B ");
    add_text(out, slice_str(item->name));
    buf_add_str(out, " = \\fR");
    add_text(out, slice_str(item->example));
    buf_add_char(out, '\n');
    add_text(out, slice_str(item->help));
    if (item->choices && item->choices[1]) {
        buf_add_str(out, "\nOne of:");
        for (int i = 0; item->choices[i]; i++)
            buf_addf(out, " %s", item->choices[i]);
        buf_add_char(out, '.');
    }
    if (item->is_required)
        buf_add_str(out, "\nMust be given.");
    if (item->reloads)
        buf_add_str(out, "\nA reload changes it.");
    if (item->preset) {
        buf_add_str(out, "\nDefault: ");
        add_text(out, slice_str(item->preset));
        buf_add_char(out, '.');
    }
    buf_add_char(out, '\n');
}

static void add_section(struct buf *out, const struct conf_section *s)
{
    buf_add_str(out, ".SS ");
    add_text(out, slice_str(s->name ? s->name : "Outside of the sections"));
    buf_addf(out, "%s%s\n", s->example_title ? " " : "", s->example_title ? s->example_title : "");
    add_text(out, slice_str(s->help));
    buf_add_str(out, s->reloads ? "\nA reload changes it.\n" : "\n");
    for (size_t i = 0; i < s->item_count; i++)
        add_item(out, &s->items[i]);
}

void config_write_manual(struct buf *out)
{
    buf_add_str(
        out,
        ".TH CANDOR.CONF 5\n"
        ".SH NAME\n"
        "candor.conf \\- configuration of the mail server Candor\n"
        ".SH DESCRIPTION\n"
        "The file " CONFIG_FILE " says what\n"
        ".B candor serve\n"
        "does. A key is followed by = and its value; keys of one subject stand in a section. "
        "Values with\n"
        "spaces or special characters need quotes; lists stand in braces. # begins a comment.\n"
        "The smallest configuration that works:\n"
        ".PP\n.nf\n"
        "hostname = \"mx.example.org\"\n"
        "listen mx { address = \"0.0.0.0:25\" }\n"
        "domain example.org { mailboxes = \"/etc/candor/mailboxes\" }\n"
        ".fi\n.PP\n"
        ".B candor check\n"
        "tells every error with its line and what would be right;\n"
        ".B candor check \\-\\-defaults\n"
        "prints a file with all keys.\n"
        ".PP\n"
        "Times have a unit: 500 ms, 30 s, 5 m, 4 h, 5 d. Sizes too: 512, 100 KiB, 25 MiB, 1 GiB.\n"
        ".SH SECTIONS AND KEYS\n");
    for (const struct conf_section *s = config_schema; s->items; s++)
        add_section(out, s);
    buf_add_str(out, ".SH SEE ALSO\n.BR candor (1)\n");
}
