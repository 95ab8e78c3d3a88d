#include "cli/page.h"

#include <string.h>

#include "cli/words.h"

void page_color(const struct page *p, const char *color)
{
    if (p->style->color)
        buf_add_str(p->out, color);
}

void page_paint(const struct page *p, const char *color, const char *text)
{
    page_color(p, color);
    buf_add_str(p->out, text);
    page_color(p, PLAIN);
}

void page_spaces(const struct page *p, size_t count)
{
    while (count--)
        buf_add_char(p->out, ' ');
}

void page_line(const struct page *p)
{
    buf_add_char(p->out, '\n');
}

void page_wrap(const struct page *p, struct slice text, size_t indent)
{
    words_wrapped(p->out, text, p->style->width - indent, indent);
}

void page_row(const struct page *p, const char *name, struct slice text)
{
    page_spaces(p, PAGE_MARGIN);
    if (*name)
        page_paint(p, FAINT, name);
    page_spaces(p, PAGE_LABEL - PAGE_MARGIN - strlen(name));
    page_wrap(p, text, PAGE_LABEL);
    page_line(p);
}
