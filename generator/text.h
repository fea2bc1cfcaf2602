/* A growing run of bytes in memory: rendered files, paths, whole files read. */
#ifndef DPONE_GENERATOR_TEXT_H
#define DPONE_GENERATOR_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <dpone/error.h>

/* Owned by the caller, starts as {0}, ends with dpone_text_clear(). `data` is NUL-terminated once anything
 * was added (the terminator is not counted) and NULL before. */
struct dpone_text {
    char *data;
    size_t size;
    size_t capacity;
};

/* Adds bytes, which must not lie within the text. DPONE_OK or DPONE_OUT_OF_MEMORY; on failure nothing
 * changed. */
int32_t dpone_text_append(struct dpone_text *text, const void *data, size_t size);

/* Adds a formatted string, likewise. */
int32_t dpone_text_append_format(struct dpone_text *text, const char *format, ...) DPONE_PRINTF(2, 3);

/* Adds a whole regular file, at most `limit_bytes` of it. NOT_FOUND, PERMISSION_DENIED, IO,
 * RESOURCE_EXHAUSTED (larger than the limit) or OUT_OF_MEMORY otherwise; the message names the path. */
int32_t dpone_text_append_file(struct dpone_text *text, const char *path, size_t limit_bytes,
                               struct dpone_error *error);

/* "out of memory" as an error; returns DPONE_OUT_OF_MEMORY. */
int32_t dpone_text_memory_error(struct dpone_error *error);

/* Frees and empties. */
void dpone_text_clear(struct dpone_text *text);

#endif
