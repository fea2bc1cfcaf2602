/* Reading a file with every way it can refuse, and finding lines and columns again: see source.h. */
#include "manifest/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest/utf8.h"

static int32_t status_of_errno(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return DPONE_NOT_FOUND;
    case EACCES:
    case EPERM:
        return DPONE_PERMISSION_DENIED;
    default:
        return DPONE_IO;
    }
}

/* A problem of the file as a whole: it has no line. */
static int refuse(struct dpone_diagnostics *diagnostics, int32_t status, const char *what) {
    struct dpone_diagnostic problem = {.severity = DPONE_SEVERITY_ERROR, .status = status, .keyword = "file"};
    dpone_diagnostics_add(diagnostics, &problem, "%s", what);
    return 0;
}

static int refuse_errno(struct dpone_diagnostics *diagnostics, const char *what, int number) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = status_of_errno(number), .keyword = "file"};
    dpone_diagnostics_add(diagnostics, &problem, "%s: %s", what, strerror(number));
    return 0;
}

static int refuse_size(struct dpone_diagnostics *diagnostics, size_t max_bytes) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = DPONE_RESOURCE_EXHAUSTED, .keyword = "file"};
    dpone_diagnostics_add(diagnostics, &problem,
                          "the file is larger than %zu bytes; split it, or raise the limit file_bytes",
                          max_bytes);
    return 0;
}

void dpone_source_error(const struct dpone_source *source, struct dpone_diagnostics *diagnostics,
                        size_t start, size_t end, int32_t status, const char *format, ...) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = status, .keyword = "syntax"};
    if (dpone_diagnostics_has_room(diagnostics, problem.severity)) {
        problem.start = dpone_source_position(source, start);
        problem.end = dpone_source_position(source, end);
    }
    va_list arguments;
    va_start(arguments, format);
    dpone_diagnostics_vadd(diagnostics, &problem, format, arguments);
    va_end(arguments);
}

/* 1 when the byte ends a line: LF, or a CR that no LF follows. data[size] is NUL, so i + 1 may be read. */
static int ends_line(const char *data, size_t i) {
    return data[i] == '\n' || (data[i] == '\r' && data[i + 1] != '\n');
}

static struct dpone_source_mark mark_advance(struct dpone_source_mark mark, const char *data, size_t from,
                                             size_t to) {
    for (size_t i = from; i < to; i++) {
        if (ends_line(data, i)) {
            mark.line++;
            mark.column = 1;
        } else {
            mark.column += dpone_utf8_starts_character(data[i]);
        }
    }
    return mark;
}

static int mark_blocks(struct dpone_source *source) {
    size_t blocks = source->size / DPONE_SOURCE_BLOCK + 1;
    source->marks = malloc(blocks * sizeof *source->marks);
    if (source->marks == NULL) {
        return 0;
    }
    struct dpone_source_mark mark = {1, 1};
    source->marks[0] = mark;
    size_t from = source->start;
    for (size_t block = 1; block < blocks; block++) {
        mark = mark_advance(mark, source->data, from, block * DPONE_SOURCE_BLOCK);
        source->marks[block] = mark;
        from = block * DPONE_SOURCE_BLOCK;
    }
    return 1;
}

struct dpone_position dpone_source_position(const struct dpone_source *source, size_t offset) {
    if (source->marks == NULL) {
        return (struct dpone_position){0, 0, 0};
    }
    size_t block = offset / DPONE_SOURCE_BLOCK;
    size_t from = block == 0 ? source->start : block * DPONE_SOURCE_BLOCK;
    struct dpone_source_mark mark = mark_advance(source->marks[block], source->data, from, offset);
    return (struct dpone_position){mark.line, mark.column, offset};
}

struct dpone_string dpone_source_line(const struct dpone_source *source, uint32_t line) {
    size_t blocks = source->size / DPONE_SOURCE_BLOCK + 1;
    size_t low = 0;
    for (size_t high = blocks; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        *(source->marks[middle].line < line ? &low : &high) = middle;
    }
    uint32_t current = source->marks[low].line;
    size_t at = low == 0 ? source->start : low * DPONE_SOURCE_BLOCK;
    while (at < source->size && current < line) {
        current += (uint32_t)ends_line(source->data, at++);
    }
    while (at > source->start && !ends_line(source->data, at - 1)) {
        at--;
    }
    size_t end = at;
    while (end < source->size && source->data[end] != '\n' && source->data[end] != '\r') {
        end++;
    }
    return current == line ? (struct dpone_string){source->data + at, end - at}
                           : (struct dpone_string){NULL, 0};
}

