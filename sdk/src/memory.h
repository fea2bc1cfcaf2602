/* The one door to the heap: every allocation of libdpone goes through this pair, so that a test can replace
 * it at link time and make any one of them fail. Internal. */
#ifndef DPONE_SRC_MEMORY_H
#define DPONE_SRC_MEMORY_H

#include <stddef.h>

/* Alignment of every block: what Arrow advises for its buffers. */
#define DPONE_MEMORY_ALIGNMENT 64

/* `size` bytes (0 counts as 1), not initialised, or NULL. Free with dpone_memory_free(). */
void *dpone_memory_allocate(size_t size);

/* NULL is harmless. */
void dpone_memory_free(void *block);

/* count * size zeroed bytes, or NULL, also when the product overflows. */
void *dpone_memory_allocate_zeroed(size_t count, size_t size);

/* A NUL-terminated copy of `size` bytes, or NULL. */
char *dpone_memory_copy_text(const char *data, size_t size);

#endif
