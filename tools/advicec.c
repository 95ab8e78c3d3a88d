/* Compiles share/advice/ when Candor is built: advicec FILE... writes the tables of
 * src/reply/advice.h as C. Files that end in .rules only tell which providers there are. */
#include <stdio.h>
#include <stdlib.h>

#include "advice_text.h"
#include "system/heap.h"
#include "table_out.h"

enum { BOOK_MAX = 1 << 28 };

static size_t put_lines(const struct advice_lines *list)
{
    size_t count = 0;
    for (const struct advice_line *l = list->first; l; l = l->next, count++) {
        printf("{%u, %d, ", l->kind, slice_find(l->text, '{', 0) != SLICE_NONE);
        table_put_slice(l->provider);
        fputs(", ", stdout);
        table_put_slice(l->list);
        fputs(", ", stdout);
        table_put_slice(l->unless);
        printf(", SLICE_INIT(\"%s\" ", l->reader);
        table_put_text(l->text);
        puts(")},");
    }
    return count;
}

static void put_tables(const struct advice_book *b)
{
    size_t first[CAUSE_COUNT + 1] = {0};
    puts("/* Made by tools/advicec.c from share/advice/. */\n#include \"reply/advice.h\"\n");
    puts("const struct advice advice_rows[] = {");
    for (size_t cause = 0; cause < CAUSE_COUNT; cause++)
        first[cause + 1] = first[cause] + put_lines(&b->general[cause]) + put_lines(&b->own[cause]);
    puts("};\nconst uint16_t advice_first[] = {");
    for (size_t cause = 0; cause <= CAUSE_COUNT; cause++)
        printf("%zu,\n", first[cause]);
    puts("};");
}

static bool say(const struct rule_error *e)
{
    if (e->text[0])
        fprintf(stderr, "%.*s:%zu: %s\n", SLICE_ARG(e->file), e->line, e->text);
    return false;
}

static bool read_all(struct arena *arena, char *const *names, int count, struct rule_book *rules,
                     struct advice_book *advice)
{
    for (int i = 0; i < count; i++) {
        struct slice name = slice_str(names[i]), text;
        if (!table_read_file(arena, names[i], &text))
            return false;
        if (slice_iends(name, SLICE(".rules"))) {
            if (!rule_book_read(rules, name, text))
                return say(&rules->error);
            advice->providers = rules->providers;
            advice->rules = rules->rules;
        } else if (!advice_book_read(advice, name, text)) {
            return say(&advice->error);
        }
    }
    return advice_book_check(advice) || say(&advice->error);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct rule_book rules;
    struct advice_book advice;
    arena_init(&arena, &heap, BOOK_MAX);
    rule_book_init(&rules, &arena, true);
    advice_book_init(&advice, &arena, &rules);
    bool good = read_all(&arena, argv + 1, argc - 1, &rules, &advice);
    if (good)
        put_tables(&advice);
    arena_reset(&arena);
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
