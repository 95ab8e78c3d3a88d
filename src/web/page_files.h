/* The files of page/, built into the program by tools/embed.py. */
#ifndef CANDOR_WEB_PAGE_FILES_H
#define CANDOR_WEB_PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *path; /* in the URL, `/` for the page itself */
    const char *type; /* Content-Type */
    const unsigned char *bytes;
    size_t len;
};

/* Ended by a row without path. */
extern const struct page_file page_files[];

#endif
