/* Folders of a certification's own in TMPDIR, removed at the end; what a killed one left behind is removed by
 * the next. */
#ifndef DPONE_CERTIFICATION_PRIVATE_FOLDER_H
#define DPONE_CERTIFICATION_PRIVATE_FOLDER_H

#include <dpone/error.h>

/* Locked as long as a process that holds `lock` lives: the one that made it, and those forked from it. */
struct dpone_private_folder {
    char *path; /* absolute; NULL: none */
    int lock;
};

/* Makes one of mode 0700 in TMPDIR, or /tmp. Errors name that folder. */
int32_t dpone_private_folder_make(struct dpone_private_folder *out, struct dpone_error *error);

/* Removes it with all it holds; harmless for one that is {0}. */
void dpone_private_folder_remove(struct dpone_private_folder *folder);

/* Removes those of processes that are dead from TMPDIR. */
void dpone_private_folder_sweep(void);

/* Bytes that can still be written below `path`; INT64_MAX when nobody knows. */
int64_t dpone_private_folder_free_bytes(const char *path);

#endif
