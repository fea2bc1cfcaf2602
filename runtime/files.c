/* Folders and files of the runtime's own. */
#define _XOPEN_SOURCE 700 /* realpath, mkdtemp, strdup */
#include "runtime/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t status_of_errno(int number) {
    switch (number) {
    case ENOENT:
        return DPONE_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return DPONE_PERMISSION_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
        return DPONE_RESOURCE_EXHAUSTED;
    case ENOMEM:
        return DPONE_OUT_OF_MEMORY;
    default:
        return DPONE_IO;
    }
}

/* What helps, where the number alone tells it. */
static const char *remedy_of_errno(int number) {
    switch (number) {
    case EROFS:
        return "; choose a folder that can be written";
    case ENOTDIR:
        return "; choose another place";
    case EACCES:
    case EPERM:
        return "; allow it, or choose another place";
    case ENOSPC:
    case EDQUOT:
        return "; make room and repeat";
    default:
        return "";
    }
}

int32_t dpone_file_error(struct dpone_error *error, int number, const char *verb, const char *path) {
    char reason[128] = "unknown error";
    (void)strerror_r(number, reason, sizeof reason);
    return dpone_error_set(error, status_of_errno(number), "cannot %s %s: %s%s", verb, path, reason,
                           remedy_of_errno(number));
}

char *dpone_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text != NULL) {
        va_start(arguments, format);
        (void)vsnprintf(text, (size_t)size + 1, format, arguments);
        va_end(arguments);
    }
    return text;
}

int dpone_file_exists(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

char *dpone_file_search(const char *folders, const char *const *names) {
    for (const char *folder = folders; *folder != '\0';) {
        size_t size = strcspn(folder, ":");
        for (const char *const *name = names; size > 0 && *name != NULL; name++) {
            char *path = dpone_format("%.*s/%s", (int)size, folder, *name);
            if (path != NULL && dpone_file_exists(path)) {
                return path;
            }
            free(path);
        }
        folder += size;
        folder += *folder == ':';
    }
    return NULL;
}

int dpone_directory_exists(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

int32_t dpone_directory_make(const char *path, struct dpone_error *error) {
    char *prefix = strdup(path);
    if (prefix == NULL) {
        return dpone_file_error(error, ENOMEM, "make folder", path);
    }
    int32_t status = DPONE_OK;
    for (char *end = prefix; status == DPONE_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        int number = mkdir(prefix, 0777) == 0 ? 0 : errno; /* before stat() changes it */
        if (number != 0 && !dpone_directory_exists(prefix)) {
            status =
                number == ENOENT /* its parent is there: so answers /proc */
                    ? dpone_error_set(error, DPONE_PERMISSION_DENIED,
                                      "cannot make folder %s: there can be none; choose another place",
                                      prefix)
                    : dpone_file_error(error, number == EEXIST ? ENOTDIR : number, "make folder", prefix);
        }
        *end = kept;
    }
    free(prefix);
    return status;
}

int32_t dpone_directory_make_temporary(char **out, const char *parent, struct dpone_error *error) {
    *out = NULL;
    char *absolute = realpath(parent, NULL);
    if (absolute == NULL) {
        return dpone_file_error(error, errno, "use the temporary folder", parent);
    }
    int32_t status = DPONE_OK;
    char *made = dpone_format("%s/dpone-XXXXXX", absolute);
    if (made == NULL || mkdtemp(made) == NULL) {
        status =
            dpone_file_error(error, made == NULL ? ENOMEM : errno, "make a temporary folder in", absolute);
        free(made);
        made = NULL;
    }
    free(absolute);
    *out = made;
    return status;
}

static void directory_empty(int fd);

static void entry_remove(int directory, const char *name) {
    if (unlinkat(directory, name, 0) == 0) {
        return;
    }
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        directory_empty(fd);
    }
    (void)unlinkat(directory, name, AT_REMOVEDIR);
}

/* Removes what an open folder holds, and closes it. */
static void directory_empty(int fd) {
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        close(fd);
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            entry_remove(dirfd(directory), entry->d_name);
        }
    }
    closedir(directory);
}

void dpone_directory_remove(const char *path) {
    entry_remove(AT_FDCWD, path);
}

static int write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

/* Makes a rename durable. */
static int sync_parent(const char *path) {
    const char *slash = strrchr(path, '/');
    char *parent = slash == NULL ? strdup(".") : dpone_format("%.*s", (int)(slash - path + 1), path);
    int fd = parent == NULL ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(parent);
    int result = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

int32_t dpone_file_write(const char *path, const void *data, size_t size, struct dpone_error *error) {
    char *temporary = dpone_format("%s.%ld.tmp", path, (long)getpid());
    if (temporary == NULL) {
        return dpone_file_error(error, ENOMEM, "write", path);
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    int number = fd < 0 ? errno : 0;
    if (fd >= 0 && (write_all(fd, data, size) != 0 || fsync(fd) != 0)) {
        number = errno;
    }
    if (fd >= 0 && close(fd) != 0 && number == 0) {
        number = errno;
    }
    if (number == 0 && (rename(temporary, path) != 0 || sync_parent(path) != 0)) {
        number = errno;
    }
    if (number != 0) {
        (void)unlink(temporary);
    }
    free(temporary);
    return number == 0 ? DPONE_OK : dpone_file_error(error, number, "write", path);
}
