/* What the benchmarks share: a clock, medians, and one line per result with its ratio to a named rival of the
 * same run. */
#ifndef DPONE_BENCH_H
#define DPONE_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BENCH_MAXIMUM_RUNS 64

static inline int64_t bench_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int bench_compare(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Sorts `values`. */
static inline double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof(*values), bench_compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* "machine: <model>, <n> CPUs" */
static inline void bench_machine(void) {
    char line[256];
    const char *model = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        colon[strcspn(colon, "\n")] = '\0';
        model = colon + 2;
        break;
    }
    (void)printf("machine: %s, %ld CPUs\n", model, sysconf(_SC_NPROCESSORS_ONLN));
    if (file != NULL)
        fclose(file);
}

static inline void bench_line(const char *name, double ns, double rows, double bytes, const char *rival,
                              double rival_ns) {
    (void)printf("%-34s %8.1f ms %8.1f Mrows/s %7.2f GB/s   %5.2fx %s\n", name, ns / 1e6, rows * 1e3 / ns,
                 bytes / ns, ns / rival_ns, rival);
}

#endif
