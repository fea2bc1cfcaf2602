/* Time that sleeping skips. */
#include "runtime/virtual_time.h"

#include <pthread.h>
#include <stdlib.h>

#include "runtime/real_time.h"

struct dpone_virtual_time {
    struct dpone_host_time functions;
    pthread_mutex_t lock; /* guards all below */
    int64_t skipped_ms;
    int64_t slept_ms;
    int64_t *sleeps;
    size_t count;
    size_t capacity;
};

static int64_t skipped_ms(struct dpone_virtual_time *time) {
    pthread_mutex_lock(&time->lock);
    int64_t skipped = time->skipped_ms;
    pthread_mutex_unlock(&time->lock);
    return skipped;
}

static int64_t virtual_monotonic_ns(void *context) {
    return dpone_real_monotonic_ns() + skipped_ms(context) * 1000000;
}

static int64_t virtual_wall_clock_us(void *context) {
    return dpone_real_wall_clock_us() + skipped_ms(context) * 1000;
}

/* A sleep that finds no memory still passes; only its entry is missing. */
static void remember(struct dpone_virtual_time *time, int64_t duration_ms) {
    if (time->count == time->capacity) {
        size_t capacity = time->capacity == 0 ? 16 : time->capacity * 2;
        int64_t *grown = realloc(time->sleeps, capacity * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        time->sleeps = grown;
        time->capacity = capacity;
    }
    time->sleeps[time->count++] = duration_ms;
}

static void virtual_slept(void *context, int64_t duration_ms) {
    struct dpone_virtual_time *time = context;
    pthread_mutex_lock(&time->lock);
    time->skipped_ms += duration_ms;
    time->slept_ms += duration_ms;
    remember(time, duration_ms);
    pthread_mutex_unlock(&time->lock);
}

struct dpone_virtual_time *dpone_virtual_time_new(void) {
    struct dpone_virtual_time *time = calloc(1, sizeof *time);
    if (time != NULL && pthread_mutex_init(&time->lock, NULL) != 0) {
        free(time);
        time = NULL;
    }
    if (time != NULL) {
        time->functions =
            (struct dpone_host_time){time, virtual_monotonic_ns, virtual_wall_clock_us, virtual_slept};
    }
    return time;
}

void dpone_virtual_time_free(struct dpone_virtual_time *time) {
    if (time != NULL) {
        pthread_mutex_destroy(&time->lock);
        free(time->sleeps);
        free(time);
    }
}

const struct dpone_host_time *dpone_virtual_time_functions(const struct dpone_virtual_time *time) {
    return &time->functions;
}

void dpone_virtual_time_skip(struct dpone_virtual_time *time, int64_t duration_ms) {
    pthread_mutex_lock(&time->lock);
    time->skipped_ms += duration_ms;
    pthread_mutex_unlock(&time->lock);
}

size_t dpone_virtual_time_sleep_count(struct dpone_virtual_time *time) {
    pthread_mutex_lock(&time->lock);
    size_t count = time->count;
    pthread_mutex_unlock(&time->lock);
    return count;
}

int64_t dpone_virtual_time_sleep_ms(struct dpone_virtual_time *time, size_t index) {
    pthread_mutex_lock(&time->lock);
    int64_t duration_ms = index < time->count ? time->sleeps[index] : -1;
    pthread_mutex_unlock(&time->lock);
    return duration_ms;
}

int64_t dpone_virtual_time_slept_ms(struct dpone_virtual_time *time) {
    pthread_mutex_lock(&time->lock);
    int64_t slept = time->slept_ms;
    pthread_mutex_unlock(&time->lock);
    return slept;
}
