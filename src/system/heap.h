/* The process's heap as a struct mem. */
#ifndef CANDOR_SYSTEM_HEAP_H
#define CANDOR_SYSTEM_HEAP_H

#include "base/mem.h"

/* Thread-safe; take returns NULL when memory ends. */
extern const struct mem heap;

#endif
