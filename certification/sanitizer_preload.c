/* Starting this program again with a sanitizer's runtime. */
#define _GNU_SOURCE
#include "sanitizer_preload.h"

#include "elf_file.h"
#include "path.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAXIMUM 1024

static const char *const runtimes[] = {"libasan.so", "libtsan.so", NULL};

/* Set before the program is started again, so that a runtime that does not help is not tried twice. */
#define TRIED_VARIABLE "DPONE_SANITIZER_PRELOADED"

static const char *needed_runtime(const struct dpone_elf *elf) {
    for (size_t i = 0; i < elf->needed.count; i++) {
        for (size_t k = 0; runtimes[k] != NULL; k++) {
            if (strncmp(elf->needed.items[i], runtimes[k], strlen(runtimes[k])) == 0) {
                return elf->needed.items[i];
            }
        }
    }
    return NULL;
}

static int is_loaded(const char *library) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (handle != NULL) {
        (void)dlclose(handle);
    }
    return handle != NULL;
}

/* The arguments of this process, which live in one block that is never freed: they are about to be used by
 * exec. */
static char **own_arguments(void) {
    static char *arguments[ARGUMENTS_MAXIMUM + 1];
    size_t capacity = (size_t)1 << 20;
    char *block = malloc(capacity);
    int descriptor = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t count = 0;
    while (descriptor >= 0 && block != NULL &&
           (count = read(descriptor, block + size, capacity - size)) > 0) {
        size += (size_t)count;
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    size_t used = 0;
    for (size_t at = 0; at < size && used < ARGUMENTS_MAXIMUM; at += strlen(block + at) + 1) {
        arguments[used++] = block + at;
    }
    arguments[used] = NULL;
    return used == 0 || size == capacity ? NULL : arguments;
}

static void start_again(const char *runtime) {
    const char *before = getenv("LD_PRELOAD");
    char *preload = dpone_format("%s%s%s", runtime, before == NULL ? "" : ":", before == NULL ? "" : before);
    char **arguments = own_arguments();
    if (preload == NULL || arguments == NULL) {
        return;
    }
    (void)setenv("LD_PRELOAD", preload, 1);
    (void)setenv(TRIED_VARIABLE, "1", 1);
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 0); /* the leaks of this program are not the plug-in's */
    (void)execv("/proc/self/exe", arguments);
}

void dpone_sanitizer_preload(const char *plugin) {
    struct dpone_elf elf;
    if (plugin == NULL || getenv(TRIED_VARIABLE) != NULL) {
        return;
    }
    if (dpone_elf_read(&elf, plugin, NULL) == DPONE_OK) {
        const char *runtime = needed_runtime(&elf);
        if (runtime != NULL && !is_loaded(runtime)) {
            start_again(runtime);
        }
    }
    dpone_elf_clear(&elf);
}
