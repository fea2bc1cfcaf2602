/* Loading a connector plug-in. */
#include "runtime/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dpone/call.h>

#include "runtime/files.h"

/* Beside the folder of the program, wherever the prefix was moved to. */
#define STANDARD_FOLDER "lib/dpone/connectors"

struct dpone_plugin {
    struct dpone_connector connector;
    char *path;
};

static int is_path(const char *text) {
    size_t size = strlen(text);
    return strchr(text, '/') != NULL || (size > 3 && strcmp(text + size - 3, ".so") == 0);
}

/* PREFIX/lib/dpone/connectors for a program PREFIX/bin/x; NULL when it cannot be told. */
static char *standard_folder(void) {
    char program[4096];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size <= 0) {
        return NULL;
    }
    program[size] = '\0';
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL) {
            return NULL;
        }
        *slash = '\0';
    }
    return dpone_format("%s/%s", program, STANDARD_FOLDER);
}

/* The folders to search, separated by colons. */
static char *search_path(void) {
    const char *configured = getenv(DPONE_CONNECTOR_PATH_VARIABLE);
    char *standard = standard_folder();
    char *path = dpone_format("%s%s%s", configured == NULL ? "" : configured,
                              configured == NULL || configured[0] == '\0' ? "" : ":",
                              standard == NULL ? "" : standard);
    free(standard);
    return path;
}

static char *find_in_path(const char *path, const char *name) {
    char *flat = dpone_format("dpone_connector_%s.so", name);
    char *nested = dpone_format("%s/dpone_connector_%s.so", name, name);
    const char *const names[] = {flat, nested, NULL};
    char *found = flat == NULL || nested == NULL ? NULL : dpone_file_search(path, names);
    free(flat);
    free(nested);
    return found;
}

static int32_t find_named(char **out, const char *name, struct dpone_error *error) {
    char *path = search_path();
    if (path == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to look for connector %s", name);
    }
    *out = find_in_path(path, name);
    if (*out == NULL && dpone_file_exists(name)) {
        *out = dpone_format("./%s", name); /* no connector, but a file of this folder */
    }
    int32_t status = DPONE_OK;
    if (*out == NULL) {
        status =
            dpone_error_set(error, DPONE_NOT_FOUND,
                            "connector %s: no dpone_connector_%s.so in %s; install the connector, set " //
                            DPONE_CONNECTOR_PATH_VARIABLE ", or give the path of its file",
                            name, name, path[0] == '\0' ? "any folder" : path);
    }
    free(path);
    return status;
}

int32_t dpone_plugin_find(char **out, const char *name_or_path, struct dpone_error *error) {
    *out = NULL;
    if (!is_path(name_or_path)) {
        return find_named(out, name_or_path, error);
    }
    struct stat found;
    if (stat(name_or_path, &found) != 0) {
        return dpone_file_error(error, errno, "open plug-in", name_or_path);
    }
    if (!S_ISREG(found.st_mode)) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "plug-in %s is not a regular file; name the .so file", name_or_path);
    }
    /* dlopen() searches its own folders for a name without a slash. */
    *out = dpone_format("%s%s", strchr(name_or_path, '/') == NULL ? "./" : "", name_or_path);
    return *out != NULL ? DPONE_OK : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path");
}

/* POSIX lets dlsym() answer functions as object pointers; ISO C has no cast for that. */
static dpone_connector_init_function init_function(void *library) {
    void *symbol = dlsym(library, DPONE_CONNECTOR_INIT_SYMBOL);
    dpone_connector_init_function function = NULL;
    memcpy(&function, &symbol, sizeof function);
    return function;
}

static const char *loader_reason(void) {
    const char *reason = dlerror();
    return reason == NULL ? "unknown reason" : reason;
}

static int32_t load(struct dpone_plugin *plugin, struct dpone_error *error) {
    void *library = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "cannot load plug-in %s: %s", plugin->path,
                               loader_reason());
    }
    dpone_connector_init_function init = init_function(library);
    if (init == NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "plug-in %s exports no " DPONE_CONNECTOR_INIT_SYMBOL
                               "(); is it a dpone connector?",
                               plugin->path);
    }
    plugin->connector.struct_size = (uint32_t)sizeof plugin->connector;
    int32_t status = dpone_call_init(init, &plugin->connector, error);
    if (status != DPONE_OK) {
        dpone_error_prepend(error, "plug-in %s", plugin->path);
    }
    return status;
}

int32_t dpone_plugin_open(struct dpone_plugin **out, const char *name_or_path, struct dpone_error *error) {
    *out = NULL;
    struct dpone_plugin *plugin = calloc(1, sizeof *plugin);
    if (plugin == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for plug-in %s", name_or_path);
    }
    int32_t status = dpone_plugin_find(&plugin->path, name_or_path, error);
    if (status == DPONE_OK) {
        status = load(plugin, error);
    }
    if (status != DPONE_OK) {
        dpone_plugin_free(plugin);
        return status;
    }
    *out = plugin;
    return DPONE_OK;
}

void dpone_plugin_free(struct dpone_plugin *plugin) {
    if (plugin != NULL) {
        free(plugin->path);
        free(plugin);
    }
}

const struct dpone_connector *dpone_plugin_connector(const struct dpone_plugin *plugin) {
    return &plugin->connector;
}

const char *dpone_plugin_path(const struct dpone_plugin *plugin) {
    return plugin->path;
}
