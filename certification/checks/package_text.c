/* Reading the texts of a package line by line. */
#include "package_text.h"

#include "../path.h"
#include "../subject.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAXIMUM ((size_t)8 << 20)

char *dpone_package_text(struct dpone_check_run *run, const char *relative) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char *path = dpone_package_path(run->subject->package, relative);
    char *text = NULL;
    size_t size = 0;
    int32_t status = path == NULL ? dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory")
                                  : dpone_path_read(&text, &size, path, TEXT_BYTES_MAXIMUM, &error);
    dpone_expect(run, status == DPONE_OK, relative, "a file that can be read", "%s", error.message);
    free(path);
    return text;
}

static int ends_with_any(const char *path, const char *const *endings) {
    for (; *endings != NULL; endings++) {
        size_t size = strlen(*endings);
        if (strlen(path) >= size && strcmp(path + strlen(path) - size, *endings) == 0) {
            return 1;
        }
    }
    return 0;
}

void dpone_package_visit(struct dpone_check_run *run, const char *folder, const char *const *endings,
                         void (*visit)(struct dpone_check_run *run, const char *relative, void *context),
                         void *context) {
    const char *const inputs[] = {folder, NULL};
    struct dpone_file_digests files = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_package_digests(&files, run->subject->package->directory, inputs, run->artifact_directory,
                              &error) != DPONE_OK) {
        dpone_expect(run, 0, folder, "a folder that can be read", "%s", error.message);
    }
    for (size_t i = 0; i < files.count; i++) {
        if (ends_with_any(files.items[i].path, endings)) {
            visit(run, files.items[i].path, context);
        }
    }
    dpone_file_digests_clear(&files);
}

int dpone_package_line(const char **at, const char **start, size_t *size, int *line) {
    if (**at == '\0') {
        return 0;
    }
    *start = *at;
    *size = strcspn(*at, "\n");
    *at += *size + ((*at)[*size] == '\n');
    ++*line;
    return 1;
}
