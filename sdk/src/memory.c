/* The allocation pair itself; alone in its object file, so that a test that defines both replaces it. */
#include "memory.h"

#include <stdlib.h>

void *dpone_memory_allocate(size_t size) {
    void *block = NULL;
    return posix_memalign(&block, DPONE_MEMORY_ALIGNMENT, size == 0 ? 1 : size) == 0 ? block : NULL;
}

void dpone_memory_free(void *block) {
    free(block);
}
