#include "system/config_internal.h"

#include <stdio.h>

#include "system/heap.h"

/* More than a person will read; a hostile file gets no more memory than that. */
enum { PROBLEMS_MAX = 100, PROBLEM_BYTES = 600, PROBLEMS_MEMORY = 256 * 1024 };

void config_problems_init(struct config_problems *p)
{
    *p = (struct config_problems){0};
    arena_init(&p->arena, &heap, PROBLEMS_MEMORY);
}

void config_problems_free(struct config_problems *p)
{
    arena_reset(&p->arena);
    *p = (struct config_problems){0};
}

static bool is_there(const struct config_problems *p, const struct config_problem *problem)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].line == problem->line && slice_eq(p->at[i].text, problem->text))
            return true;
    return false;
}

/* In the order of the file, although values are looked at later than the structure. */
static void insert(struct config_problems *p, struct config_problem problem)
{
    size_t at = p->count++;
    while (at > 0 && slice_eq(p->at[at - 1].file, problem.file) &&
           p->at[at - 1].line > problem.line) {
        p->at[at] = p->at[at - 1];
        at--;
    }
    p->at[at] = problem;
}

static bool make_room(struct config_problems *p)
{
    if (!p->at)
        p->at = arena_array(&p->arena, PROBLEMS_MAX, sizeof(*p->at));
    return p->at && p->count < PROBLEMS_MAX;
}

/* What the file holds is shown on a terminal: control characters must not get there. */
static void make_harmless(struct buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->at[i] < ' ' || text->at[i] == 0x7f)
            text->at[i] = '?';
}

void config_problem_add(struct config_problems *p, const char *file, unsigned line,
                        const char *format, ...)
{
    char storage[PROBLEM_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(storage, sizeof(storage), format, args);
    va_end(args);
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    text.len = len < 0 ? 0 : (size_t)len < sizeof(storage) ? (size_t)len : sizeof(storage) - 1;
    make_harmless(&text);

    struct config_problem problem = {.line = line, .text = buf_slice(&text)};
    if (is_there(p, &problem) || !make_room(p) ||
        !arena_dup(&p->arena, slice_str(file), &problem.file) ||
        !arena_dup(&p->arena, buf_slice(&text), &problem.text))
        return;
    insert(p, problem);
}

void config_problems_write(const struct config_problems *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct config_problem *problem = &p->at[i];
        buf_add(out, problem->file);
        if (problem->line)
            buf_addf(out, ":%u", problem->line);
        buf_add_str(out, ": ");
        buf_add(out, problem->text);
        buf_add_char(out, '\n');
    }
    if (p->count == PROBLEMS_MAX)
        buf_add_str(out, "there may be more: these are the first 100\n");
}
