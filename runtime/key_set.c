/* Counting repeated keys: runs of sorted keys, merged at the end. */
#include "runtime/key_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files.h"

#define MINIMUM_MEMORY_BYTES 65536

struct key {
    uint8_t bytes[DPONE_KEY_BYTES];
};

/* A run on disk and the part of it that is being merged. */
struct run {
    int64_t next_key; /* position in the file of the first key not read yet */
    int64_t end_key;
    struct key *block; /* read so far, within the set's memory */
    size_t count;
    size_t at;
};

struct dpone_key_set {
    const char *directory;
    struct key *keys;
    size_t count;
    size_t capacity;
    int fd; /* -1: nothing spilled yet */
    int64_t spilled_keys;
    struct run *runs;
    size_t run_count;
};

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to look for repeated keys");
}

int32_t dpone_key_set_new(struct dpone_key_set **out, const char *directory, size_t memory_bytes,
                          struct dpone_error *error) {
    size_t bytes = memory_bytes < MINIMUM_MEMORY_BYTES ? MINIMUM_MEMORY_BYTES : memory_bytes;
    struct dpone_key_set *set = calloc(1, sizeof *set);
    *out = NULL;
    if (set == NULL) {
        return out_of_memory(error);
    }
    set->directory = directory;
    set->fd = -1;
    set->capacity = bytes / sizeof(struct key);
    set->keys = malloc(set->capacity * sizeof(struct key));
    if (set->keys == NULL) {
        free(set);
        return out_of_memory(error);
    }
    *out = set;
    return DPONE_OK;
}

void dpone_key_set_free(struct dpone_key_set *set) {
    if (set != NULL) {
        if (set->fd >= 0) {
            close(set->fd);
        }
        free(set->runs);
        free(set->keys);
        free(set);
    }
}

static int compare_keys(const void *left, const void *right) {
    return memcmp(left, right, DPONE_KEY_BYTES);
}

/* The file has no name any more when this returns: nothing can be left behind. */
static int32_t open_spill(struct dpone_key_set *set, struct dpone_error *error) {
    char *path = dpone_format("%s/keys-%p", set->directory, (void *)set);
    if (path == NULL) {
        return out_of_memory(error);
    }
    int32_t status = DPONE_OK;
    set->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (set->fd < 0 || unlink(path) != 0) {
        status = dpone_file_error(error, errno, "make the spill file", path);
    }
    free(path);
    return status;
}

static int32_t write_keys(struct dpone_key_set *set, struct dpone_error *error) {
    const char *data = (const char *)set->keys;
    size_t left = set->count * sizeof(struct key);
    while (left > 0) {
        ssize_t written = write(set->fd, data, left);
        if (written < 0 && errno != EINTR) {
            return dpone_file_error(error, errno, "spill keys into", set->directory);
        }
        if (written > 0) {
            data += written;
            left -= (size_t)written;
        }
    }
    return DPONE_OK;
}

