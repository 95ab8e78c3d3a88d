#include "reply/advice.h"
#include "reply/rules_text.h"

enum advice_name advice_name_of(struct slice text)
{
    static const struct slice names[] = {
#define X(id, name) [ADVICE_NAME_##id] = SLICE_INIT(name),
        ADVICE_NAMES(X)
#undef X
    };
    unsigned name = 0;
    while (name < ADVICE_NAME_COUNT && !slice_eq(names[name], text))
        name++;
    return (enum advice_name)name;
}

bool advice_check_names(struct rule_error *e, struct slice file, size_t line, struct slice text)
{
    size_t open = 0;
    while ((open = slice_find(text, '{', open)) != SLICE_NONE) {
        size_t close = slice_find(text, '}', open);
        if (close == SLICE_NONE)
            return rule_error_set(e, file, line, "a { without its }");
        struct slice name = slice_of(text.at + open + 1, close - open - 1);
        if (advice_name_of(name) == ADVICE_NAME_COUNT)
            return rule_error_set(e, file, line,
                                  "{%.*s} is not known; there are blocklist, ip, url, host, "
                                  "domain, remote, limit, size and wait",
                                  SLICE_ARG(slice_head(name, 60)));
        open = close;
    }
    return true;
}
