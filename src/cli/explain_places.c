#include "cli/explain_places.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/slice.h"

static bool add(struct explain_places *p, enum explain_place_kind kind, const char *name)
{
    if (p->count == p->size) {
        size_t size = p->size ? 2 * p->size : 64;
        struct explain_place *list = reallocarray(p->list, size, sizeof(*list));
        if (!list)
            return false;
        p->list = list;
        p->size = size;
    }
    char *copy = strdup(name);
    if (!copy)
        return false;
    p->list[p->count++] = (struct explain_place){kind, copy};
    return true;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The word is a file if there is one of that name; a text may look like one. */
static bool add_found(struct explain_places *p, const FTSENT *found)
{
    switch (found->fts_info) {
    case FTS_F:
        p->bytes += (uint64_t)found->fts_statp->st_size;
        return add(p, PLACE_FILE, found->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        fprintf(stderr, "candor explain: %s: %s\n", found->fts_path, strerror(found->fts_errno));
        p->has_unread = true;
        return true;
    default:
        return true;
    }
}

static bool add_folder(struct explain_places *p, char *name)
{
    char *roots[] = {name, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    bool good = tree != NULL;
    errno = 0;
    for (FTSENT *found; good && (found = fts_read(tree));)
        good = add_found(p, found);
    good = good && errno == 0;
    if (tree)
        fts_close(tree);
    return good;
}

/* A word that can only be meant as the name of a file, so that a mistyped one is not explained. */
static bool names_a_file(const char *word)
{
    static const char *const begins[] = {"/", "./", "../", "~/"};
    static const char *const ends[] = {".eml",  ".msg", ".mbox", ".log", ".txt", ".csv",
                                       ".json", ".gz",  ".xz",   ".zst", ".bz2"};
    struct slice name = slice_str(word);
    bool found = false;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        found = found || slice_starts(name, slice_str(begins[i]));
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        found = found || slice_iends(name, slice_str(ends[i]));
    return found && !strpbrk(word, " \t\n<>:");
}

static bool add_word(struct explain_places *p, char *word)
{
    struct stat about;
    if (strcmp(word, "-") == 0) {
        p->is_all_files = false;
        return add(p, PLACE_INPUT, "-");
    }
    bool is_there = stat(word, &about) == 0;
    if (!is_there && (errno == EACCES || names_a_file(word))) {
        fprintf(stderr, "candor explain: %s: %s\n", word, strerror(errno));
        return p->has_unread = true;
    }
    if (!is_there) {
        p->is_all_files = false;
        return add(p, PLACE_TEXT, word);
    }
    if (S_ISDIR(about.st_mode)) {
        p->has_folder = true;
        return add_folder(p, word);
    }
    p->is_all_files = p->is_all_files && S_ISREG(about.st_mode);
    p->bytes += (uint64_t)about.st_size;
    return add(p, PLACE_FILE, word);
}

bool explain_places_find(struct explain_places *p, char *const *words, size_t count)
{
    *p = (struct explain_places){.is_all_files = true};
    for (size_t i = 0; i < count; i++)
        if (!add_word(p, words[i]))
            return false;
    return true;
}

void explain_places_free(struct explain_places *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->list[i].name);
    free(p->list);
}
