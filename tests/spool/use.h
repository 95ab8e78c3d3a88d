/* A spool used from one thread that waits for every answer, and folders to put one in. */
#ifndef CANDOR_TESTS_SPOOL_USE_H
#define CANDOR_TESTS_SPOOL_USE_H

#include "spool/log/log.h"

struct put {
    enum err_code result;
    spool_id id;
    struct spool_content *content; /* the caller's to drop */
};

/* Puts a message of `size` bytes, which follow from `seed`, written in uneven pieces. */
struct put use_put(struct spool *s, uint64_t seed, size_t size, struct slice envelope);
/* The same, only handed in: use_wait gives the answer. */
struct pending;
struct pending *use_start(struct spool *s, uint64_t seed, size_t size, struct slice envelope);
struct put use_wait(struct pending *p);
/* Fills `to` with what such a message holds from `offset` on. */
void use_fill(uint64_t seed, uint64_t offset, char *to, size_t size);

enum err_code use_state(struct spool *s, spool_id id, struct slice state);
enum err_code use_end(struct spool *s, spool_id id);

/* What a message turned out to be: ERR_OK only if every byte is as it was put. */
enum err_code use_check_content(struct spool *s, struct spool_content *c, uint64_t seed,
                                size_t size);
enum err_code use_check(struct spool *s, spool_id id, uint64_t seed, size_t size);

/* A new empty folder; remove it with all that is in it. */
void use_folder(char out[64]);
void use_remove_folder(const char *path);
/* Those whose names end so. */
void use_remove_files(const char *path, const char *ending);
void use_copy_folder(const char *from, const char *to);

#endif
