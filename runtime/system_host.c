/* A struct dpone_host over the real system. */
#include "runtime/system_host.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/private_folder.h"
#include "runtime/real_time.h"
#include "runtime/secrets.h"

#define FOLDER_PREFIX "dpone-host-"

struct dpone_system_host {
    struct dpone_host host;
    struct dpone_system_host_options options;
    struct dpone_private_folder folder;
    int cancel_fd; /* an eventfd, readable for ever once cancelled */
    atomic_int cancelled;
    atomic_uint_least64_t random_state;
};

static void host_log(void *context, int32_t level, struct dpone_string message) {
    struct dpone_system_host *self = context;
    if (self->options.log != NULL) {
        self->options.log(self->options.log_context, level, message);
    }
}

static int64_t host_monotonic_ns(void *context) {
    const struct dpone_host_time *time = ((struct dpone_system_host *)context)->options.time;
    return time == NULL ? dpone_real_monotonic_ns() : time->monotonic_ns(time->context);
}

static int64_t host_wall_clock_us(void *context) {
    const struct dpone_host_time *time = ((struct dpone_system_host *)context)->options.time;
    return time == NULL ? dpone_real_wall_clock_us() : time->wall_clock_us(time->context);
}

static int32_t host_is_cancelled(void *context) {
    return atomic_load(&((struct dpone_system_host *)context)->cancelled);
}

