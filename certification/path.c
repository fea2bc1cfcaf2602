/* Looking at paths and reading whole files. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int dpone_path_is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Reads up to `capacity` bytes; less means the end. */
static int read_all(int descriptor, char *data, size_t capacity, size_t *size) {
    *size = 0;
    while (*size < capacity) {
        ssize_t count = read(descriptor, data + *size, capacity - *size);
        if (count < 0 && errno != EINTR) {
            return 0;
        }
        if (count == 0) {
            break;
        }
        *size += count > 0 ? (size_t)count : 0;
    }
    return 1;
}

/* Reads at most the size that the file had when it was opened: what is appended meanwhile is not ours. */
static int32_t read_open_file(char **out, size_t *size, int descriptor, const char *path, size_t limit,
                              struct dpone_error *error) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return dpone_file_error(error, errno, "read", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return dpone_error_set(error, DPONE_IO, "cannot read %s: it is no regular file", path);
    }
    if ((uint64_t)status.st_size > limit) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "cannot read %s: it is larger than %zu bytes",
                               path, limit);
    }
    char *data = malloc((size_t)status.st_size + 1);
    if (data == NULL) {
        return dpone_file_error(error, ENOMEM, "read", path);
    }
    if (!read_all(descriptor, data, (size_t)status.st_size, size)) {
        int reason = errno;
        free(data);
        return dpone_file_error(error, reason, "read", path);
    }
    data[*size] = '\0';
    *out = data;
    return DPONE_OK;
}

int32_t dpone_path_read(char **out, size_t *size, const char *path, size_t limit, struct dpone_error *error) {
    *out = NULL;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return dpone_file_error(error, errno, "read", path);
    }
    int32_t status = read_open_file(out, size, descriptor, path, limit, error);
    close(descriptor);
    return status;
}
