/* Passwords and keys that stand in files of their own. */
#include <sys/stat.h>

#include "base/err.h"
#include "system/config_internal.h"
#include "system/file.h"
#include "system/heap.h"

enum { SECRET_FILE_MAX = 4096, SECRET_MAX = 500 };

/* *why NULL: the file can be read, and has no such line. */
static bool read_secret(struct slice file, struct slice *secret_r, struct arena *arena,
                        const char **why)
{
    struct buf text;
    struct slice rest, line;
    buf_init(&text, &heap, SECRET_FILE_MAX + 8192);
    bool good = file_read(file.at, SECRET_FILE_MAX, &text, why);
    rest = buf_slice(&text);
    if (good && (!slice_line(&rest, &line) || line.len == 0 || line.len > SECRET_MAX)) {
        *why = NULL;
        good = false;
    }
    if (good && !arena_dup(arena, line, secret_r)) {
        *why = err_text(ERR_MEMORY);
        good = false;
    }
    file_forget(&text);
    return good;
}

void config_secret_check_rights(struct slice file, const char *what, struct config_problems *p)
{
    struct stat about;
    if (file.len > 0 && stat(file.at, &about) == 0 && (about.st_mode & S_IROTH))
        config_problem_add(p, file.at, 0, "everybody may read this %s; chmod 600 %s", what,
                           file.at);
}

void config_secret_read(struct slice file, const char *what, struct slice *secret_r,
                        struct arena *arena, struct config_problems *p)
{
    const char *why;
    if (file.len == 0)
        return;
    if (!read_secret(file, secret_r, arena, &why))
        config_problem_add(p, file.at, 0, "this %s can't be read: %s%s%s", what,
                           why ? why : "its first line is to be the ", why ? "" : what,
                           why ? "" : ", of at most 500 bytes");
    else
        config_secret_check_rights(file, what, p);
}
