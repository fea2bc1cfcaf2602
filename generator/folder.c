/* openat2 resolves a whole path without links in one call. Where a kernel or a sandbox has no openat2, or
 * folders are to be made, the path is walked part by part, each opened below the one before: the same promise
 * in more calls. */
#define _GNU_SOURCE /* O_PATH, syscall */
#include "generator/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, PART_BYTES = 256, MAX_DEPTH = 64 };

static int close_keeping_errno(int descriptor) {
    int code = errno;
    (void)close(descriptor);
    errno = code;
    return -1;
}

static int open_whole(const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* Makes the entry `name`, which another process may do at the same time. */
static int make_entry(int folder, const char *name) {
    if (mkdirat(folder, name, 0777) != 0) {
        return errno == EEXIST ? 0 : -1;
    }
    int readable = openat(folder, ".", FOLDER_FLAGS);
    int answer =
        readable < 0 ? 0 : dpone_folder_sync(readable); /* one that may not be read cannot be synced */
    (void)(readable < 0 ? 0 : close_keeping_errno(readable));
    return answer;
}

/* The open folder's entry `name`, made first when it is missing and `create` is set. */
static int enter(int folder, const char *name, int create) {
    const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    struct stat status;
    int next = openat(folder, name, flags);
    if (next < 0 && errno == ENOENT && create && make_entry(folder, name) == 0) {
        next = openat(folder, name, flags);
    }
    if (next < 0 && errno == ENOTDIR && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
    }
    return next;
}

static int walk(const char *path, int create, size_t *out_failed) {
    size_t offset = strspn(path, "/");
    int folder = open(offset > 0 ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    *out_failed = offset;
    while (folder >= 0 && path[offset] != '\0') {
        char part[PART_BYTES];
        size_t size = strcspn(path + offset, "/");
        *out_failed = offset + size;
        if (size >= sizeof(part)) {
            errno = ENAMETOOLONG;
            return close_keeping_errno(folder);
        }
        memcpy(part, path + offset, size);
        part[size] = '\0';
        int next = enter(folder, part, create);
        (void)close_keeping_errno(folder);
        folder = next;
        offset += size + strspn(path + offset + size, "/");
    }
    return folder;
}

int dpone_folder_open(const char *path, int create, size_t *out_failed) {
    *out_failed = strlen(path);
    if (*path == '\0') {
        errno = ENOENT;
        return -1;
    }
    int folder = open_whole(path);
    if (folder >= 0) {
        return folder;
    }
    int found = walk(path, create, out_failed);
    if (found >= 0) {
        folder = openat(found, ".", FOLDER_FLAGS);
        (void)close_keeping_errno(found);
    }
    return folder;
}

int dpone_folder_open_entry(int folder, const char *name) {
    return openat(folder, name, FOLDER_FLAGS);
}

int dpone_folder_sync(int descriptor) {
    return fsync(descriptor) == 0 || errno == EINVAL ? 0 : -1;
}

int dpone_folder_each(int folder, int (*visit)(void *user, int folder, const char *name), void *user) {
    int answer = 0, copy = openat(folder, ".", FOLDER_FLAGS);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        return copy < 0 ? -1 : close_keeping_errno(copy);
    }
    for (struct dirent *entry; answer == 0 && (errno = 0, entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            answer = visit(user, folder, entry->d_name);
        }
    }
    if (answer == 0 && errno != 0) {
        answer = -1;
    }
    int code = errno;
    (void)closedir(entries);
    errno = code;
    return answer;
}

static int find_any(void *user, int folder, const char *name) {
    (void)user;
    (void)folder;
    (void)name;
    return 1;
}

int dpone_folder_is_empty(int folder) {
    int answer = dpone_folder_each(folder, find_any, NULL);
    return answer < 0 ? -1 : !answer;
}

static int remove_below(int folder, int depth);

static int remove_entry(void *user, int folder, const char *name) {
    const int *depth = user;
    if (unlinkat(folder, name, 0) == 0) {
        return 0;
    }
    if (errno != EISDIR && errno != EPERM) {
        return -1;
    }
    int inner = dpone_folder_open_entry(folder, name);
    if (inner < 0) {
        return -1;
    }
    int answer = remove_below(inner, *depth + 1);
    (void)close_keeping_errno(inner);
    return answer == 0 ? unlinkat(folder, name, AT_REMOVEDIR) : -1;
}

static int remove_below(int folder, int depth) {
    if (depth > MAX_DEPTH) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return dpone_folder_each(folder, remove_entry, &depth);
}

int dpone_folder_remove_entries(int folder) {
    return remove_below(folder, 0);
}
