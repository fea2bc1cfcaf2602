/* Looking at paths and reading whole files; making and writing them is runtime/files.h. */
#ifndef DPONE_CERTIFICATION_PATH_H
#define DPONE_CERTIFICATION_PATH_H

#include <dpone/error.h>

#include "runtime/files.h"

/* 1 when a regular file is there (links are followed). */
int dpone_path_is_file(const char *path);

/* A whole regular file, at most `limit` bytes, NUL-terminated, on the heap. DPONE_NOT_FOUND, DPONE_IO,
 * DPONE_RESOURCE_EXHAUSTED, DPONE_OUT_OF_MEMORY, naming the path. */
int32_t dpone_path_read(char **out, size_t *size, const char *path, size_t limit, struct dpone_error *error);

#endif
