/* Where the words of the command line point: texts, files, standard input, and all files below
 * folders. */
#ifndef CANDOR_CLI_EXPLAIN_PLACES_H
#define CANDOR_CLI_EXPLAIN_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explain_place_kind { PLACE_TEXT, PLACE_INPUT, PLACE_FILE };

struct explain_place {
    enum explain_place_kind kind;
    char *name; /* or the text */
};

struct explain_places {
    struct explain_place *list;
    size_t count, size;
    uint64_t bytes;    /* of the files; packed ones as they lie there */
    bool has_folder;   /* one of the words was one */
    bool has_unread;   /* something could not be looked into; it was said */
    bool is_all_files; /* `bytes` is all that there is to read */
};

/* Files below a folder in the order of their names; links in it are not followed, so there is no
 * circle. False without memory. */
bool explain_places_find(struct explain_places *p, char *const *words, size_t count);
void explain_places_free(struct explain_places *p);

#endif
