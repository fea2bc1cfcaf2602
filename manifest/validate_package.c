/* Finding packages and compiling their option schemas, each once: see validate_package.h. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "manifest/validate_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char package_file[] = "dpone_connector_manifest.json";
static const char options_file[] = "schemas/options.schema.json";

/* A folder that was looked at: with the package it is in, or without any. */
struct package {
    struct package *next;
    char *folder; /* absolute, of the package */
    struct dpone_tree *tree;
    struct dpone_json_schema *options;
    struct dpone_manifest_connector connector; /* options NULL: the package has no schema for them */
};

struct dpone_package_schemas {
    struct package *packages;
    struct package *only; /* of every file; NULL: they are looked for */
};

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "not enough memory for a package");
}

static char *join(const char *folder, const char *name) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL) {
        snprintf(path, size, "%s/%s", folder, name);
    }
    return path;
}

static int exists_in(const char *folder, const char *name) {
    char *path = join(folder, name);
    int exists = path != NULL && access(path, F_OK) == 0;
    free(path);
    return exists;
}

/* Reads the connector's name and compiles the schema of its options, which a package may lack. */
static int32_t load(struct package *package, struct dpone_error *error) {
    char *manifest = join(package->folder, package_file);
    char *options = join(package->folder, options_file);
    int32_t status = manifest == NULL || options == NULL
                         ? out_of_memory(error)
                         : dpone_tree_read_file(&package->tree, manifest, NULL, error);
    if (status == DPONE_OK) {
        const struct dpone_node *name = dpone_node_get(dpone_tree_root(package->tree), "connector");
        package->connector.name = dpone_node_text(name);
        if (package->connector.name.size == 0) {
            status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                     "%s: error: the key `connector` is missing", manifest);
        }
    }
    if (status == DPONE_OK && access(options, F_OK) == 0) {
        static const struct dpone_json_schema_options settings = {.refuse_typos = 1};
        status = dpone_json_schema_compile_file(&package->options, options, &settings, error);
        package->connector.options = package->options;
    }
    free(manifest);
    free(options);
    return status;
}

static void free_package(struct package *package) {
    if (package != NULL) {
        dpone_json_schema_free(package->options);
        dpone_tree_free(package->tree);
        free(package->folder);
        free(package);
    }
}

/* The package in `folder` (absolute), loaded when it is the first time. */
static int32_t use_package(struct dpone_package_schemas *schemas, const char *folder, struct package **out,
                           struct dpone_error *error) {
    for (*out = schemas->packages; *out != NULL; *out = (*out)->next) {
        if (strcmp((*out)->folder, folder) == 0) {
            return DPONE_OK;
        }
    }
    struct package *package = calloc(1, sizeof *package);
    if (package == NULL || (package->folder = strdup(folder)) == NULL) {
        free_package(package);
        return out_of_memory(error);
    }
    int32_t status = load(package, error);
    if (status != DPONE_OK) {
        free_package(package);
        return status;
    }
    package->next = schemas->packages;
    schemas->packages = package;
    *out = package;
    return DPONE_OK;
}

int32_t dpone_package_schemas_open(struct dpone_package_schemas **out, const char *directory,
                                   struct dpone_error *error) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return out_of_memory(error);
    }
    if (directory == NULL) {
        return DPONE_OK;
    }
    char *folder = realpath(directory, NULL);
    int32_t status = DPONE_OK;
    if (folder == NULL || !exists_in(folder, package_file)) {
        status = dpone_error_set(error, DPONE_NOT_FOUND,
                                 "%s is no connector package: it has no %s; name the folder of one",
                                 directory, package_file);
    } else {
        status = use_package(*out, folder, &(*out)->only, error);
    }
    if (status == DPONE_OK && (*out)->only->options == NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "the connector package %s is broken: it has no %s; add it", directory,
                                 options_file);
    }
    free(folder);
    if (status != DPONE_OK) {
        dpone_package_schemas_free(*out);
        *out = NULL;
    }
    return status;
}

void dpone_package_schemas_free(struct dpone_package_schemas *schemas) {
    if (schemas == NULL) {
        return;
    }
    while (schemas->packages != NULL) {
        struct package *package = schemas->packages;
        schemas->packages = package->next;
        free_package(package);
    }
    free(schemas);
}

/* Cuts the last part off an absolute path; 0 when nothing is left to look at. */
static int go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return 0;
    }
    *slash = '\0';
    return 1;
}

int32_t dpone_package_schemas_find(struct dpone_package_schemas *schemas, const char *path,
                                   const struct dpone_manifest_connector **out, struct dpone_error *error) {
    struct package *package = schemas->only;
    int32_t status = DPONE_OK;
    char *folder = package == NULL ? realpath(path, NULL) : NULL;
    while (folder != NULL && package == NULL && status == DPONE_OK && go_up(folder)) {
        if (exists_in(folder, package_file)) {
            status = use_package(schemas, folder, &package, error);
        }
    }
    free(folder);
    *out = package == NULL || package->options == NULL ? NULL : &package->connector;
    return status;
}
