/* What a stranger said, on its way into the log: it stays one line, in printable bytes, and in JSON
 * one object with the fields that were given. The input is two values, a NUL between them. */
#include <jansson.h>

#include "base/utf8.h"
#include "system/heap.h"
#include "system/log.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_text(struct slice line)
{
    for (size_t i = 0; i < line.len;) {
        size_t len = utf8_printable(line, i);
        require(len > 0);
        i += len;
    }
}

static void check_json(struct slice line)
{
    json_error_t error;
    json_t *object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    require(json_is_object(object) && json_object_size(object) == 5);
    require(slice_find(line, '\n', 0) == SLICE_NONE);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice second = slice_of((const char *)data, size), first = {"", 0};
    struct buf out;
    (void)slice_split(&second, '\0', &first);
    const struct log_field fields[] = {{"one", first}, {"two", second}};
    buf_init(&out, &heap, 1 << 20);
    log_write_text(&out, "said", fields, 2);
    check_text(buf_slice(&out));
    buf_clear(&out);
    log_write_json(&out, (int64_t)size * 1000003, LOG_LEVEL_INFO, "said", fields, 2);
    check_json(buf_slice(&out));
    buf_free(&out);
    return 0;
}
