/* A log in a folder of its own that can be closed, opened again, and made to fail. */
#ifndef CANDOR_TESTS_SPOOL_LOGS_H
#define CANDOR_TESTS_SPOOL_LOGS_H

#include "spool/use.h"

struct damage {
    size_t count;
    char file[64];
    uint64_t offset;
};

struct logs {
    char path[64];
    struct damage damage;
    struct fault fault;
    struct spool_log_options options; /* segments of 64 KiB, no reserve, no memory */
    struct spool *spool;
};

/* For cmocka: *state is a struct logs whose spool is open; it need not be any more at the end. */
int logs_set_up(void **state);
int logs_tear_down(void **state);
void logs_open(struct logs *f, const char *path);
void logs_close(struct logs *f);
/* Where it was opened last. */
void logs_reopen(struct logs *f);
/* Puts a message with the envelope "envelope"; its content is dropped. */
struct put logs_put(struct logs *f, uint64_t seed, size_t size);
size_t logs_count_live(struct logs *f);

#define LOGS_TEST(name) cmocka_unit_test_setup_teardown(name, logs_set_up, logs_tear_down)

#endif
