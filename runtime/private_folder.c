/* A folder is locked while its owner lives, so that a sweeper can tell the living from the dead. */
#define _GNU_SOURCE /* mkdtemp, flock */
#include "runtime/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime/files.h"

#define ATTEMPTS 100

static const char *parent_folder(void) {
    const char *configured = getenv("TMPDIR");
    return configured == NULL || *configured == '\0' ? "/tmp" : configured;
}

/* A sweeper may come between making and locking; then the folder is not the one that was opened. */
static int lock_is_held_on(int descriptor, const char *path) {
    struct stat held, named;
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &held) == 0 &&
           stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* 1: made and locked; 0: a sweeper was faster; -1: errno. */
static int claim(struct dpone_private_folder *out, char *path) {
    if (mkdtemp(path) == NULL) {
        return -1;
    }
    out->path = path;
    out->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->lock >= 0 && lock_is_held_on(out->lock, path)) {
        return 1;
    }
    if (out->lock >= 0) {
        close(out->lock);
    }
    return 0;
}

int32_t dpone_private_folder_make(struct dpone_private_folder *out, const char *parent, const char *prefix,
                                  struct dpone_error *error) {
    *out = (struct dpone_private_folder){NULL, -1};
    parent = parent == NULL ? parent_folder() : parent;
    char *absolute = realpath(parent, NULL);
    if (absolute == NULL) {
        return dpone_file_error(error, errno, "use the temporary folder", parent);
    }
    int made = 0;
    int number = EAGAIN;
    for (int attempt = 0; made == 0 && attempt < ATTEMPTS; attempt++) {
        char *path = dpone_format("%s/%sXXXXXX", absolute, prefix);
        made = path == NULL ? -1 : claim(out, path);
        number = path == NULL ? ENOMEM : errno;
        if (made != 1) {
            free(path);
            out->path = NULL;
        }
    }
    int32_t status = made == 1 ? (int32_t)DPONE_OK
                               : dpone_file_error(error, number, "make a temporary folder in", absolute);
    free(absolute);
    return status;
}

void dpone_private_folder_remove(struct dpone_private_folder *folder) {
    if (folder->path != NULL) {
        dpone_directory_remove(folder->path);
        close(folder->lock);
        free(folder->path);
        *folder = (struct dpone_private_folder){NULL, -1};
    }
}

static void sweep_entry(const char *parent, const char *name) {
    char *path = dpone_format("%s/%s", parent, name);
    int descriptor = path == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found;
    if (descriptor >= 0 && fstat(descriptor, &found) == 0 && found.st_uid == geteuid() &&
        lock_is_held_on(descriptor, path)) {
        dpone_directory_remove(path);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    free(path);
}

void dpone_private_folder_sweep(const char *prefix) {
    const char *parent = parent_folder();
    DIR *entries = opendir(parent);
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            sweep_entry(parent, entry->d_name);
        }
    }
    (void)closedir(entries);
}

int64_t dpone_private_folder_free_bytes(const char *path) {
    struct statvfs space;
    if (statvfs(path, &space) != 0 || space.f_blocks == 0) {
        return INT64_MAX;
    }
    return (int64_t)(space.f_bavail * space.f_frsize);
}
