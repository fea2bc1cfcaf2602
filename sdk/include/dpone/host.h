/* What the host lends to a connector: time, randomness, waiting, logging, secrets, a temporary directory.
 *
 * A connector's own code calls no clock, sleep, getenv, exit or signal function and never touches file
 * descriptors 0 to 2: it asks here, so that the certification can inject time and faults, and a scheduler can
 * cancel. The libraries that a connector uses keep their own transport time-outs, set from its options.
 *
 * Lifetime: the struct and its context live until the instance that got it is closed. Threads: every function
 * may be called on any thread, several at once. `context` is passed back as first argument, untouched. No
 * slot is NULL. */
#ifndef DPONE_HOST_H
#define DPONE_HOST_H

#include <dpone/error.h>

DPONE_BEGIN_DECLS

enum dpone_log_level { DPONE_LOG_DEBUG = 0, DPONE_LOG_INFO = 1, DPONE_LOG_WARNING = 2, DPONE_LOG_ERROR = 3 };

/* For dpone_host.wait(): what to wait for, and what happened. */
enum dpone_wait_event { DPONE_WAIT_READABLE = 1, DPONE_WAIT_WRITABLE = 2, DPONE_WAIT_BROKEN = 4 };

/* One file descriptor to wait on. Frozen; arrays of it are plain arrays. */
struct dpone_wait_fd {
    int32_t fd;
    int32_t events;   /* in: sum of DPONE_WAIT_READABLE and DPONE_WAIT_WRITABLE */
    int32_t happened; /* out: those that hold, plus DPONE_WAIT_BROKEN on hang-up or error */
};

struct dpone_host {
    uint32_t struct_size;
    void *context;

    /* Records one message. `level` is enum dpone_log_level; the text is one line without secrets. */
    void (*log)(void *context, int32_t level, struct dpone_string message);

    /* Nanoseconds of a clock that never goes back; its zero means nothing. */
    int64_t (*monotonic_ns)(void *context);

    /* Microseconds since 1970-01-01T00:00:00Z. */
    int64_t (*wall_clock_us)(void *context);

    /* Waits so many milliseconds. DPONE_OK, or DPONE_CANCELLED at once when the host wants to stop. */
    int32_t (*sleep_ms)(void *context, int64_t duration_ms);

    /* Fills `size` bytes with random ones (reproducible from the seed of a certification; never for
     * cryptography). */
    void (*random)(void *context, void *out, size_t size);

    /* Waits until one of `count` descriptors is ready, `timeout_ms` passed (-1: no limit) or the host
     * cancels. DPONE_OK (something happened), DPONE_TIMEOUT, DPONE_CANCELLED, or DPONE_IO. */
    int32_t (*wait)(void *context, struct dpone_wait_fd *fds, size_t count, int64_t timeout_ms);

    /* 1 once the host wants the running call to end soon with DPONE_CANCELLED. Cheap: ask it once per batch
     * or page. */
    int32_t (*is_cancelled)(void *context);

    /* Resolves a secret reference ("env:NAME", "file:PATH") into a buffer of the host, whose release wipes
     * it. DPONE_NOT_FOUND when there is none; the message names the reference, never the value. Use
     * dpone/secret.h. */
    int32_t (*secret)(void *context, struct dpone_string reference, struct dpone_buffer *out,
                      struct dpone_error *error);

    /* A directory of this instance alone, absolute, writable, removed by the host after close. Valid until
     * close. */
    struct dpone_string temporary_directory;
};

DPONE_END_DECLS

#endif
