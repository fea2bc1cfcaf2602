/* A private folder for one test, with files in it; gone at the end. */
#ifndef DPONE_TEST_SCRATCH_H
#define DPONE_TEST_SCRATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/folder.h"

enum { SCRATCH_BYTES = 512 };

struct scratch {
    char path[SCRATCH_BYTES];
};

static inline void scratch_make(struct scratch *scratch) {
    char folder[SCRATCH_BYTES - 32]; /* without links, which a root may not have */
    const char *temporary = getenv("TMPDIR");
    assert_int_equal(chdir(temporary == NULL ? "/tmp" : temporary), 0);
    assert_non_null(getcwd(folder, sizeof(folder)));
    (void)snprintf(scratch->path, sizeof(scratch->path), "%s/dpone-test-XXXXXX", folder);
    assert_non_null(mkdtemp(scratch->path));
}

/* "<scratch>/<name>" in a buffer of the caller. */
static inline const char *scratch_path(char out[2 * SCRATCH_BYTES], const struct scratch *scratch,
                                       const char *name) {
    (void)snprintf(out, 2 * SCRATCH_BYTES, "%s/%s", scratch->path, name);
    return out;
}

/* Writes a file, making the folders of its name. */
static inline void scratch_write(const struct scratch *scratch, const char *name, const char *content) {
    char path[2 * SCRATCH_BYTES];
    (void)scratch_path(path, scratch, name);
    for (char *slash = path + strlen(scratch->path) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void scratch_remove(const struct scratch *scratch) {
    size_t failed;
    int folder = dpone_folder_open(scratch->path, 0, &failed);
    assert_true(folder >= 0);
    assert_int_equal(dpone_folder_remove_entries(folder), 0);
    (void)close(folder);
    assert_int_equal(rmdir(scratch->path), 0);
}

#endif
