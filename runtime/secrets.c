/* Secret references: `env:NAME` and `file:PATH`. */
#include "runtime/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dpone/secret.h>

#include "runtime/files.h"
#include "runtime/system_host.h"

static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static const char *after_prefix(const char *text, const char *prefix) {
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static const char *environment_name(const char *reference) {
    const char *name = after_prefix(reference, "env:");
    int valid = name != NULL && name[0] != '\0' && name[strspn(name, name_bytes)] == '\0';
    return valid ? name : NULL;
}

static const char *file_path(const char *reference) {
    const char *path = after_prefix(reference, "file:");
    return path != NULL && path[0] != '\0' ? path : NULL;
}

static char *terminated(struct dpone_string text) {
    if (memchr(text.data == NULL ? "" : text.data, '\0', text.size) != NULL) {
        return NULL;
    }
    return dpone_format("%.*s", (int)text.size, text.data == NULL ? "" : text.data);
}

int dpone_secret_reference_valid(struct dpone_string reference) {
    char *text = terminated(reference);
    int valid = text != NULL && (environment_name(text) != NULL || file_path(text) != NULL);
    free(text);
    return valid;
}

static void wipe_and_free(struct dpone_buffer *buffer) {
    dpone_wipe(buffer->private_data, buffer->size);
    free(buffer->private_data);
}

/* Takes over `value`, a block with room for a terminator. */
static void hand_out(struct dpone_buffer *out, char *value, size_t size) {
    value[size] = '\0';
    *out = (struct dpone_buffer){(uint32_t)sizeof *out, (const uint8_t *)value, size, value, wipe_and_free};
}

static int32_t too_long(const char *reference, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "secret %s is longer than %d bytes; shorten it",
                           reference, DPONE_SECRET_MAXIMUM_BYTES);
}

static int32_t resolve_environment(struct dpone_buffer *out, const char *reference, const char *name,
                                   struct dpone_error *error) {
    const char *found = getenv(name);
    if (found == NULL) {
        return dpone_error_set(error, DPONE_NOT_FOUND,
                               "secret %s: the environment variable %s is not set; export it", reference,
                               name);
    }
    size_t size = strlen(found);
    if (size > DPONE_SECRET_MAXIMUM_BYTES) {
        return too_long(reference, error);
    }
    char *value = malloc(size + 1);
    if (value == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for secret %s", reference);
    }
    memcpy(value, found, size);
    hand_out(out, value, size);
    return DPONE_OK;
}

/* Reads up to `capacity` bytes; -1 and errno on failure. */
static ssize_t read_whole(int fd, char *block, size_t capacity) {
    size_t size = 0;
    while (size < capacity) {
        ssize_t got = read(fd, block + size, capacity - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static size_t without_newline(const char *value, size_t size) {
    if (size > 0 && value[size - 1] == '\n') {
        size--;
        if (size > 0 && value[size - 1] == '\r') {
            size--;
        }
    }
    return size;
}

static int32_t resolve_descriptor(struct dpone_buffer *out, const char *reference, int fd,
                                  struct dpone_error *error) {
    struct stat found;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "secret %s is not a regular file; name one",
                               reference);
    }
    size_t capacity = DPONE_SECRET_MAXIMUM_BYTES + 3; /* a line end, and one byte to see that there is more */
    char *value = malloc(capacity + 1);
    if (value == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for secret %s", reference);
    }
    int32_t status = DPONE_OK;
    ssize_t got = read_whole(fd, value, capacity);
    size_t size = got < 0 ? 0 : without_newline(value, (size_t)got);
    if (got < 0) {
        status = dpone_file_error(error, errno, "read secret", reference);
    } else if (size > DPONE_SECRET_MAXIMUM_BYTES) {
        status = too_long(reference, error);
    } else if (memchr(value, '\0', size) != NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "secret %s holds a NUL byte; store text",
                                 reference);
    }
    if (status == DPONE_OK) {
        hand_out(out, value, size);
    } else {
        dpone_wipe(value, capacity);
        free(value);
    }
    return status;
}

static int32_t resolve_file(struct dpone_buffer *out, const char *reference, const char *path,
                            struct dpone_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return dpone_file_error(error, errno, "open secret", reference);
    }
    int32_t status = resolve_descriptor(out, reference, fd, error);
    close(fd);
    return status;
}

int32_t dpone_secret_reference_resolve(struct dpone_buffer *out, struct dpone_string reference,
                                       struct dpone_error *error) {
    char *text = terminated(reference);
    if (text == NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a secret reference holds a NUL byte");
    }
    int32_t status;
    if (environment_name(text) != NULL) {
        status = resolve_environment(out, text, environment_name(text), error);
    } else if (file_path(text) != NULL) {
        status = resolve_file(out, text, file_path(text), error);
    } else {
        /* Not quoted: somebody may have written the secret itself. */
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "a secret reference is neither env:NAME nor file:PATH; write one of these");
    }
    free(text);
    return status;
}
