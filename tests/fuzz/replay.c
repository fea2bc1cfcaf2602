/* The main() of a fuzz target in an ordinary build: gives it every file of the folders named as arguments. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole file, and its size; NULL when it cannot be read. The caller frees it. */
static uint8_t *read_file(const char *path, size_t *size) {
    enum { LIMIT_BYTES = 1 << 20 };
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(LIMIT_BYTES);
    *size = 0;
    if (file != NULL && data != NULL) {
        *size = fread(data, 1, LIMIT_BYTES, file);
    }
    if (file == NULL || data == NULL || ferror(file) != 0) {
        free(data);
        data = NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return data;
}

/* The number of inputs replayed, or -1. Each input stands in a block of its own size, so that a sanitizer
 * sees an overrun. */
static long replay(const char *folder) {
    DIR *directory = opendir(folder);
    long count = 0;
    if (directory == NULL) {
        return -1;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && count >= 0; entry = readdir(directory)) {
        char path[4096];
        size_t size = 0;
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        uint8_t *data = read_file(path, &size);
        uint8_t *exact = data == NULL ? NULL : realloc(data, size > 0 ? size : 1);
        if (exact == NULL) {
            free(data);
            count = -1;
        } else {
            (void)LLVMFuzzerTestOneInput(exact, size);
            free(exact);
            count++;
        }
    }
    (void)closedir(directory);
    return count;
}

int main(int argc, char **argv) {
    long total = 0;
    for (int index = 1; index < argc; index++) {
        long count = replay(argv[index]);
        if (count < 0) {
            (void)fprintf(stderr, "replay: %s: %s\n", argv[index], strerror(errno));
            return EXIT_FAILURE;
        }
        total += count;
    }
    (void)printf("replayed %ld inputs\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
