/* Stage, sync, rename, sync. Every step is below a descriptor that is held open. Writing only starts the
 * transfer to the disk; syncing comes when all is written, so that a journaling file system commits once and
 * not once a file. */
#define _GNU_SOURCE /* renameat2, sync_file_range */
#include "generator/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/folder.h"
#include "generator/name.h"

#define STAGE_PREFIX ".dpone-stage-"

enum {
    STAGE_NAME_BYTES = 64,
    STAGE_ATTEMPTS = 1000,
    FOLDER_MODE = 0755,
    PRIVATE_MODE = 0700,
    MAX_UNSYNCED = 128
};

struct stage {
    const struct dpone_package *package;
    const char *root_path;
    struct dpone_error *error;
    int root;
    int folder;
    char name[STAGE_NAME_BYTES];
};

/* The error of errno for something at <root>/<package>/<path>. */
static int32_t stage_error(const struct stage *stage, const char *path) {
    int code = errno;
    int full = code == ENOSPC || code == EDQUOT;
    int32_t status = full                              ? DPONE_RESOURCE_EXHAUSTED
                     : code == EACCES || code == EPERM ? DPONE_PERMISSION_DENIED
                                                       : DPONE_IO;
    return dpone_error_set(stage->error, status, "%s/%s%s%s: cannot be written: %s; nothing was created%s",
                           stage->root_path, stage->package->folder.data, path == NULL ? "" : "/",
                           path == NULL ? "" : path, strerror(code), full ? ", make room and repeat" : "");
}

static int32_t root_error(const char *path, size_t failed, struct dpone_error *error) {
    int code = errno;
    if (code == ELOOP) {
        return dpone_error_set(
            error, DPONE_INVALID_ARGUMENT,
            "--root %s: '%.*s' is a symbolic link, and nothing is written through links; name the "
            "folder it leads to",
            path, (int)failed, path);
    }
    if (code == ENOTDIR) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "--root %s: '%.*s' is not a folder; name one",
                               path, (int)failed, path);
    }
    if (code == ENOENT) { /* missing folders are made where they can be */
        return dpone_error_set(error, DPONE_NOT_FOUND,
                               "--root %s: '%.*s' cannot be made: no folder can be made there; choose "
                               "another --root",
                               path, (int)failed, path);
    }
    int32_t status = code == EACCES || code == EROFS ? DPONE_PERMISSION_DENIED : DPONE_IO;
    return dpone_error_set(error, status,
                           "--root %s: '%.*s' cannot be opened or made: %s; choose another --root", path,
                           (int)failed, path, strerror(code));
}

/* ---- The place ---- */

static int32_t conflict(const struct stage *stage) {
    return dpone_error_set(
        stage->error, DPONE_CONFLICT,
        "%s/%s exists and is not an empty folder; it is never overwritten: choose another name or "
        "--root, or move it away",
        stage->root_path, stage->package->folder.data);
}

