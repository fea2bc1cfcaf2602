/* Temporary folders of a process's own, removed at the end; what a killed one left behind is removed by the
 * next. */
#ifndef DPONE_RUNTIME_PRIVATE_FOLDER_H
#define DPONE_RUNTIME_PRIVATE_FOLDER_H

#include <dpone/error.h>

/* Locked as long as a process that holds `lock` lives: the one that made it, and those forked from it. */
struct dpone_private_folder {
    char *path; /* absolute; NULL: none */
    int lock;
};

/* Makes one of mode 0700 in the existing folder `parent` (NULL: TMPDIR, or /tmp), whose name begins with
 * `prefix`. Errors name the parent. */
int32_t dpone_private_folder_make(struct dpone_private_folder *out, const char *parent, const char *prefix,
                                  struct dpone_error *error);

/* Removes it with all it holds; harmless for one that is {0}. */
void dpone_private_folder_remove(struct dpone_private_folder *folder);

/* Removes from TMPDIR, or /tmp, those of dead processes whose names begin so. */
void dpone_private_folder_sweep(const char *prefix);

/* Bytes that can still be written below `path`; INT64_MAX when nobody knows. */
int64_t dpone_private_folder_free_bytes(const char *path);

#endif
