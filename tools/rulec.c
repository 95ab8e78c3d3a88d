/* Compiles share/rules/ when Candor is built: rulec FILE... writes the tables of src/reply/rules.h
 * as C; rulec --samples FILE... the rules' samples, as a table for tests; rulec --uses FILE... the
 * table of reply/code_uses.h. The work is rules_compile's, which compiles a user's rules too. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply/code_uses.h"
#include "reply/rules_compile.h"
#include "reply/scan.h"
#include "system/heap.h"
#include "table_out.h"

enum { COMPILED_MAX = 1 << 28, PER_LINE = 16 };

static void put_numbers(const char *name, const uint16_t *numbers, size_t count)
{
    table_begin("uint16_t", name);
    for (size_t i = 0; i < count; i++)
        printf("%u,%s", numbers[i], i % PER_LINE == PER_LINE - 1 ? "\n" : " ");
    table_end(count);
}

static void put_bytes(const char *name, const uint8_t *bytes)
{
    table_begin("uint8_t", name);
    for (size_t i = 0; i < 256; i++)
        printf("%u,%s", bytes[i], i % PER_LINE == PER_LINE - 1 ? "\n" : " ");
    table_end(256);
}

static void put_rules(const struct rule_tables *t)
{
    table_begin("struct rule", "rules");
    for (size_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        putchar('{');
        table_put_slice(r->id);
        fputs(", ", stdout);
        table_put_slice(r->blocklist);
        printf(", %u, %u, %d, %u, %u, %u, %d, %d, %d, %u, %u, %u, %u, %u},\n", r->cause, r->level,
               r->priority, r->percent, r->provider, r->groups, r->has_unless, r->needs_provider,
               r->blocklist_is_host, r->stages, r->first_code, r->codes, r->first_enhanced,
               r->enhanceds);
    }
    table_end(t->rule_count);
}

static void put_phrases(const struct rule_tables *t)
{
    table_begin("struct rule_literal", "literals");
    for (size_t i = 0; i < t->literal_count; i++)
        printf("{%u, %u, %u, %u, %d},\n", t->literals[i].len, t->literals[i].first_use,
               t->literals[i].uses, t->literals[i].alone, t->literals[i].leads);
    table_end(t->literal_count);
    table_begin("struct rule_clause", "clauses");
    for (size_t i = 0; i < t->clause_count; i++) {
        const struct rule_clause *c = &t->clauses[i];
        printf("{%u, %u, %u, %u, %u, %u},\n", c->rule, c->kind, c->group, c->first_part, c->parts,
               c->weight);
    }
    table_end(t->clause_count);
    table_begin("struct rule_use", "uses");
    for (size_t i = 0; i < t->use_count; i++) {
        const struct rule_use *u = &t->uses[i];
        printf("{%u, %u, %u, %u, %u, %u, %u},\n", u->strength, u->clause, u->rule, u->kind, u->bits,
               u->before, u->gap);
    }
    table_end(t->use_count);
    table_begin("struct rule_part", "parts");
    for (size_t i = 0; i < t->part_count; i++)
        printf("{%u, %u},\n", t->parts[i].literal, t->parts[i].gap);
    table_end(t->part_count);
}

static void put_conditions(const struct rule_tables *t)
{
    table_begin("struct rule_code", "codes");
    for (size_t i = 0; i < t->code_count; i++)
        printf("{%u, %u},\n", t->codes[i].low, t->codes[i].high);
    table_end(t->code_count);
    table_begin("struct rule_enhanced", "enhanceds");
    for (size_t i = 0; i < t->enhanced_count; i++)
        printf("{%u, %u, %u},\n", t->enhanceds[i].class, t->enhanceds[i].subject,
               t->enhanceds[i].detail);
    table_end(t->enhanced_count);
}

static void put_providers(const struct rule_tables *t)
{
    table_begin("struct rule_provider", "providers");
    for (size_t i = 0; i < t->provider_count; i++) {
        putchar('{');
        table_put_slice(t->providers[i].name);
        printf(", %u, %u},\n", t->providers[i].first_host, t->providers[i].hosts);
    }
    table_end(t->provider_count);
    table_begin("struct slice", "hosts");
    for (size_t i = 0; i < t->host_count; i++) {
        table_put_slice(t->hosts[i]);
        puts(",");
    }
    table_end(t->host_count);
}

static void put_nodes(const struct rule_tables *t)
{
    table_begin("struct rule_node", "nodes");
    for (size_t i = 0; i < t->node_count; i++) {
        const struct rule_node *n = &t->nodes[i];
        printf("{0x%" PRIx64 ", %u, %u, %u},\n", n->label, n->base, n->literal, n->shift);
    }
    table_end(t->node_count);
}

static void put_tables(const struct rule_tables *t)
{
    puts("/* Made by tools/rulec.c from share/rules/. */\n#include \"reply/rules.h\"\n");
    put_nodes(t);
    put_bytes("classes", t->classes);
    put_numbers("heads", t->heads, RULE_HEADS);
    put_phrases(t);
    put_rules(t);
    put_conditions(t);
    put_providers(t);
    put_numbers("code_rules", t->code_rules, t->code_rule_count);
    puts("const struct rule_tables rule_tables = {");
#define PUT(name) puts("    ." #name " = " #name ",")
    PUT(nodes), PUT(classes), PUT(heads);
    PUT(literals), PUT(uses), PUT(clauses), PUT(parts), PUT(rules), PUT(codes), PUT(enhanceds);
    PUT(providers), PUT(hosts), PUT(code_rules);
