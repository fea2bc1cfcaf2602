/* Bytes that grow by doubling; the one place of the generator where a file is read. */
#include "generator/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_FIRST_BYTES = 256, TEXT_READ_BYTES = 16384 };

int32_t dpone_text_memory_error(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory");
}

void dpone_text_clear(struct dpone_text *text) {
    free(text->data);
    *text = (struct dpone_text){0};
}

/* Room for `size` more bytes and the terminator. */
static int32_t text_reserve(struct dpone_text *text, size_t size) {
    if (size >= SIZE_MAX / 2 - text->size) {
        return DPONE_OUT_OF_MEMORY;
    }
    size_t needed = text->size + size + 1, capacity = text->capacity == 0 ? TEXT_FIRST_BYTES : text->capacity;
    if (needed <= text->capacity) {
        return DPONE_OK;
    }
    while (capacity < needed) {
        capacity *= 2;
    }
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    text->data = data;
    text->capacity = capacity;
    return DPONE_OK;
}

int32_t dpone_text_append(struct dpone_text *text, const void *data, size_t size) {
    if (text_reserve(text, size) != DPONE_OK) {
        return DPONE_OUT_OF_MEMORY;
    }
    if (size > 0) {
        memcpy(text->data + text->size, data, size);
    }
    text->size += size;
    text->data[text->size] = '\0';
    return DPONE_OK;
}

int32_t dpone_text_append_format(struct dpone_text *text, const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, format, values);
    int32_t status = size < 0 ? DPONE_OUT_OF_MEMORY : text_reserve(text, (size_t)size);
    if (status == DPONE_OK) {
        (void)vsnprintf(text->data + text->size, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
    va_end(values);
    return status;
}

static int32_t file_error(const char *path, int code, struct dpone_error *error) {
    int32_t status = code == ENOENT || code == ENOTDIR ? DPONE_NOT_FOUND
                     : code == EACCES                  ? DPONE_PERMISSION_DENIED
                                                       : DPONE_IO;
    return dpone_error_set(error, status, "%s: cannot be read: %s", path, strerror(code));
}

static int32_t size_error(const char *path, size_t limit_bytes, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "%s: is larger than the %zu bytes allowed", path,
                           limit_bytes);
}

/* Reads to the end. The first read has room for one byte more than the file seemed to hold, so that it alone
 * finds the end of a file that does not grow; none grows beyond `limit_bytes`. */
static int32_t read_descriptor(struct dpone_text *text, int descriptor, const char *path,
                               size_t seeming_bytes, size_t limit_bytes, struct dpone_error *error) {
    size_t before = text->size, room = seeming_bytes + 1;
    while (text->size - before <= limit_bytes) {
        if (text_reserve(text, room) != DPONE_OK) {
            return dpone_text_memory_error(error);
        }
        ssize_t got = read(descriptor, text->data + text->size, room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_error(path, errno, error);
        }
        text->size += (size_t)got;
        text->data[text->size] = '\0';
        if ((size_t)got < room) {
            return DPONE_OK;
        }
        room = TEXT_READ_BYTES;
    }
    return size_error(path, limit_bytes, error);
}

int32_t dpone_text_append_file(struct dpone_text *text, const char *path, size_t limit_bytes,
                               struct dpone_error *error) {
    struct stat status;
    int32_t result;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return file_error(path, errno, error);
    }
    if (fstat(descriptor, &status) != 0) {
        result = file_error(path, errno, error);
    } else if (!S_ISREG(status.st_mode)) {
        result = dpone_error_set(error, DPONE_IO, "%s: cannot be read: it is not a regular file", path);
    } else if (status.st_size > (off_t)limit_bytes) {
        result = size_error(path, limit_bytes, error);
    } else {
        result = read_descriptor(text, descriptor, path, (size_t)status.st_size, limit_bytes, error);
    }
    (void)close(descriptor);
    return result;
}
