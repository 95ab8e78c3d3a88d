#include "base/err.h"

const char *err_text(enum err_code code)
{
    switch (code) {
#define X(name, text)                                                                              \
    case ERR_##name:                                                                               \
        return text;
        ERR_CODES(X)
#undef X
    }
    return "unknown error";
}
