/* JSON of a stranger, beside another reader: where that one takes all of it, both find the same
 * members and texts; whatever it is, what is found lies in it. */
#include <jansson.h>

#include "base/json_read.h"
#include "system/heap.h"

enum { ARENA_MAX = 1 << 22, MOST = 1 << 14 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

/* Names that a path can't say, and those that are written with escapes, are left out. */
static bool is_plain_name(struct slice in, const char *name)
{
    struct slice s = slice_str(name);
    bool is_plain = s.len > 0 && strcspn(name, "\\\".") == s.len && slice_is_ascii(s);
    for (size_t i = 0; i < s.len; i++)
        is_plain = is_plain && (unsigned char)s.at[i] >= ' ';
    return is_plain && slice_find_slice(in, SLICE("\\u"), 0) == SLICE_NONE &&
           slice_find_slice(in, SLICE("\\/"), 0) == SLICE_NONE;
}

static void check_text(struct slice value, const json_t *want, struct arena *arena)
{
    if (!json_is_string(want))
        return;
    struct slice text = json_read_text(value, arena);
    require(slice_eq(text, slice_of(json_string_value(want), json_string_length(want))));
}

static void check_members(struct slice in, json_t *object, struct arena *arena)
{
    const char *name;
    json_t *want;
    json_object_foreach(object, name, want)
    {
        struct slice value;
        if (!is_plain_name(in, name))
            continue;
        require(json_read_member(in, name, &value) && is_within(value, in));
        check_text(value, want, arena);
    }
}

static void check_items(struct slice in, const json_t *array, struct arena *arena)
{
    struct slice rest = in, item;
    size_t count = 0;
    while (json_read_item(&rest, &item)) {
        require(is_within(item, in) && is_within(rest, in));
        if (count < json_array_size(array))
            check_text(item, json_array_get(array, count), arena);
        count++;
    }
    require(!array || count == json_array_size(array));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_trim(slice_of((const char *)data, size)), value;
    struct arena arena;
    json_error_t error;
    if (size > MOST)
        return 0;
    arena_init(&arena, &heap, ARENA_MAX);
    json_t *want = json_loadb(in.at, in.len, JSON_REJECT_DUPLICATES, &error);
    require(!want || json_read_end(in) == in.len);
    if (json_is_object(want))
        check_members(in, want, &arena);
    check_items(in, json_is_array(want) ? want : NULL, &arena);
    if (json_read_member(in, "a.b", &value))
        require(is_within(value, in));
    require(json_read_text(in, &arena).len <= in.len);
    (void)json_read_member_text(in, "mail.source", &arena);
    json_decref(want);
    arena_reset(&arena);
    return 0;
}
