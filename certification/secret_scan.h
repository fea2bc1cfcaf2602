/* Looking for secrets in files, in every form in which programs write them. */
#ifndef DPONE_CERTIFICATION_SECRET_SCAN_H
#define DPONE_CERTIFICATION_SECRET_SCAN_H

#include <dpone/error.h>

/* The texts to look for. */
struct dpone_secret_scan;

/* One occurrence. */
struct dpone_secret_hit {
    char secret[64]; /* the name it was added with, never the value */
    char form[24];   /* "raw", "base64", "hex", "URL", "JSON", "SQL" */
    char path[1024]; /* the file */
    size_t offset;
};

/* NULL when memory is short. */
struct dpone_secret_scan *dpone_secret_scan_new(void);
void dpone_secret_scan_free(struct dpone_secret_scan *scan);

/* Adds a secret of 8 bytes or more in all its forms: as it is, base64 at each of the three alignments,
 * hexadecimal in both cases, percent encoded, escaped as in JSON and in SQL. DPONE_INVALID_ARGUMENT when it
 * is too short to be told from chance; DPONE_OUT_OF_MEMORY. */
int32_t dpone_secret_scan_add(struct dpone_secret_scan *scan, const char *name, const char *value,
                              struct dpone_error *error);

/* Reads every regular file below `directory`, but not below its entry `except` (nullable); links are not
 * followed. 1 and `hit` filled at the first occurrence, 0 when there is none, -1 with `error` set when a file
 * cannot be read. `files` (nullable) counts those read. */
int dpone_secret_scan_directory(const struct dpone_secret_scan *scan, const char *directory,
                                const char *except, struct dpone_secret_hit *hit, int64_t *files,
                                struct dpone_error *error);

#endif