#define COUNT(name) printf("    ." #name " = %zu,\n", t->name)
    COUNT(code_rule_count), COUNT(provider_count), COUNT(rule_count), COUNT(node_count);
    COUNT(literal_count), COUNT(use_count), COUNT(clause_count);
    COUNT(part_count), COUNT(code_count), COUNT(enhanced_count), COUNT(host_count);
    COUNT(longest_literal), COUNT(code_rule_level);
    puts("};");
}

static void put_samples_of(const struct rule_entry *e, enum rule_key key)
{
    struct rule_sample s;
    for (const struct rule_value *v = e->values[key].first; v; v = v->next) {
        if (!rule_sample_parse(v->text, &s))
            continue; /* rules_compile has refused it */
        printf("{%zu, %s, %d, ", e->number, key == KEY_MATCH ? "true" : "false", s.stage);
        table_put_slice(s.remote);
        fputs(", ", stdout);
        table_put_slice(s.text);
        puts("},");
    }
}

static void put_samples(const struct rule_book *b)
{
    puts("/* Made by tools/rulec.c --samples from share/rules/. */");
    for (const struct rule_entry *e = b->rules; e; e = e->next) {
        put_samples_of(e, KEY_MATCH);
        put_samples_of(e, KEY_NOT);
    }
}

/* ---- which codes the samples have ---- */

enum { USES_MAX = 16 * 1024 };

struct uses {
    struct code_use *list;
    size_t count;
};

static int by_order(const void *one, const void *other)
{
    const struct code_use *a = one, *b = other;
    const int differences[] = {a->code - b->code,
                               a->enhanced.class - b->enhanced.class,
                               a->enhanced.subject - b->enhanced.subject,
                               a->enhanced.detail - b->enhanced.detail,
                               a->cause - b->cause,
                               a->provider - b->provider};
    for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++)
        if (differences[i])
            return differences[i];
    return 0;
}

static void take_uses_of(struct uses *u, const struct rule_entry *e, const struct rule *rule,
                         struct arena *arena)
{
    struct rule_sample s;
    struct diagnosis_input in;
    for (const struct rule_value *v = e->values[KEY_MATCH].first; v; v = v->next) {
        if (!rule_sample_parse(v->text, &s))
            continue; /* rules_compile has refused it */
        reply_scan(s.text, arena, &in);
        if ((in.reply.code || in.reply.enhanced.class) && u->count < USES_MAX)
            u->list[u->count++] = (struct code_use){.code = in.reply.code,
                                                    .enhanced = in.reply.enhanced,
                                                    .cause = rule->cause,
                                                    .provider = rule->provider,
                                                    .samples = 1};
    }
}

/* Those that are the same become one. */
static void merge_uses(struct uses *u)
{
    size_t kept = 0;
    qsort(u->list, u->count, sizeof(*u->list), by_order);
    for (size_t i = 0; i < u->count; i++) {
        bool is_same = kept > 0 && by_order(&u->list[kept - 1], &u->list[i]) == 0;
        if (!is_same)
            u->list[kept++] = u->list[i];
        else if (u->list[kept - 1].samples < UINT8_MAX)
            u->list[kept - 1].samples++;
    }
    u->count = kept;
}

static bool put_uses(const struct rule_book *b, const struct rule_tables *t)
{
    struct uses u = {.list = arena_array(b->arena, USES_MAX, sizeof(*u.list))};
    if (!u.list)
        return false;
    for (const struct rule_entry *e = b->rules; e; e = e->next)
        take_uses_of(&u, e, &t->rules[e->number], b->arena);
    merge_uses(&u);
    puts("/* Made by tools/rulec.c --uses from share/rules/. */\n#include \"reply/code_uses.h\"\n\n"
         "const struct code_use code_uses[] = {");
    for (size_t i = 0; i < u.count; i++) {
        const struct code_use *use = &u.list[i];
        printf("{%u, {%u, %u, %u}, %u, %u, %u},\n", use->code, use->enhanced.class,
               use->enhanced.subject, use->enhanced.detail, use->cause, use->provider,
               use->samples);
    }
    printf("};\nconst size_t code_use_count = %zu;\n", u.count);
    return true;
}

static bool compile(struct rule_book *b, char *const *names, int count, struct rule_tables *t_r)
{
    for (int i = 0; i < count; i++) {
        struct slice text;
        if (!table_read_file(b->arena, names[i], &text))
            return false;
        if (!rule_book_read(b, slice_str(names[i]), text))
            break;
    }
    if (!b->error.text[0] && rules_compile(b, t_r))
        return true;
    fprintf(stderr, "%.*s:%zu: %s\n", SLICE_ARG(b->error.file), b->error.line, b->error.text);
    return false;
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
    int first = *wanted ? 2 : 1;
    struct arena arena;
    struct rule_book book;
    struct rule_tables tables;
    arena_init(&arena, &heap, COMPILED_MAX);
    rule_book_init(&book, &arena, true);
    bool good = compile(&book, argv + first, argc - first, &tables);
    if (good && strcmp(wanted, "--samples") == 0)
        put_samples(&book);
    else if (good && strcmp(wanted, "--uses") == 0)
        good = put_uses(&book, &tables);
    else if (good)
        put_tables(&tables);
    arena_reset(&arena);
    return good && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
