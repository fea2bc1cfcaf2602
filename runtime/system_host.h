/* A struct dpone_host over the real system: clocks, cancellable waits, randomness, secrets, log, temporary
 * directory.
 *
 * One host per connector instance, for its temporary directory is that instance's alone. */
#ifndef DPONE_RUNTIME_SYSTEM_HOST_H
#define DPONE_RUNTIME_SYSTEM_HOST_H

#include <dpone/host.h>

/* A secret may be so long at most, a trailing newline of a file not counted. */
#define DPONE_SECRET_MAXIMUM_BYTES 65536

/* Where a host takes its time from; the real clocks when none is given. Functions may be called on any
 * thread. */
struct dpone_host_time {
    void *context;
    int64_t (*monotonic_ns)(void *context);
    int64_t (*wall_clock_us)(void *context);
    void (*slept)(void *context, int64_t duration_ms); /* lets so much time pass without waiting */
};

/* Everything may be zero. Borrowed until the host is freed, but `temporary_parent`, which is copied. */
struct dpone_system_host_options {
    const struct dpone_host_time *time; /* NULL: real time, and sleeps that really wait */
    int32_t seeded;                     /* 1: random() is a function of `seed` and of the calls before */
    uint64_t seed;
    const char *temporary_parent; /* existing folder; NULL: TMPDIR, or /tmp */
    void *log_context;
    void (*log)(void *context, int32_t level, struct dpone_string message); /* any thread; NULL: dropped */
};

struct dpone_system_host;

/* Makes a host and its temporary directory (mode 0700). DPONE_IO naming the folder, DPONE_OUT_OF_MEMORY. */
int32_t dpone_system_host_new(struct dpone_system_host **out, const struct dpone_system_host_options *options,
                              struct dpone_error *error);

/* Removes the temporary directory with all it holds. After the instance was closed. NULL is harmless. */
void dpone_system_host_free(struct dpone_system_host *host);

/* What connectors get; valid until dpone_system_host_free(). */
const struct dpone_host *dpone_system_host_get(const struct dpone_system_host *host);

/* Ends every wait and sleep, now and later, with DPONE_CANCELLED. Any thread; safe in a signal handler. */
void dpone_system_host_cancel(struct dpone_system_host *host);

#endif