/* Sorts what is in memory and makes it a run. */
static int32_t spill(struct dpone_key_set *set, struct dpone_error *error) {
    struct run *grown = realloc(set->runs, (set->run_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return out_of_memory(error);
    }
    set->runs = grown;
    int32_t status = set->fd < 0 ? open_spill(set, error) : DPONE_OK;
    if (status == DPONE_OK) {
        qsort(set->keys, set->count, sizeof(struct key), compare_keys);
        status = write_keys(set, error);
    }
    if (status == DPONE_OK) {
        int64_t end = set->spilled_keys + (int64_t)set->count;
        set->runs[set->run_count++] = (struct run){.next_key = set->spilled_keys, .end_key = end};
        set->spilled_keys = end;
        set->count = 0;
    }
    return status;
}

int32_t dpone_key_set_add(struct dpone_key_set *set, const uint8_t key[DPONE_KEY_BYTES],
                          struct dpone_error *error) {
    if (set->count == set->capacity) {
        int32_t status = spill(set, error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    memcpy(set->keys[set->count++].bytes, key, DPONE_KEY_BYTES);
    return DPONE_OK;
}

/* Reads the next part of a run; 0 keys at its end. */
static int32_t refill(const struct dpone_key_set *set, struct run *run, size_t block_keys,
                      struct dpone_error *error) {
    int64_t left = run->end_key - run->next_key;
    size_t wanted = (left < (int64_t)block_keys ? (size_t)left : block_keys) * sizeof(struct key);
    size_t got = 0;
    while (got < wanted) {
        off_t offset = (off_t)(run->next_key * (int64_t)sizeof(struct key)) + (off_t)got;
        ssize_t size = pread(set->fd, (char *)run->block + got, wanted - got, offset);
        if (size <= 0 && !(size < 0 && errno == EINTR)) {
            return dpone_file_error(error, size == 0 ? EIO : errno, "read spilled keys from", set->directory);
        }
        got += size > 0 ? (size_t)size : 0;
    }
    run->count = wanted / sizeof(struct key);
    run->next_key += (int64_t)run->count;
    run->at = 0;
    return DPONE_OK;
}

static const struct key *front(const struct run *run) {
    return &run->block[run->at];
}

/* Restores the heap below `at`: the run with the smallest front is heap[0]. */
static void sift_down(struct run **heap, size_t count, size_t at) {
    for (;;) {
        size_t smallest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            if (compare_keys(front(heap[child]), front(heap[smallest])) < 0) {
                smallest = child;
            }
        }
        if (smallest == at) {
            return;
        }
        struct run *moved = heap[at];
        heap[at] = heap[smallest];
        heap[smallest] = moved;
        at = smallest;
    }
}

/* Walks all runs in the order of their keys. */
static int32_t merge(struct dpone_key_set *set, struct run **heap, size_t block_keys, int64_t *repeats,
                     struct dpone_error *error) {
    size_t count = set->run_count;
    struct key last = {{0}};
    int any = 0;
    for (size_t i = count; i-- > 0;) {
        sift_down(heap, count, i);
    }
    while (count > 0) {
        struct run *run = heap[0];
        *repeats += any && compare_keys(&last, front(run)) == 0;
        last = *front(run);
        any = 1;
        run->at++;
        if (run->at == run->count) {
            int32_t status = refill(set, run, block_keys, error);
            if (status != DPONE_OK) {
                return status;
            }
            if (run->count == 0) {
                heap[0] = heap[--count];
            }
        }
        sift_down(heap, count, 0);
    }
    return DPONE_OK;
}

/* The memory of the set becomes the blocks of its runs. */
static int32_t merge_runs(struct dpone_key_set *set, int64_t *repeats, struct dpone_error *error) {
    size_t block_keys = set->capacity / set->run_count;
    struct key *extra = NULL;
    struct key *blocks = set->keys;
    if (block_keys < 64) { /* very many runs: a page each */
        block_keys = 64;
        blocks = extra = malloc(block_keys * set->run_count * sizeof(struct key));
    }
    struct run **heap = malloc(set->run_count * sizeof(struct run *));
    int32_t status = heap == NULL || blocks == NULL ? out_of_memory(error) : DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < set->run_count; i++) {
        heap[i] = &set->runs[i];
        heap[i]->block = blocks + i * block_keys;
        status = refill(set, heap[i], block_keys, error);
    }
    if (status == DPONE_OK) {
        status = merge(set, heap, block_keys, repeats, error);
    }
    free(heap);
    free(extra);
    return status;
}

int32_t dpone_key_set_repeats(struct dpone_key_set *set, int64_t *out, struct dpone_error *error) {
    *out = 0;
    if (set->run_count > 0) {
        int32_t status = set->count > 0 ? spill(set, error) : DPONE_OK;
        return status == DPONE_OK ? merge_runs(set, out, error) : status;
    }
    qsort(set->keys, set->count, sizeof(struct key), compare_keys);
    for (size_t i = 1; i < set->count; i++) {
        *out += compare_keys(&set->keys[i - 1], &set->keys[i]) == 0;
    }
    return DPONE_OK;
}
