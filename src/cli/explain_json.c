#include "cli/explain_decide.h"

void explain_write_json(struct buf *out, const struct explained *x, const struct decision *decision)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    explained_put_json(&j, x);
    if (decision)
        explain_decide_put_json(&j, decision);
    json_end_object(&j);
    buf_add_char(out, '\n');
}
