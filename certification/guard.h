/* Runs a function in a process of its own, under limits, and leaves nothing of it behind.
 *
 * Whatever the function does (crash, hang, exit(0), fork and escape, print for ever, eat memory) the caller
 * learns how it ended. The caller must have no other children while it runs, for everything that descends
 * from the function becomes a child of the caller and is killed at the end. */
#ifndef DPONE_CERTIFICATION_GUARD_H
#define DPONE_CERTIFICATION_GUARD_H

#include <dpone/error.h>

/* Of the output, the first and the last so many bytes are kept. */
#define DPONE_GUARD_KEPT_BYTES 16384

struct dpone_guard_limits {
    int64_t time_ms;      /* 0: 60,000 */
    int64_t memory_bytes; /* resident, of the function and all it starts, looked at every 20 ms; 0: 1 GiB */
    int64_t output_bytes; /* stdout and stderr together; 0: 64 MiB */
};

enum dpone_guard_end {
    DPONE_GUARD_RETURNED = 0,  /* the function returned; `code` is what it returned (0..255) */
    DPONE_GUARD_EXITED = 1,    /* exit() was called below it; `code` is its status */
    DPONE_GUARD_SIGNALLED = 2, /* `code` is the signal */
    DPONE_GUARD_TIMED_OUT = 3,
    DPONE_GUARD_TOO_MUCH_MEMORY = 4,
    DPONE_GUARD_TOO_MUCH_OUTPUT = 5,
    DPONE_GUARD_INTERRUPTED = 6 /* the caller got SIGINT or SIGTERM */
};

struct dpone_guard_result {
    int32_t end; /* enum dpone_guard_end */
    int32_t code;
    int32_t survivors; /* processes that were still there after the end, and were killed */
    int64_t duration_us;
    int64_t peak_rss_bytes;
    int64_t output_bytes; /* all of it */
    char *output; /* what was kept, NUL-terminated, with a line in between that says what was left out */
    char *record; /* all that was written to the record descriptor, NUL-terminated */
    size_t record_bytes;
};

/* `record` is a descriptor to write to, for what must survive a crash. */
typedef int (*dpone_guard_function)(void *context, int record);

/* DPONE_OK when the process ran, however it ended; DPONE_IO, DPONE_RESOURCE_EXHAUSTED or DPONE_OUT_OF_MEMORY
 * when it could not be started. Clear `out` in any case. */
int32_t dpone_guard_run(struct dpone_guard_result *out, const struct dpone_guard_limits *limits,
                        dpone_guard_function function, void *context, struct dpone_error *error);
void dpone_guard_result_clear(struct dpone_guard_result *result);

/* How it ended, for people: "was killed by signal 11 (Segmentation fault)". */
void dpone_guard_describe(const struct dpone_guard_result *result, const struct dpone_guard_limits *limits,
                          char *out, size_t out_bytes);

#endif
