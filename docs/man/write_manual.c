/* Prints candor.conf(5) when the program is built. */
#include <stdio.h>

#include "system/config.h"
#include "system/heap.h"

int main(void)
{
    struct buf text;
    buf_init(&text, &heap, 1 << 20);
    config_write_manual(&text);
    bool is_fine = !text.failed && fwrite(text.at, 1, text.len, stdout) == text.len;
    buf_free(&text);
    return is_fine ? 0 : 1;
}
