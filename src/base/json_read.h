/* Finds values in JSON (RFC 8259) that a stranger wrote, without building a tree: a value is a view
 * of the text. Takes what is cut off, as far as it goes; depth costs nothing. */
#ifndef CANDOR_BASE_JSON_READ_H
#define CANDOR_BASE_JSON_READ_H

#include "base/arena.h"

/* The length of the value that `text` begins with, or SLICE_NONE when its end is not there. */
size_t json_read_end(struct slice text);

/* The value of a member of the object that `object` begins with; dots in `path` lead into objects
 * within: `mail.source`. Views of the text: a string has its quotes. False when it is not there. */
MUST_CHECK bool json_read_member(struct slice object, const char *path, struct slice *value_r);

/* Takes the next item off an array: *rest_r begins with the array, then with what is left of it. */
MUST_CHECK bool json_read_item(struct slice *rest_r, struct slice *item_r);

/* What a string says, escapes resolved (half a surrogate pair is U+FFFD), else the text of a
 * number. Empty for anything else, and without room in the arena. */
struct slice json_read_text(struct slice value, struct arena *arena);

/* Both in one: the text of a member, or the empty slice. */
struct slice json_read_member_text(struct slice object, const char *path, struct arena *arena);

#endif
