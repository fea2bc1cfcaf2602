/* Listing files: see validate_files.h. */
#include "manifest/validate_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "not enough memory for the list of files");
}

/* Takes over `path`, which may be NULL. */
static int32_t add_owned(struct dpone_file_list *list, char *path, struct dpone_error *error) {
    if (path == NULL) {
        return out_of_memory(error);
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        char **paths = realloc(list->paths, capacity * sizeof(char *));
        if (paths == NULL) {
            free(path);
            return out_of_memory(error);
        }
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count++] = path;
    return DPONE_OK;
}

int32_t dpone_file_list_add(struct dpone_file_list *list, const char *path, struct dpone_error *error) {
    return add_owned(list, strdup(path), error);
}

static int ends_with(const char *name, const char *ending) {
    size_t size = strlen(name);
    size_t length = strlen(ending);
    return size > length && strcmp(name + size - length, ending) == 0;
}

static int is_wanted(const char *name, int json) {
    return ends_with(name, ".yaml") || ends_with(name, ".yml") || (json && ends_with(name, ".json"));
}

static char *join(const char *folder, const char *name) {
    size_t size = strlen(folder);
    char *path = malloc(size + strlen(name) + 2);
    if (path != NULL) {
        memcpy(path, folder, size);
        size -= size > 1 && folder[size - 1] == '/' ? 1 : 0;
        path[size] = '/';
        strcpy(path + size + 1, name);
    }
    return path;
}

static int compare_paths(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Adds the names in a folder that are not hidden, sorted. */
static int32_t read_folder(struct dpone_file_list *names, const char *path, struct dpone_error *error) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return dpone_error_set(error, DPONE_IO, "%s: cannot read the folder: %s", path, strerror(errno));
    }
    int32_t status = DPONE_OK;
    const struct dirent *entry;
    while (status == DPONE_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            status = add_owned(names, join(path, entry->d_name), error);
        }
    }
    closedir(folder);
    if (names->count > 0) {
        qsort(names->paths, names->count, sizeof names->paths[0], compare_paths);
    }
    return status;
}

enum { DEEPEST_FOLDER = 64 };

static int32_t add_below(struct dpone_file_list *list, const char *path, int json, int depth,
                         struct dpone_error *error) {
    struct dpone_file_list names = {.count = 0};
    if (depth > DEEPEST_FOLDER) {
        return dpone_error_set(error, DPONE_RESOURCE_EXHAUSTED, "%s: more than %d folders inside each other",
                               path, DEEPEST_FOLDER);
    }
    int32_t status = read_folder(&names, path, error);
    for (size_t i = 0; status == DPONE_OK && i < names.count; i++) {
        struct stat found;
        if (lstat(names.paths[i], &found) != 0) {
            continue; /* gone since it was listed */
        }
        if (S_ISDIR(found.st_mode)) {
            status = add_below(list, names.paths[i], json, depth + 1, error);
        } else if (is_wanted(names.paths[i], json)) {
            status = dpone_file_list_add(list, names.paths[i], error);
        }
    }
    dpone_file_list_clear(&names);
    return status;
}

int32_t dpone_file_list_add_below(struct dpone_file_list *list, const char *path, int json,
                                  struct dpone_error *error) {
    struct stat found;
    if (stat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return dpone_file_list_add(list, path, error);
    }
    return add_below(list, path, json, 0, error);
}

uint64_t dpone_file_list_bytes(const struct dpone_file_list *list) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct stat found;
        bytes += stat(list->paths[i], &found) == 0 && found.st_size > 0 ? (uint64_t)found.st_size : 0;
    }
    return bytes;
}

void dpone_file_list_clear(struct dpone_file_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    *list = (struct dpone_file_list){.count = 0};
}
