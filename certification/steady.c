/* Windows of equal rounds, and what grew in them. */
#include "steady.h"

#include "process_measure.h"

#include <stdio.h>

int dpone_expect_steady(struct dpone_check_run *run, const struct dpone_steady *steady) {
    struct dpone_process_measure before = {0, 0, 0};
    struct dpone_process_measure now = {0, 0, 0};
    const int64_t limit = steady->rounds * steady->bytes_per_round;
    int64_t least_growth = INT64_MAX;
    char expected[128];
    for (int window = 0; window <= DPONE_STEADY_WINDOWS && least_growth >= limit; window++) {
        int64_t heap_bytes = now.heap_bytes;
        for (int i = 0; i < steady->rounds; i++) {
            if (!steady->round(steady->context, window * steady->rounds + i)) {
                return 0;
            }
        }
        now = dpone_process_measure_take();
        if (window == 0) {
            before = now;
        } else if (now.heap_bytes - heap_bytes < least_growth) {
            least_growth = now.heap_bytes - heap_bytes;
        }
    }
    (void)snprintf(expected, sizeof(expected), "less than %lld bytes more a %s, over %d of them",
                   (long long)steady->bytes_per_round, steady->what, steady->rounds);
    int holds = dpone_expect_integer(run, "open file descriptors", before.descriptors, now.descriptors);
    holds &= dpone_expect_integer(run, "threads", before.threads, now.threads);
    holds &= dpone_expect(run, least_growth < limit, "heap in use", expected, "%lld bytes more",
                          (long long)least_growth);
    return holds;
}
