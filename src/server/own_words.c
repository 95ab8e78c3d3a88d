#include "server/own_words.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "system/file.h"
#include "system/heap.h"

enum { FILE_MOST = 256 * 1024 };

static bool read_file(struct words *w, const char *path, struct arena *arena, struct buf *why)
{
    struct buf bytes;
    struct slice text;
    struct rule_error e = {.line = 0};
    const char *reason = "there is no memory left";
    buf_init(&bytes, &heap, FILE_MOST + 1);
    bool is_read =
        file_read(path, FILE_MOST, &bytes, &reason) && arena_dup(arena, buf_slice(&bytes), &text);
    buf_free(&bytes);
    if (!is_read)
        buf_addf(why, "%s: %s\n", path, reason);
    else if (!words_read(w, slice_str(path), text, &e))
        buf_addf(why, "%s:%zu: %s\n", path, e.line, e.text);
    return is_read && !e.text[0];
}

bool own_words_load(struct words *words_r, struct slice folder, struct arena *arena,
                    struct buf *why)
{
    for (size_t i = 0; i < words_all_count; i++) {
        char path[PATH_MAX];
        struct buf name;
        words_r[i] = words_all[i];
        buf_init_fixed(&name, path, sizeof(path));
        buf_addf(&name, "%.*s/%.*s.notice", SLICE_ARG(folder), SLICE_ARG(words_all[i].language));
        buf_add_char(&name, '\0');
        if (folder.len == 0 || (!name.failed && access(path, F_OK) != 0 && errno == ENOENT))
            continue;
        if (name.failed) {
            buf_addf(why, "%.*s: the path is too long\n", SLICE_ARG(folder));
            return false;
        }
        if (!read_file(&words_r[i], path, arena, why))
            return false;
    }
    return true;
}
