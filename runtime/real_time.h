/* The real clocks. */
#ifndef DPONE_RUNTIME_REAL_TIME_H
#define DPONE_RUNTIME_REAL_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t dpone_real_monotonic_ns(void) {
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t dpone_real_wall_clock_us(void) {
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
