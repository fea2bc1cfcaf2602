/* What this process holds, to see that it does not grow. */
#define _GNU_SOURCE
#include "process_measure.h"

#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Entries of a folder but for . and .., less `own`, which looking opens itself. */
static int64_t count_entries(const char *path, int64_t own) {
    int64_t count = -2 - own;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

/* Of the sanitizers' common interface (sanitizer/allocator_interface.h); NULL without one. */
static size_t (*sanitizer_allocated_bytes(void))(void) {
    union {
        void *object;
        size_t (*function)(void);
    } symbol = {.object = dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes")};
    return symbol.function;
}

static int64_t heap_bytes(void) {
    size_t (*allocated)(void) = sanitizer_allocated_bytes();
    return (int64_t)(allocated != NULL ? allocated() : mallinfo2().uordblks);
}

int dpone_process_keeps_freed_memory(void) {
    const char *preload = getenv("LD_PRELOAD");
    return sanitizer_allocated_bytes() != NULL || (preload != NULL && strstr(preload, "vgpreload") != NULL);
}

struct dpone_process_measure dpone_process_measure_take(void) {
    return (struct dpone_process_measure){.descriptors = count_entries("/proc/self/fd", 1),
                                          .threads = count_entries("/proc/self/task", 0),
                                          .heap_bytes = heap_bytes()};
}
