/* Folders held open by descriptor, so that nobody can put a link in the way: opening, making, emptying.
 *
 * Functions that fail answer -1 with errno set. */
#ifndef DPONE_GENERATOR_FOLDER_H
#define DPONE_GENERATOR_FOLDER_H

#include <stddef.h>

/* Opens the folder `path`, no part of which may be a symbolic link, for reading its entries and syncing. With
 * `create`, missing folders are made (mode 0777 less the umask), each synced into the one it is in. On
 * failure `*out_failed` is how many bytes of the path, from its start, name the part that failed; errno is
 * ELOOP for a link and ENOTDIR for a file. The caller closes the descriptor. */
int dpone_folder_open(const char *path, int create, size_t *out_failed);

/* Opens an entry that is a folder itself, never through a link. */
int dpone_folder_open_entry(int folder, const char *name);

/* Brings a file or folder to the disk; 0 also where the file system has no way to. */
int dpone_folder_sync(int descriptor);

/* 1 when the folder has no entries, 0 when it has. */
int dpone_folder_is_empty(int folder);

/* Removes every entry, folders with all that is in them, following no link. */
int dpone_folder_remove_entries(int folder);

/* Calls `visit` for each entry but "." and "..", in no order, until it answers other than 0; gives that
 * answer, or 0. */
int dpone_folder_each(int folder, int (*visit)(void *user, int folder, const char *name), void *user);

#endif
