/* What this process holds, to see that it does not grow. */
#ifndef DPONE_CERTIFICATION_PROCESS_MEASURE_H
#define DPONE_CERTIFICATION_PROCESS_MEASURE_H

#include <stdint.h>

struct dpone_process_measure {
    int64_t descriptors; /* open file descriptors */
    int64_t threads;
    int64_t heap_bytes; /* in use, as malloc counts it, or the sanitizer that took its place */
};

/* Now. A count that this system does not give is -1. */
struct dpone_process_measure dpone_process_measure_take(void);

/* 1 when a sanitizer's or valgrind's allocator is at work, which keeps freed memory: then resident memory
 * says nothing. */
int dpone_process_keeps_freed_memory(void);

#endif
