/* Doing the same thing again and again must not make the process grow. */
#ifndef DPONE_CERTIFICATION_STEADY_H
#define DPONE_CERTIFICATION_STEADY_H

#include "check.h"

/* Rounds are done once to warm up, and then in windows, so many at most, until one of them does not grow. A
 * leak grows in each; what an allocator or a library keeps in reserve does not. */
#define DPONE_STEADY_WINDOWS 8

struct dpone_steady {
    int rounds;                              /* of a window */
    int64_t bytes_per_round;                 /* growth that is still none */
    const char *what;                        /* "read", "load": what a round is called in messages */
    int (*round)(void *context, int number); /* 0: an expectation failed, stop */
    void *context;
};

/* Expects as many open descriptors and threads after the windows as before, and a heap that did not grow in
 * the window in which it grew least. */
int dpone_expect_steady(struct dpone_check_run *run, const struct dpone_steady *steady);

#endif
