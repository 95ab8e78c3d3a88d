/* The free-text scanner and the diagnosis: codes come from the text, the text is one line, views
 * stay inside their buffers, and every answer is within its enums. */
#include "reply/scan.h"

#include <stdio.h>

#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

static bool within(struct slice inner, struct slice outer)
{
    return inner.len == 0 || (inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len);
}

static void check_scan(struct slice text, const struct diagnosis_input *in)
{
    char digits[4];
    must(in->reply.code < 1000);
    snprintf(digits, sizeof(digits), "%03u", in->reply.code % 1000U);
    must(in->reply.code == 0 || slice_find_slice(text, slice_of(digits, 3), 0) != SLICE_NONE);
    must(in->reply.text.len <= text.len && within(in->remote, text));
    must(slice_find(in->reply.text, '\n', 0) == SLICE_NONE);
}

static void check_diagnosis(const struct diagnosis_input *in)
{
    struct diagnosis d;
    diagnose(in, &d);
    must(d.cause < CAUSE_COUNT && d.confidence >= 0 && d.confidence <= 1 && d.rule.len > 0);
    must(d.permanence != PERMANENCE_BY_DIGIT);
    must(within(d.details.ip, in->reply.text) && within(d.details.url, in->reply.text));
    must(within(d.details.host, in->reply.text) && within(d.details.domain, in->reply.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct diagnosis_input in;
    struct arena arena;
    arena_init(&arena, &heap, size + 4096);
    reply_scan(text, &arena, &in);
    check_scan(text, &in);
    check_diagnosis(&in);
    arena_reset(&arena);
    return 0;
}