/* poll() takes an int of milliseconds: what is left of a longer wait is asked for again. */
static int poll_ms(int64_t deadline_ns) {
    int64_t left_ms = (deadline_ns - dpone_real_monotonic_ns() + 999999) / 1000000;
    if (left_ms < 0) {
        return 0;
    }
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static int64_t deadline_after(int64_t duration_ms) {
    int64_t now_ns = dpone_real_monotonic_ns();
    return duration_ms > (INT64_MAX - now_ns) / 1000000 ? INT64_MAX : now_ns + duration_ms * 1000000;
}

/* Waits for descriptors; the last one is the cancellation's. Negative `timeout_ms`: no limit. */
static int32_t wait_real(struct dpone_system_host *self, struct pollfd *polled, size_t count,
                         int64_t timeout_ms) {
    int64_t deadline_ns = deadline_after(timeout_ms < 0 ? INT64_MAX : timeout_ms);
    for (;;) {
        int ready = poll(polled, (nfds_t)count, timeout_ms < 0 ? -1 : poll_ms(deadline_ns));
        if (ready < 0 && errno != EINTR) {
            return DPONE_IO;
        }
        if (atomic_load(&self->cancelled)) {
            return DPONE_CANCELLED;
        }
        if (ready > 0) {
            return DPONE_OK;
        }
        if (timeout_ms >= 0 && dpone_real_monotonic_ns() >= deadline_ns) {
            return DPONE_TIMEOUT;
        }
    }
}

static int32_t host_sleep_ms(void *context, int64_t duration_ms) {
    struct dpone_system_host *self = context;
    const struct dpone_host_time *time = self->options.time;
    if (atomic_load(&self->cancelled)) {
        return DPONE_CANCELLED;
    }
    if (duration_ms <= 0) {
        return DPONE_OK;
    }
    if (time != NULL) {
        time->slept(time->context, duration_ms);
        return DPONE_OK;
    }
    struct pollfd polled = {self->cancel_fd, POLLIN, 0};
    int32_t status = wait_real(self, &polled, 1, duration_ms);
    return status == DPONE_TIMEOUT ? DPONE_OK : status;
}

static short poll_events(int32_t events) {
    int sum = (events & DPONE_WAIT_READABLE ? POLLIN : 0) | (events & DPONE_WAIT_WRITABLE ? POLLOUT : 0);
    return (short)sum;
}

static int32_t wait_events(short events) {
    return (events & POLLIN ? DPONE_WAIT_READABLE : 0) | (events & POLLOUT ? DPONE_WAIT_WRITABLE : 0) |
           (events & (POLLHUP | POLLERR | POLLNVAL) ? DPONE_WAIT_BROKEN : 0);
}

static int32_t host_wait(void *context, struct dpone_wait_fd *fds, size_t count, int64_t timeout_ms) {
    struct dpone_system_host *self = context;
    if (count == 0 && timeout_ms >= 0) {
        int32_t slept = host_sleep_ms(context, timeout_ms);
        return slept == DPONE_OK ? DPONE_TIMEOUT : slept;
    }
    struct pollfd *polled = calloc(count + 1, sizeof *polled);
    if (polled == NULL) {
        return DPONE_IO;
    }
    for (size_t i = 0; i < count; i++) {
        fds[i].happened = 0;
        polled[i] = (struct pollfd){fds[i].fd, poll_events(fds[i].events), 0};
    }
    polled[count] = (struct pollfd){self->cancel_fd, POLLIN, 0};
    int32_t status = wait_real(self, polled, count + 1, timeout_ms);
    for (size_t i = 0; i < count; i++) {
        fds[i].happened = wait_events(polled[i].revents);
    }
    free(polled);
    return status;
}

/* SplitMix64 (Steele, Lea and Flood): its state only counts up, so one atomic addition makes it safe on any
 * thread. */
static uint64_t random_next(struct dpone_system_host *self) {
    uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t value = atomic_fetch_add(&self->random_state, step) + step;
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void host_random(void *context, void *out, size_t size) {
    uint8_t *at = out;
    while (size > 0) {
        uint64_t value = random_next(context);
        size_t part = size < sizeof value ? size : sizeof value;
        memcpy(at, &value, part);
        at += part;
        size -= part;
    }
}

static int32_t host_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                           struct dpone_error *error) {
    (void)context;
    return dpone_secret_reference_resolve(out, reference, error);
}

static uint64_t first_state(const struct dpone_system_host_options *options) {
    uint64_t state = options->seed;
    if (!options->seeded && getrandom(&state, sizeof state, 0) != (ssize_t)sizeof state) {
        state = (uint64_t)dpone_real_monotonic_ns();
    }
    return state;
}

static void fill(struct dpone_system_host *self) {
    self->host = (struct dpone_host){
        .struct_size = (uint32_t)sizeof self->host,
        .context = self,
        .log = host_log,
        .monotonic_ns = host_monotonic_ns,
        .wall_clock_us = host_wall_clock_us,
        .sleep_ms = host_sleep_ms,
        .random = host_random,
        .wait = host_wait,
        .is_cancelled = host_is_cancelled,
        .secret = host_secret,
        .temporary_directory = dpone_string_of(self->folder.path),
    };
}

int32_t dpone_system_host_new(struct dpone_system_host **out, const struct dpone_system_host_options *options,
                              struct dpone_error *error) {
    *out = NULL;
    struct dpone_system_host *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a host");
    }
    self->options = *options;
    self->options.temporary_parent = NULL;
    atomic_init(&self->random_state, first_state(options));
    self->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->cancel_fd < 0) {
        int32_t status = dpone_file_error(error, errno, "open", "an event descriptor");
        free(self);
        return status;
    }
    if (options->temporary_parent == NULL) {
        dpone_private_folder_sweep(FOLDER_PREFIX);
    }
    int32_t status =
        dpone_private_folder_make(&self->folder, options->temporary_parent, FOLDER_PREFIX, error);
    if (status != DPONE_OK) {
        close(self->cancel_fd);
        free(self);
        return status;
    }
    fill(self);
    *out = self;
    return DPONE_OK;
}

void dpone_system_host_free(struct dpone_system_host *host) {
    if (host != NULL) {
        dpone_private_folder_remove(&host->folder);
        close(host->cancel_fd);
        free(host);
    }
}

const struct dpone_host *dpone_system_host_get(const struct dpone_system_host *host) {
    return &host->host;
}

void dpone_system_host_cancel(struct dpone_system_host *host) {
    int kept = errno;
    uint64_t one = 1;
    atomic_store(&host->cancelled, 1);
    ssize_t ignored = write(host->cancel_fd, &one, sizeof one); /* full: readable already */
    (void)ignored;
    errno = kept;
}
