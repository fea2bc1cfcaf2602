/* What this process holds, to see that it does not grow. */
#ifndef DPONE_CERTIFICATION_PROCESS_MEASURE_H
#define DPONE_CERTIFICATION_PROCESS_MEASURE_H

#include <stdint.h>

struct dpone_process_measure {
    int64_t descriptors; /* open file descriptors */
    int64_t threads;
    int64_t heap_bytes; /* in use, as malloc counts it */
};

/* Now. A count that this system does not give is -1. */
struct dpone_process_measure dpone_process_measure_take(void);

#endif