static int check_text(struct dpone_source *source, struct dpone_diagnostics *diagnostics) {
    const unsigned char *bytes = (const unsigned char *)source->data;
    if (source->size >= 4 && memcmp(bytes, "\xFF\xFE\0\0", 4) == 0) {
        return refuse(diagnostics, DPONE_INVALID_ARGUMENT, "the file is UTF-32; save it as UTF-8");
    }
    if (source->size >= 2 &&
        ((bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0xFF && bytes[1] == 0xFE))) {
        return refuse(diagnostics, DPONE_INVALID_ARGUMENT, "the file is UTF-16; save it as UTF-8");
    }
    source->start = source->size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (!mark_blocks(source)) {
        return refuse(diagnostics, DPONE_OUT_OF_MEMORY, "not enough memory to read the file");
    }
    size_t end = dpone_utf8_text_end(source->data, source->size, &source->is_ascii);
    if (end == source->size) {
        return 1;
    }
    if (bytes[end] == 0) {
        dpone_source_error(source, diagnostics, end, end + 1, DPONE_INVALID_ARGUMENT,
                           "NUL byte in the text; remove it, or save the file as UTF-8");
    } else if (bytes[end] < 0x80) {
        dpone_source_error(source, diagnostics, end, end + 1, DPONE_INVALID_ARGUMENT,
                           "control character 0x%02X; remove it, or write it as an escape in double quotes",
                           bytes[end]);
    } else {
        dpone_source_error(source, diagnostics, end, end + 1, DPONE_INVALID_ARGUMENT,
                           "invalid UTF-8, byte 0x%02X; save the file as UTF-8", bytes[end]);
    }
    return 0;
}

int dpone_source_open_memory(struct dpone_source *source, const char *name, const void *data, size_t size,
                             size_t max_bytes, struct dpone_diagnostics *diagnostics) {
    if (size > max_bytes) {
        return refuse_size(diagnostics, max_bytes);
    }
    source->name = strdup(name);
    source->data = malloc(size + 1);
    if (source->name == NULL || source->data == NULL) {
        return refuse(diagnostics, DPONE_OUT_OF_MEMORY, "not enough memory to read the file");
    }
    if (size > 0) {
        memcpy(source->data, data, size);
    }
    source->data[size] = '\0';
    source->size = size;
    return check_text(source, diagnostics);
}

/* What stands in the way of reading the opened file, or NULL. */
static const char *not_regular(const struct stat *status) {
    if (S_ISREG(status->st_mode)) {
        return NULL;
    }
    if (S_ISDIR(status->st_mode)) {
        return "is a directory; name a file, or use --recursive";
    }
    if (S_ISFIFO(status->st_mode)) {
        return "is a FIFO; name a regular file";
    }
    return "is not a regular file; name a regular file";
}

/* Reads to the end; the size of the file is only the first guess. */
static int read_all(struct dpone_source *source, int descriptor, size_t guess, size_t max_bytes,
                    struct dpone_diagnostics *diagnostics) {
    size_t capacity = guess + 1;
    source->data = malloc(capacity + 1);
    while (source->data != NULL) {
        ssize_t got = read(descriptor, source->data + source->size, capacity - source->size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return refuse_errno(diagnostics, "cannot read the file", errno);
        }
        if (got == 0) {
            source->data[source->size] = '\0';
            return 1;
        }
        source->size += (size_t)got;
        if (source->size > max_bytes) {
            return refuse_size(diagnostics, max_bytes);
        }
        if (source->size == capacity) {
            capacity *= 2;
            char *larger = realloc(source->data, capacity + 1);
            if (larger == NULL) {
                break;
            }
            source->data = larger;
        }
    }
    return refuse(diagnostics, DPONE_OUT_OF_MEMORY, "not enough memory to read the file");
}

int dpone_source_open_file(struct dpone_source *source, const char *path, size_t max_bytes,
                           struct dpone_diagnostics *diagnostics) {
    source->name = strdup(path);
    if (source->name == NULL) {
        return refuse(diagnostics, DPONE_OUT_OF_MEMORY, "not enough memory to read the file");
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        return refuse_errno(diagnostics, "cannot open the file", errno);
    }
    int done = 0;
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        refuse_errno(diagnostics, "cannot read the file", errno);
    } else if (not_regular(&status) != NULL) {
        refuse(diagnostics, DPONE_IO, not_regular(&status));
    } else if ((uintmax_t)status.st_size > max_bytes) {
        refuse_size(diagnostics, max_bytes);
    } else {
        done = read_all(source, descriptor, (size_t)status.st_size, max_bytes, diagnostics);
    }
    close(descriptor);
    return done && check_text(source, diagnostics);
}

void dpone_source_clear(struct dpone_source *source) {
    free(source->name);
    free(source->data);
    free(source->marks);
    *source = (struct dpone_source){0};
}
