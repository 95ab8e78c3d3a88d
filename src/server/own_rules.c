#include "server/own_rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "reply/rules_check.h"
#include "system/file.h"
#include "system/heap.h"

enum {
    RULES_FILE_MAX = 4 * 1024 * 1024,
    RULES_ARENA_MAX = 64 * 1024 * 1024,
    SCRATCH_MAX = 64 * 1024,
    PATH_BYTES = 4096,
};

void own_rules_init(struct own_rules *r)
{
    *r = (struct own_rules){.own = NULL};
    arena_init(&r->arena, &heap, RULES_ARENA_MAX);
}

void own_rules_free(struct own_rules *r)
{
    arena_reset(&r->arena);
}

bool own_rules_add(struct own_rules *r, const char *file)
{
    if (r->count == RULES_FILES_MAX)
        return false;
    r->files[r->count++] = file;
    return true;
}

static bool read_book(struct own_rules *r, struct rule_book *b, const char *path, struct buf *why)
{
    static const struct hash_key key = {1,
                                        2}; /* they are the operator's: nobody makes them collide */
    struct buf bytes;
    struct slice text, name;
    const char *reason = "there is no memory left";
    buf_init(&bytes, &heap, RULES_FILE_MAX);
    bool good = file_read(path, RULES_FILE_MAX - 1, &bytes, &reason) &&
                arena_dup(&r->arena, buf_slice(&bytes), &text) &&
                arena_dup(&r->arena, slice_str(path), &name);
    buf_free(&bytes);
    if (!good) {
        buf_addf(why, "%s: %s\n", path, reason);
        return false;
    }
    r->sum = r->sum * 31 + (hash_slice(&key, name) ^ (hash_slice(&key, text) << 1));
    return rule_book_read(b, name, text);
}

static int is_rules_file(const struct dirent *entry)
{
    struct slice name = slice_str(entry->d_name);
    return name.at[0] != '.' && slice_iends(name, SLICE(".rules"));
}

static bool read_entry(struct own_rules *r, struct rule_book *b, const char *folder,
                       const char *name, struct buf *why)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        buf_addf(why, "%s: the path is too long\n", name);
        return false;
    }
    return read_book(r, b, path, why);
}

/* In the order of their names. No folder, no rules. */
static bool read_folder(struct own_rules *r, struct rule_book *b, const char *folder,
                        struct buf *why)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_rules_file, alphasort);
    if (count < 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (count < 0) {
        buf_addf(why, "%s: %s%s\n", folder, strerror(errno),
                 errno == EACCES ? "; who runs this (the setting user) has to be able to read it"
                                 : "");
        return false;
    }
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = good && read_entry(r, b, folder, entries[i]->d_name, why);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool compile(struct own_rules *r, struct rule_book *b)
{
    struct arena scratch;
    if (!b->rules && !b->providers && !b->stages.first && !b->advice)
        return true;
    arena_init(&scratch, &heap, SCRATCH_MAX);
    bool good = rules_compile(b, &r->tables) && rules_check_samples(b, &r->tables, &scratch);
    arena_reset(&scratch);
    r->own = good ? &r->tables : NULL;
    return good;
}

bool own_rules_load(struct own_rules *r, struct slice folder, struct buf *why)
{
    struct rule_book book;
    const char *named = getenv("CANDOR_RULES");
    char path[PATH_BYTES];
    bool good = named || slice_cstr(folder, path, sizeof(path));
    rule_book_init(&book, &r->arena, false);
    /* Of two rules that are worth the same the first one wins: what the command line names. */
    for (size_t i = 0; i < r->count && good; i++)
        good = read_book(r, &book, r->files[i], why);
    good = good && read_folder(r, &book, named ? named : path, why) && compile(r, &book);
    if (book.error.text[0])
        buf_addf(why, "%.*s:%zu: %s\n", SLICE_ARG(book.error.file), book.error.line,
                 book.error.text);
    return good;
}