/* DPONE_OK when nothing or an empty folder is at the package's place. */
static int32_t check_place(const struct stage *stage) {
    struct stat status;
    if (fstatat(stage->root, stage->package->folder.data, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? DPONE_OK : stage_error(stage, NULL);
    }
    int folder = dpone_folder_open_entry(stage->root, stage->package->folder.data);
    int empty = folder < 0 ? 0 : dpone_folder_is_empty(folder);
    if (folder >= 0) {
        (void)close(folder);
    }
    return empty == 1 ? DPONE_OK : conflict(stage);
}

/* Moves the stage to its place. renameat2 replaces nothing; where something is, or the file system cannot
 * refuse by itself, plain rename replaces an empty folder at most: all else is ENOTEMPTY, EEXIST or ENOTDIR.
 */
static int32_t publish(const struct stage *stage) {
    const char *place = stage->package->folder.data;
    if (renameat2(stage->root, stage->name, stage->root, place, RENAME_NOREPLACE) == 0) {
        return DPONE_OK;
    }
    if ((errno == EEXIST || errno == EINVAL || errno == ENOSYS) &&
        renameat(stage->root, stage->name, stage->root, place) == 0) {
        return DPONE_OK;
    }
    return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? conflict(stage)
                                                                     : stage_error(stage, NULL);
}

/* ---- Stages: made, swept, removed ---- */

/* 1 when the open folder is still the one of that name, 0 when it is not, -1 on error. */
static int is_named(int root, const char *name, int folder) {
    struct stat held, named;
    if (fstat(folder, &held) != 0) {
        return -1;
    }
    if (fstatat(root, name, &named, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    return held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* STAGE_PREFIX, a process and a number, as make_stage() writes them; another name is somebody else's. */
static int is_stage_name(const char *name) {
    static const char digits[] = "0123456789";
    if (strncmp(name, STAGE_PREFIX, strlen(STAGE_PREFIX)) != 0) {
        return 0;
    }
    const char *process = name + strlen(STAGE_PREFIX);
    size_t process_size = strspn(process, digits);
    const char *number = process + process_size + 1;
    return process_size > 0 && number[-1] == '-' && *number != '\0' && number[strspn(number, digits)] == '\0';
}

/* A lock that is free may be one that was just given up: the stage is a package now, and has another name. */
static int sweep_entry(void *user, int root, const char *name) {
    (void)user;
    if (!is_stage_name(name)) {
        return 0;
    }
    int folder = dpone_folder_open_entry(root, name);
    if (folder < 0) {
        return 0; /* somebody else's */
    }
    if (flock(folder, LOCK_EX | LOCK_NB) == 0 && is_named(root, name, folder) == 1 &&
        dpone_folder_remove_entries(folder) == 0) {
        (void)unlinkat(root, name, AT_REMOVEDIR);
    }
    (void)close(folder);
    return 0;
}

/* Makes the folder of stage->name and locks it. 1: it is ours; 0: try another name; -1: errno, and nothing is
 * left. */
static int claim(struct stage *stage) {
    if (mkdirat(stage->root, stage->name, PRIVATE_MODE) != 0) {
        return errno == EEXIST ? 0 : -1;
    }
    stage->folder = dpone_folder_open_entry(stage->root, stage->name);
    int answer = stage->folder >= 0 ? 1 : (errno == ENOENT ? 0 : -1);
    /* A file system without locks cannot tell the living from the dead: nobody's stage is swept there. */
    if (answer == 1 && flock(stage->folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        answer = 0;
    }
    /* A sweeper may have come between making and locking. */
    answer = answer == 1 ? is_named(stage->root, stage->name, stage->folder) : answer;
    if (answer != 1) {
        int code = errno;
        (void)(stage->folder >= 0 ? close(stage->folder) : 0);
        (void)(answer < 0 ? unlinkat(stage->root, stage->name, AT_REMOVEDIR) : 0);
        errno = code;
    }
    return answer;
}

static int32_t make_stage(struct stage *stage) {
    for (int attempt = 0; attempt < STAGE_ATTEMPTS; attempt++) {
        (void)snprintf(stage->name, sizeof(stage->name), STAGE_PREFIX "%ld-%d", (long)getpid(), attempt);
        int answer = claim(stage);
        if (answer != 0) {
            return answer > 0 ? DPONE_OK : stage_error(stage, NULL);
        }
    }
    errno = EEXIST;
    return stage_error(stage, NULL);
}

static void remove_stage(const struct stage *stage) {
    (void)dpone_folder_remove_entries(stage->folder);
    (void)unlinkat(stage->root, stage->name, AT_REMOVEDIR);
}

/* ---- Writing ---- */

/* What is written and not yet synced, held open so that nothing has to be found again. */
struct unsynced {
    int descriptors[MAX_UNSYNCED];
    size_t count;
};

/* Syncs and closes everything; after a failure it only closes. */
static int sync_all(struct unsynced *unsynced) {
    int answer = 0, code = 0;
    for (size_t i = 0; i < unsynced->count; i++) {
        if (answer == 0 && dpone_folder_sync(unsynced->descriptors[i]) != 0) {
            answer = -1;
            code = errno;
        }
        if (close(unsynced->descriptors[i]) != 0 && answer == 0) {
            answer = -1;
            code = errno;
        }
    }
    unsynced->count = 0;
    errno = code;
    return answer;
}

/* Takes the descriptor over. */
static int sync_later(struct unsynced *unsynced, int descriptor) {
    unsynced->descriptors[unsynced->count++] = descriptor;
    return unsynced->count < MAX_UNSYNCED ? 0 : sync_all(unsynced);
}

/* Folders from the stage down to where files are being written, and the path of the innermost. */
struct descent {
    int folders[DPONE_NAME_MAX_DEPTH + 1];
    size_t ends[DPONE_NAME_MAX_DEPTH + 1]; /* bytes of `path` that name each; 0 for the stage itself */
    size_t depth;
    const char *path; /* of the file last written */
    struct unsynced unsynced;
};

/* Leaves folders that `path` does not lie in; all of them when it is NULL. */
static int ascend(struct descent *descent, const char *path) {
    int answer = 0;
    while (descent->depth > 0) {
        size_t end = descent->ends[descent->depth];
        if (path != NULL && strncmp(path, descent->path, end) == 0 && path[end] == '/') {
            break;
        }
        if (sync_later(&descent->unsynced, descent->folders[descent->depth--]) != 0) {
            answer = -1;
        }
    }
    return answer;
}

/* Opens below the innermost folder. Where files may not be open in such numbers, the unsynced ones go first.
 */
static int open_below(struct descent *descent, const char *name, int flags, mode_t mode) {
    int folder = descent->folders[descent->depth];
    int descriptor = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor < 0 && errno == EMFILE && sync_all(&descent->unsynced) == 0) {
        descriptor = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    }
    return descriptor;
}

/* Makes and enters the folders of `path` that are not open yet; its last part is the file. */
static int descend(struct descent *descent, const char *path) {
    char part[256];
    descent->path = path;
    for (;;) {
        size_t start = descent->ends[descent->depth] + (descent->depth > 0);
        size_t size = strcspn(path + start, "/");
        if (path[start + size] == '\0') {
            return 0;
        }
        memcpy(part, path + start, size);
        part[size] = '\0';
        int made = mkdirat(descent->folders[descent->depth], part, FOLDER_MODE);
        int inner = made == 0 ? open_below(descent, part, O_RDONLY | O_DIRECTORY, 0) : -1;
        if (inner < 0) {
            return -1;
        }
        descent->depth++;
        descent->folders[descent->depth] = inner;
        descent->ends[descent->depth] = start + size;
    }
}

static int write_all(int descriptor, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        if (written == 0 || (written < 0 && errno != EINTR)) {
            errno = written == 0 ? EIO : errno;
            return -1;
        }
        data += written > 0 ? (size_t)written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

/* Writes one file and starts its way to the disk. */
static int write_file(struct descent *descent, const struct dpone_package_file *file) {
    const char *path = file->path.data;
    if (ascend(descent, path) != 0 || descend(descent, path) != 0) {
        return -1;
    }
    const char *name = path + descent->ends[descent->depth] + (descent->depth > 0);
    int descriptor = open_below(descent, name, O_WRONLY | O_CREAT | O_EXCL, (mode_t)file->mode);
    if (descriptor < 0) {
        return -1;
    }
    int answer = write_all(descriptor, file->content.data, file->content.size);
    int code = errno;
    (void)sync_file_range(descriptor, 0, 0,
                          SYNC_FILE_RANGE_WRITE); /* only a start: fsync tells of failures */
    int later = sync_later(&descent->unsynced, descriptor);
    errno = answer == 0 ? errno : code;
    return answer == 0 ? later : answer;
}

/* Files come sorted, so those of one folder stand together and each folder is entered once. */
static int32_t write_files(const struct stage *stage) {
    struct descent descent = {.folders = {stage->folder}};
    const struct dpone_package *package = stage->package;
    const char *failed = NULL;
    int answer = 0, code = 0;
    for (size_t i = 0; i < package->count && answer == 0; i++) {
        failed = package->files[i].path.data;
        answer = write_file(&descent, &package->files[i]);
        code = errno;
    }
    int left = ascend(&descent, NULL);
    int synced = sync_all(&descent.unsynced);
    if (answer != 0) {
        errno = code;
        return stage_error(stage, failed);
    }
    return left == 0 && synced == 0 && fchmod(stage->folder, FOLDER_MODE) == 0 &&
                   dpone_folder_sync(stage->folder) == 0
               ? DPONE_OK
               : stage_error(stage, NULL);
}

static int32_t write_and_publish(struct stage *stage) {
    int32_t status = make_stage(stage);
    if (status != DPONE_OK) {
        return status;
    }
    status = write_files(stage);
    status = status == DPONE_OK ? publish(stage) : status;
    if (status != DPONE_OK) {
        remove_stage(stage);
    } else if (dpone_folder_sync(stage->root) != 0) {
        status = dpone_error_set(
            stage->error, DPONE_IO,
            "%s: the folder cannot be synced: %s; the package is complete, but a power loss may "
            "still undo it",
            stage->root_path, strerror(errno));
    }
    (void)close(stage->folder);
    return status;
}

int32_t dpone_stage_write(const struct dpone_package *package, const char *root, struct dpone_error *error) {
    struct stage stage = {.package = package, .root_path = root, .error = error};
    size_t failed;
    stage.root = dpone_folder_open(root, 1, &failed);
    if (stage.root < 0) {
        return root_error(root, failed, error);
    }
    int32_t status = check_place(&stage);
    if (status == DPONE_OK) {
        (void)dpone_folder_each(stage.root, sweep_entry, NULL);
        mode_t before =
            umask(0); /* the modes are the package's, and the stage is closed to others until it is done */
        status = write_and_publish(&stage);
        (void)umask(before);
    }
    (void)close(stage.root);
    return status;
}

int32_t dpone_stage_check(const struct dpone_package *package, const char *root, struct dpone_error *error) {
    struct stage stage = {.package = package, .root_path = root, .error = error};
    size_t failed;
    stage.root = dpone_folder_open(root, 0, &failed);
    if (stage.root < 0) {
        return errno == ENOENT ? DPONE_OK : root_error(root, failed, error);
    }
    int32_t status = check_place(&stage);
    (void)close(stage.root);
    return status;
}
