/* What every unit test includes: cmocka and the headers it wants before it. */
#ifndef CANDOR_TESTS_CHECK_H
#define CANDOR_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"

/* Compares text, showing both on failure. */
#define assert_slice(actual, expected_text)                                                        \
    do {                                                                                           \
        struct slice actual_ = (actual);                                                           \
        struct slice expected_ = slice_str(expected_text);                                         \
        if (!slice_eq(actual_, expected_)) {                                                       \
            print_error("got  «%.*s»\nwant «%.*s»\n", SLICE_ARG(actual_), SLICE_ARG(expected_));   \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#endif
