/* The rules' parser and compiler: any text gives tables that can be run, or an error with its line.
 */
#include "reply/advice.h"
#include "reply/rules_compile.h"
#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

static void check_tables(const struct rule_tables *t)
{
    for (size_t i = 0; i < t->node_count; i++) {
        const struct rule_node *n = &t->nodes[i];
        must(n->literal <= t->literal_count && n->base + 255U < t->node_count);
        must(n->shift < 64 && n->shift % 8 == 0);
    }
    for (size_t i = 0; i < RULE_HEADS; i++)
        must(t->heads[i] < t->node_count);
    for (size_t i = 0; i < t->clause_count; i++) {
        const struct rule_clause *c = &t->clauses[i];
        must(c->parts > 0 && (size_t)c->first_part + c->parts <= t->part_count);
        must(c->kind > CLAUSE_UNLESS || c->rule < t->rule_count);
    }
    for (size_t i = 0; i < t->advice_count; i++)
        must(t->advice[i].cause < CAUSE_COUNT && t->advice[i].text.len > 0);
    for (size_t i = 0; i < t->rule_count; i++)
        must(t->rules[i].cause < CAUSE_COUNT && t->rules[i].provider <= t->provider_count);
}

/* Whatever is advised, each cause has something to say. */
static void check_words(const struct rule_tables *t)
{
    struct arena arena;
    arena_init(&arena, &heap, 1 << 20);
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        struct diagnosis_input in = {.reply = {.code = 550}, .is_refusal = cause % 2};
        struct diagnosis d = {.cause = (enum cause)cause};
        struct explanation e;
        must(explain_with(t, &d, &in, &arena, &e) && e.count > 0 &&
             e.count <= EXPLANATION_STEPS_MAX);
    }
    arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct rule_book book;
    struct rule_tables tables;
    struct arena arena;
    arena_init(&arena, &heap, 1 << 24);
    rule_book_init(&book, &arena, size % 2);
    if (rule_book_read(&book, SLICE("own.rules"), text) && rules_compile(&book, &tables))
        check_tables(&tables), check_words(&tables);
    else
        must(book.error.text[0] != '\0');
    arena_reset(&arena);
    return 0;
}
