/* The files that a validation is about: those named, and with --recursive those below the folders named. */
#ifndef DPONE_MANIFEST_VALIDATE_FILES_H
#define DPONE_MANIFEST_VALIDATE_FILES_H

#include <dpone/error.h>

struct dpone_file_list {
    char **paths; /* owned */
    size_t count;
    size_t capacity;
};

/* Adds a path as it is. DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_file_list_add(struct dpone_file_list *list, const char *path, struct dpone_error *error);

/* Adds the *.yaml and *.yml (and with `json` the *.json) below a folder, sorted by name, without hidden
 * folders and without following links to folders. A path that is no folder is added as it is. DPONE_IO names
 * a folder that cannot be read. */
int32_t dpone_file_list_add_below(struct dpone_file_list *list, const char *path, int json,
                                  struct dpone_error *error);

/* Bytes of all the files together, as far as they can be told. */
uint64_t dpone_file_list_bytes(const struct dpone_file_list *list);

void dpone_file_list_clear(struct dpone_file_list *list);

#endif
