/* Compiles share/notices/ when Candor is built: wordsc FILE... writes the tables of
 * src/reply/words.h as C. The name of a file is its language; English comes first. */
#include <stdio.h>
#include <stdlib.h>

#include "reply/words.h"
#include "system/heap.h"
#include "table_out.h"

enum { BOOK_MAX = 1 << 26 };

static struct slice language_of(struct slice path)
{
    size_t slash = slice_rfind(path, '/');
    struct slice name = slice_from(path, slash == SLICE_NONE ? 0 : slash + 1);
    return slice_head(name, slice_find(name, '.', 0));
}

/* Lines that say nothing must still stand there. */
static bool is_whole(const struct words *w, struct slice file)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (!w->text[i].at) {
            fprintf(stderr, "%.*s: line %zu of src/reply/words.def is missing\n", SLICE_ARG(file),
                    i + 1);
            return false;
        }
    for (size_t i = 0; i < CAUSE_COUNT && !slice_eq(w->language, SLICE("en")); i++)
        if (!w->causes[i].len) {
            fprintf(stderr, "%.*s: the cause %s is missing\n", SLICE_ARG(file),
                    cause_name((enum cause)i));
            return false;
        }
    return true;
}

static void put(const struct words *w)
{
    fputs("{.language = ", stdout);
    table_put_slice(w->language);
    puts(", .text = {");
    for (size_t i = 0; i < WORD_COUNT; i++) {
        table_put_slice(w->text[i]);
        puts(",");
    }
    puts("}, .causes = {");
    for (size_t i = 0; i < CAUSE_COUNT; i++) {
        table_put_slice(w->causes[i]);
        puts(",");
    }
    puts("}},");
}

static bool compile(struct arena *arena, const char *path)
{
    struct rule_error e = {.line = 0};
    struct slice file = slice_str(path), text;
    struct words w = {.language = language_of(file)};
    if (!table_read_file(arena, path, &text))
        return false;
    if (!words_read(&w, file, text, &e)) {
        fprintf(stderr, "%s:%zu: %s\n", path, e.line, e.text);
        return false;
    }
    if (!is_whole(&w, file))
        return false;
    put(&w);
    return true;
}

int main(int argc, char **argv)
{
    struct arena arena;
    bool good = true;
    arena_init(&arena, &heap, BOOK_MAX);
    puts("/* Made by tools/wordsc.c from share/notices/. */\n#include \"reply/words.h\"\n");
    puts("const struct words words_all[] = {");
    for (int i = 1; i < argc && good; i++)
        good = compile(&arena, argv[i]);
    printf("};\nconst size_t words_all_count = %d;\n", argc - 1);
    arena_reset(&arena);
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
