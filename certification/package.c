/* A connector package on disk. */
#include "package.h"

#include "catalogue.h"
#include "path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void dpone_names_clear(struct dpone_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i]);
    }
    free(names->items);
    *names = (struct dpone_names){0};
}

int dpone_names_hold(const struct dpone_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static int holds_manifest(const char *directory) {
    char *path = dpone_format("%s/%s", directory, DPONE_PACKAGE_MANIFEST);
    int found = path != NULL && dpone_path_is_file(path);
    free(path);
    return found;
}

/* Cuts the last name off; 0 at the root. */
static int parent_of(char *path) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return 0;
    }
    *slash = '\0';
    return 1;
}

static int32_t find_beside(char **out, const char *plugin) {
    char folder[PATH_MAX];
    if (plugin == NULL || realpath(plugin, folder) == NULL) {
        return DPONE_NOT_FOUND;
    }
    for (int up = 0; up < 4 && parent_of(folder); up++) {
        if (holds_manifest(folder)) {
            *out = strdup(folder);
            return *out == NULL ? DPONE_OUT_OF_MEMORY : DPONE_OK;
        }
    }
    return DPONE_NOT_FOUND;
}

int32_t dpone_package_find(char **out, const char *directory, const char *plugin, struct dpone_error *error) {
    const char *start = directory == NULL ? "." : directory;
    *out = NULL;
    if (holds_manifest(start)) {
        *out = realpath(start, NULL);
        return *out != NULL ? DPONE_OK : dpone_error_set(error, DPONE_IO, "%s: %s", start, strerror(errno));
    }
    if (directory == NULL && find_beside(out, plugin) == DPONE_OK) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_NOT_FOUND,
                           "%s: no connector package: there is no " DPONE_PACKAGE_MANIFEST
                           "%s; name its folder with --package DIR",
                           directory == NULL ? "current folder" : directory,
                           directory == NULL && plugin != NULL ? ", nor beside the plug-in" : "");
}

char *dpone_package_path(const struct dpone_package *package, const char *relative) {
    return dpone_format("%s/%s", package->directory, relative);
}

/* ---- The manifest ---- */

static char *copy_text(const struct dpone_node *node) {
    struct dpone_string text =
        dpone_node_kind(node) == DPONE_NODE_STRING ? dpone_node_text(node) : (struct dpone_string){NULL, 0};
    return dpone_format("%.*s", (int)text.size, text.size == 0 ? "" : text.data);
}

static int32_t read_names(struct dpone_names *out, const struct dpone_node *list) {
    size_t count = dpone_node_count(list);
    out->items = calloc(count + 1, sizeof(*out->items));
    for (size_t i = 0; out->items != NULL && i < count; i++) {
        out->items[i] = copy_text(dpone_node_at(list, i));
        if (out->items[i] == NULL) {
            return DPONE_OUT_OF_MEMORY;
        }
        out->count++;
    }
    return out->items == NULL ? DPONE_OUT_OF_MEMORY : DPONE_OK;
}

static void manifest_problem(struct dpone_package *package, const struct dpone_node *node,
                             const char *message) {
    struct dpone_diagnostic template = {.severity = DPONE_SEVERITY_ERROR,
                                        .status = DPONE_INVALID_ARGUMENT,
                                        .start = dpone_node_start(node),
                                        .end = dpone_node_end(node),
                                        .keyword = "manifest"};
    dpone_diagnostics_add(&package->manifest_problems, &template, "%s", message);
}

static void read_capabilities(struct dpone_package *package, const struct dpone_node *list) {
    for (size_t i = 0; i < dpone_node_count(list); i++) {
        char *name = copy_text(dpone_node_at(list, i));
        uint32_t capability = name == NULL ? 0 : dpone_capability_parse(name);
        if (capability == 0 || capability == DPONE_CAPABILITY_NATIVE_TRANSFER) {
            manifest_problem(package, dpone_node_at(list, i),
                             "capabilities: unknown capability; the known ones are source, sink, state");
        } else {
            package->capabilities |= capability;
        }
        free(name);
    }
}

static int32_t read_manifest(struct dpone_package *package, const struct dpone_node *root) {
    const struct dpone_node *libraries = dpone_node_get(root, "libraries");
    if (dpone_node_kind(root) != DPONE_NODE_MAPPING) {
        manifest_problem(package, root, "a connector manifest is a JSON object");
    }
    package->connector = copy_text(dpone_node_get(root, "connector"));
    package->connector_type = copy_text(dpone_node_get(root, "connector_type"));
    package->import_package = copy_text(dpone_node_get(root, "import_package"));
    package->version = copy_text(dpone_node_get(root, "version"));
    if (package->connector == NULL || package->connector_type == NULL || package->import_package == NULL ||
        package->version == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    read_capabilities(package, dpone_node_get(root, "capabilities"));
    int32_t status = read_names(&package->native_capabilities, dpone_node_get(root, "native_capabilities"));
    if (status == DPONE_OK) {
        status = read_names(&package->required_libraries, dpone_node_get(libraries, "required"));
    }
    return status != DPONE_OK
               ? status
               : read_names(&package->optional_libraries, dpone_node_get(libraries, "optional"));
}

static int32_t open_files(struct dpone_package *package, struct dpone_error *error) {
    char *manifest = dpone_package_path(package, DPONE_PACKAGE_MANIFEST);
    char *contract = dpone_package_path(package, DPONE_PACKAGE_CONTRACT);
    struct dpone_tree *tree = NULL;
    int32_t status = manifest == NULL || contract == NULL ? DPONE_OUT_OF_MEMORY : DPONE_OK;
    if (status == DPONE_OK && !dpone_path_is_file(manifest)) {
        status = dpone_error_set(error, DPONE_NOT_FOUND,
                                 "%s: no such file; --package names a connector package", manifest);
        goto out;
    }
    if (status == DPONE_OK) {
        dpone_tree_collect_file(&tree, manifest, NULL, &package->manifest_problems);
        status = read_manifest(package, tree == NULL ? NULL : dpone_tree_root(tree));
        dpone_contract_read(&package->contract, contract, &package->contract_problems);
    }
    if (status != DPONE_OK) {
        dpone_error_set(error, status, "%s: no memory to read it", package->directory);
    }
out:
    dpone_tree_free(tree);
    free(manifest);
    free(contract);
    return status;
}

int32_t dpone_package_open(struct dpone_package **out, const char *directory, struct dpone_error *error) {
    struct dpone_package *package = calloc(1, sizeof(*package));
    *out = NULL;
    if (package == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "%s: no memory to read it", directory);
    }
    package->directory = realpath(directory, NULL);
    if (package->directory == NULL) {
        dpone_package_close(package);
        return dpone_error_set(error, DPONE_NOT_FOUND, "%s: %s", directory, strerror(errno));
    }
    int32_t status = open_files(package, error);
    if (status != DPONE_OK) {
        dpone_package_close(package);
        return status;
    }
    *out = package;
    return DPONE_OK;
}

void dpone_package_close(struct dpone_package *package) {
    if (package == NULL) {
        return;
    }
    dpone_contract_free(package->contract);
    dpone_diagnostics_clear(&package->manifest_problems);
    dpone_diagnostics_clear(&package->contract_problems);
    dpone_names_clear(&package->native_capabilities);
    dpone_names_clear(&package->required_libraries);
    dpone_names_clear(&package->optional_libraries);
    free(package->connector);
    free(package->connector_type);
    free(package->import_package);
    free(package->version);
    free(package->directory);
    free(package);
}
