/* Folders and files of the runtime's own: making, atomic writing, removing, and the errors that they give. */
#ifndef DPONE_RUNTIME_FILES_H
#define DPONE_RUNTIME_FILES_H

#include <dpone/error.h>

/* Turns `number` (an errno) into a status and the message `cannot VERB PATH: reason`, with a remedy where the
 * number alone tells one; returns the status:
 * DPONE_NOT_FOUND, DPONE_PERMISSION_DENIED, DPONE_RESOURCE_EXHAUSTED, DPONE_OUT_OF_MEMORY or DPONE_IO. */
int32_t dpone_file_error(struct dpone_error *error, int number, const char *verb, const char *path);

/* A formatted string on the heap, freed by the caller; NULL when memory is short. */
char *dpone_format(const char *format, ...) DPONE_PRINTF(1, 2);

/* 1 when a regular file is there (links are followed). */
int dpone_file_exists(const char *path);

/* The path of the first regular file that a folder of `folders` (separated by colons; empty ones are passed
 * over) has under one of `names` (NULL-terminated, tried in their order, folder by folder). The caller frees
 * it; NULL when there is none, or no memory. */
char *dpone_file_search(const char *folders, const char *const *names);

/* 1 when a folder is there (links are followed). */
int dpone_directory_exists(const char *path);

/* Makes a folder and those above it that are missing; one that exists is fine. */
int32_t dpone_directory_make(const char *path, struct dpone_error *error);

/* Makes a folder of mode 0700 with a name of its own below `parent`; `*out` is its absolute path, freed by
 * the caller.
 */
int32_t dpone_directory_make_temporary(char **out, const char *parent, struct dpone_error *error);

/* Removes a folder with everything below it, following no link. What cannot be removed is left. */
void dpone_directory_remove(const char *path);

/* Writes a file so that others see the old content or the new: temporary file beside it, fsync, rename, fsync
 * of the folder. */
int32_t dpone_file_write(const char *path, const void *data, size_t size, struct dpone_error *error);

#endif
