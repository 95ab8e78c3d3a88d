#include "cli/page.h"

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
