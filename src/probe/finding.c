#include "probe/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

/* Of one text; what strangers say is cut before. */
enum { TEXT_MAX = 4096 };

const char *finding_mark_name(enum finding_mark m)
{
    static const char *const names[] = {
#define X(id, name) name,
        FINDING_MARKS(X)
#undef X
    };
    return names[m];
}

__attribute__((format(printf, 2, 0))) static struct slice
printable(struct arena *arena, const char *format, va_list args)
{
    char raw[TEXT_MAX], clean[TEXT_MAX];
    struct buf out;
    struct slice text;
    int len = vsnprintf(raw, sizeof(raw), format, args);
    buf_init_fixed(&out, clean, sizeof(clean));
    utf8_add_harmless(&out, slice_head(slice_of(raw, sizeof(raw) - 1), len > 0 ? (size_t)len : 0));
    return arena_dup(arena, buf_slice(&out), &text) ? text : SLICE("");
}

struct finding *finding_add(struct arena *arena, struct finding *parent, enum finding_mark mark,
                            const char *step, const char *format, ...)
{
    struct finding *f = arena_take(arena, sizeof(*f));
    va_list args;
    if (!f)
        return NULL;
    *f = (struct finding){.arena = arena, .mark = mark, .step = step};
    va_start(args, format);
    f->text = printable(arena, format, args);
    va_end(args);
    finding_append(parent, f);
    return f;
}

void finding_append(struct finding *parent, struct finding *child)
{
    if (!parent || !child)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

void finding_advise(struct finding *f, const char *format, ...)
{
    va_list args;
    if (!f)
        return;
    va_start(args, format);
    f->advice = printable(f->arena, format, args);
    va_end(args);
}

void finding_explain(struct finding *f, const struct diagnosis_input *said)
{
    if (!f)
        return;
    f->said = *said;
    f->has_said = arena_dup(f->arena, said->reply.text, &f->said.reply.text) &&
                  arena_dup(f->arena, said->remote, &f->said.remote);
}

void finding_note(struct finding *f, const char *key, struct slice value)
{
    struct finding_fact *fact = f ? arena_take(f->arena, sizeof(*fact)) : NULL;
    if (!fact || !arena_dup(f->arena, value, &fact->value))
        return;
    fact->key = key;
    if (f->last_fact)
        f->last_fact->next = fact;
    else
        f->facts = fact;
    f->last_fact = fact;
}

void finding_note_number(struct finding *f, const char *key, int64_t value)
{
    char digits[24];
    struct buf out;
    buf_init_fixed(&out, digits, sizeof(digits));
    buf_addf(&out, "%lld", (long long)value);
    finding_note(f, key, buf_slice(&out));
}

void finding_worsen(struct finding *f, enum finding_mark mark)
{
    if (f && mark > f->mark)
        f->mark = mark;
}
