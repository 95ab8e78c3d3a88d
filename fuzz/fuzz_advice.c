/* The reader of advice: any text gives lines of known causes with texts that can be shown, or an
 * error with its line. */
#include "advice_text.h"
#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

static void check_lines(const struct advice_lines *list, bool is_own)
{
    for (const struct advice_line *l = list->first; l; l = l->next) {
        must(l->reader && l->line > 0 && l->text.len > 0);
        must((l->kind == ADVICE_OWN_STEP || l->kind == ADVICE_ONLY_STEP) == is_own);
        must((l->provider.len || l->list.len) == is_own);
        must(slice_find(l->text, '{', 0) == SLICE_NONE ||
             slice_find(l->text, '}', 0) != SLICE_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rule_provider_entry google = {.name = SLICE_INIT("google")};
    static const struct rule_book rules = {.providers = &google};
    struct advice_book book;
    struct arena arena;
    arena_init(&arena, &heap, 1 << 24);
    advice_book_init(&book, &arena, &rules);
    bool good = advice_book_read(&book, SLICE("own.advice"), slice_of((const char *)data, size));
    must(good == (book.error.text[0] == '\0'));
    for (size_t cause = 0; good && cause < CAUSE_COUNT; cause++) {
        check_lines(&book.general[cause], false);
        check_lines(&book.own[cause], true);
    }
    must(!good || advice_book_check(&book) == (book.error.text[0] == '\0'));
    arena_reset(&arena);
    return 0;
}
