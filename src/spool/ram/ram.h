/* The engine for tests: keeps everything in memory, completes at once on the caller's thread. */
#ifndef CANDOR_SPOOL_RAM_RAM_H
#define CANDOR_SPOOL_RAM_RAM_H

#include "spool/spool.h"

/* NULL when memory ends. */
struct spool *spool_ram_open(const struct mem *mem);

#endif
