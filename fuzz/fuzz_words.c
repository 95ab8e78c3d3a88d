/* An operator's file of words, and a sender's list of languages: `list` NUL `file`. What was taken
 * can be said with any values. */
#include "reply/words.h"
#include "system/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice file = slice_of((const char *)data, size), list = {"", 0};
    struct words w = words_all[size % words_all_count];
    struct rule_error e = {.line = 0};
    struct buf out;
    if (size > 65536)
        return 0;
    (void)slice_split(&file, '\0', &list);
    (void)words_choose(words_all, words_all_count, list);
    if (words_read(&w, SLICE("file"), file, &e) != (e.text[0] == '\0'))
        __builtin_trap();
    buf_init(&out, &heap, 1 << 20);
    for (size_t i = 0; i < WORD_COUNT; i++)
        words_write(&out, w.text[i], &(struct word_value){"who", list}, 1);
    buf_free(&out);
    return 0;
}
