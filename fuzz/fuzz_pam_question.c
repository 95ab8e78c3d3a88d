/* What the process with PAM's modules is asked by one that may be an intruder's: three strings that
 * end where the question does, or none of our questions. */
#include "system/pam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct pam_question q;
    if (!pam_question_read(text, &q)) {
        if (size && data[size - 1] == '\0' && slice_count(text, '\0') == 3)
            __builtin_trap();
        return 0;
    }
    if (strlen(q.name) + strlen(q.password) + strlen(q.client) + 3 != size || q.name != text.at)
        __builtin_trap();
    return 0;
}
