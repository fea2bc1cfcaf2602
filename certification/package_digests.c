/* Digests of the files of a package, found by walking its folder. */
#include "package.h"

#include "path.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A package is small; a folder with more files is something else. */
#define FILES_MAXIMUM 20000
#define DEPTH_MAXIMUM 32

struct walk {
    struct dpone_file_digests *out;
    const char *directory;
    const char *const *inputs;
    const char *exclude;
    struct dpone_error *error;
};

/* 1 when the file is asked for. */
static int is_input(const struct walk *walk, const char *path) {
    if (walk->inputs == NULL) {
        return 1;
    }
    for (const char *const *input = walk->inputs; *input != NULL; input++) {
        size_t size = strlen(*input);
        if ((*input)[size - 1] == '/' ? strncmp(path, *input, size) == 0 : strcmp(path, *input) == 0) {
            return 1;
        }
    }
    return 0;
}

/* 1 when something asked for may lie below the folder. */
static int may_hold_input(const struct walk *walk, const char *folder) {
    size_t size = strlen(folder);
    if (walk->inputs == NULL) {
        return 1;
    }
    for (const char *const *input = walk->inputs; *input != NULL; input++) {
        size_t shorter = strlen(*input) < size ? strlen(*input) : size;
        if (strncmp(folder, *input, shorter) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_left_out(const struct walk *walk, const char *name, const char *full) {
    if (strcmp(name, ".git") == 0 || strcmp(name, "test_artifacts") == 0 ||
        (walk->exclude != NULL && strcmp(full, walk->exclude) == 0)) {
        return 1;
    }
    char *cache = dpone_format("%s/%s", full, "CMakeCache.txt");
    int built = cache != NULL && dpone_path_is_file(cache);
    free(cache);
    return built;
}

static int32_t out_of_memory(const struct walk *walk) {
    return dpone_error_set(walk->error, DPONE_OUT_OF_MEMORY, "%s: no memory to read it", walk->directory);
}

static int32_t add_file(struct walk *walk, const char *relative, const char *full) {
    struct dpone_file_digests *out = walk->out;
    if (out->count == FILES_MAXIMUM) {
        return dpone_error_set(walk->error, DPONE_RESOURCE_EXHAUSTED,
                               "%s: more than %d files; this is no connector package", walk->directory,
                               FILES_MAXIMUM);
    }
    if ((out->count & (out->count - 1)) == 0) {
        size_t capacity = out->count == 0 ? 1 : out->count * 2;
        struct dpone_file_digest *items = realloc(out->items, capacity * sizeof(*items));
        if (items == NULL) {
            return out_of_memory(walk);
        }
        out->items = items;
    }
    struct dpone_file_digest *item = &out->items[out->count];
    int32_t status = dpone_sha256_file(item->sha256, full, walk->error);
    if (status != DPONE_OK) {
        return status;
    }
    item->path = strdup(relative);
    if (item->path == NULL) {
        return out_of_memory(walk);
    }
    out->count++;
    return DPONE_OK;
}

static int32_t walk_folder(struct walk *walk, const char *relative, int depth);

static int32_t walk_entry(struct walk *walk, const char *folder, const char *name, int depth) {
    struct stat status;
    int32_t result = DPONE_OK;
    char *relative = *folder == '\0' ? strdup(name) : dpone_format("%s/%s", folder, name);
    char *full = relative == NULL ? NULL : dpone_format("%s/%s", walk->directory, relative);
    if (full == NULL) {
        result = out_of_memory(walk);
    } else if (lstat(full, &status) != 0) {
        result = DPONE_OK; /* gone since the folder was read */
    } else if (S_ISDIR(status.st_mode)) {
        if (depth < DEPTH_MAXIMUM && !is_left_out(walk, name, full) && may_hold_input(walk, relative)) {
            result = walk_folder(walk, relative, depth + 1);
        }
    } else if (S_ISREG(status.st_mode) && is_input(walk, relative)) {
        result = add_file(walk, relative, full);
    }
    free(full);
    free(relative);
    return result;
}

static int32_t walk_folder(struct walk *walk, const char *relative, int depth) {
    int32_t status = DPONE_OK;
    char *full =
        *relative == '\0' ? strdup(walk->directory) : dpone_format("%s/%s", walk->directory, relative);
    DIR *entries = full == NULL ? NULL : opendir(full);
    if (entries == NULL) {
        status = dpone_error_set(walk->error, DPONE_IO, "%s/%s: cannot be read: %s", walk->directory,
                                 relative, strerror(errno));
        free(full);
        return status;
    }
    for (struct dirent *entry = readdir(entries); status == DPONE_OK && entry != NULL;
         entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = walk_entry(walk, relative, entry->d_name, depth);
        }
    }
    closedir(entries);
    free(full);
    return status;
}

static int compare_paths(const void *left, const void *right) {
    const struct dpone_file_digest *first = left;
    const struct dpone_file_digest *second = right;
    return strcmp(first->path, second->path);
}

int32_t dpone_package_digests(struct dpone_file_digests *out, const char *directory,
                              const char *const *inputs, const char *exclude, struct dpone_error *error) {
    struct walk walk = {out, directory, inputs, exclude, error};
    *out = (struct dpone_file_digests){0};
    int32_t status = walk_folder(&walk, "", 0);
    if (status != DPONE_OK) {
        dpone_file_digests_clear(out);
    } else if (out->count > 1) {
        qsort(out->items, out->count, sizeof(*out->items), compare_paths);
    }
    return status;
}

void dpone_file_digests_clear(struct dpone_file_digests *digests) {
    for (size_t i = 0; i < digests->count; i++) {
        free(digests->items[i].path);
    }
    free(digests->items);
    *digests = (struct dpone_file_digests){0};
}
