#include "table_out.h"

#include <stdio.h>

enum { FILE_MAX = 1 << 20 };

bool table_read_file(struct arena *arena, const char *name, struct slice *text_r)
{
    FILE *f = fopen(name, "rb");
    char *at = arena_take(arena, FILE_MAX);
    if (!f || !at) {
        perror(name);
        if (f)
            fclose(f);
        return false;
    }
    *text_r = slice_of(at, fread(at, 1, FILE_MAX, f));
    bool good = !ferror(f) && text_r->len < FILE_MAX;
    fclose(f);
    return good;
}

void table_put_text(struct slice s)
{
    putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '"' || s.at[i] == '\\')
            putchar('\\');
        putchar(s.at[i]);
    }
    putchar('"');
}

void table_put_slice(struct slice s)
{
    fputs("SLICE_INIT(", stdout);
    table_put_text(s);
    putchar(')');
}

void table_begin(const char *type, const char *name)
{
    printf("static const %s %s[] = {\n", type, name);
}

/* A table without rows has one that nobody looks at: C knows no empty array. */
void table_end(size_t count)
{
    puts(count ? "\n};" : "0\n};");
}
