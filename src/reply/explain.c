#include "reply/diagnosis.h"

bool explain(const struct diagnosis *d, const struct diagnosis_input *in, struct arena *arena,
             struct explanation *e_r)
{
    (void)in;
    (void)arena;
    *e_r = (struct explanation){.summary = slice_str(cause_title(d->cause))};
    return true;
}
