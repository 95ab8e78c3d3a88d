/* The table of all sections and keys, for those who walk it: the parser, the writer of the
 * defaults, the manual page. */
#ifndef CANDOR_SYSTEM_CONFIG_SCHEMA_H
#define CANDOR_SYSTEM_CONFIG_SCHEMA_H

#include "base/conf_item.h"

enum conf_title { TITLE_NONE, TITLE_LABEL, TITLE_DOMAIN };

struct conf_section {
    const char *name; /* NULL: the keys outside of any section */
    enum conf_title title;
    size_t size;        /* of the struct that an instance fills; 0: it is part of struct config */
    size_t list, count; /* titled: offsets in struct config of the array's pointer and its length */
    size_t title_field; /* titled: offset of the struct slice for the title */
    const struct conf_item *items;
    size_t item_count;
    bool reloads; /* a reload changes all of it */
    const char *example_title;
    const char *help;
};

/* Ended by `items` NULL; the first has no name. */
extern const struct conf_section config_schema[];

/* NULL when there is none. */
const struct conf_item *conf_section_item(const struct conf_section *section, struct slice name);

#endif
