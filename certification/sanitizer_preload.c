/* Starting this program again with a sanitizer's runtime. */
#define _GNU_SOURCE
#include "sanitizer_preload.h"

#include "elf_file.h"
#include "path.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAXIMUM 1024

static const char *const runtimes[] = {"libasan.so",       "libtsan.so",        "liblsan.so",
                                       "libclang_rt.asan", "libclang_rt.ubsan", NULL};

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

/* The arguments of this process, each on the heap, and NULL behind the last. */
static size_t own_arguments(char *arguments[ARGUMENTS_MAXIMUM + 1]) {
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t count = 0;
    size_t capacity = 0;
    arguments[0] = NULL;
    while (file != NULL && count < ARGUMENTS_MAXIMUM &&
           getdelim(&arguments[count], &capacity, '\0', file) > 0) {
        arguments[++count] = NULL;
        capacity = 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(arguments[count]); /* made also where there is nothing more to read */
    arguments[count] = NULL;
    return count;
}

/* Returns only when that fails. */
static void start_again(const char *runtime) {
    const char *before = getenv("LD_PRELOAD");
    char *preload = dpone_format("%s%s%s", runtime, before == NULL ? "" : ":", before == NULL ? "" : before);
    char *arguments[ARGUMENTS_MAXIMUM + 1];
    size_t count = own_arguments(arguments);
    if (preload != NULL && count > 0 && count < ARGUMENTS_MAXIMUM) {
        (void)setenv("LD_PRELOAD", preload, 1);
        (void)setenv(TRIED_VARIABLE, "1", 1);
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 0); /* this program's leaks are not the plug-in's */
        (void)execv("/proc/self/exe", arguments);
    }
    while (count > 0) {
        free(arguments[--count]);
    }
    free(preload);
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
